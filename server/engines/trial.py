"""An engine that is made while conversations go on: it has worked once before it gets any of them.

The first call also loads what would be waited for in a conversation.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from inspect import isasyncgenfunction, iscoroutinefunction
from typing import Any

import numpy as np
import structlog

from pipeline.audio.samples import samples_of
from pipeline.engines.fallback import close_engine
from pipeline.engines.protocols import Role, SynthesisRequest
from pipeline.errors import EngineUnavailable, KaikouError

HEARD_MS = 1_000
BUDGET_S = 5.0
SAID = {"zh": "好。", "en": "Yes."}

log = structlog.get_logger("kaikou")


def made_and_tried(make: Callable[[], Any], role: Role, name: str, languages: Sequence[str]) -> Any:
    """The engine that `make` makes, after a call in one of `languages`. Blocks.

    Raises `EngineUnavailable` whatever goes wrong; the engine is ended then.
    """
    engine = None
    try:
        engine = make()
        _work_once(role, engine, languages)
    except Exception as error:
        if engine is not None:
            asyncio.run(close_engine(engine))
        if isinstance(error, KaikouError):
            raise EngineUnavailable(error.message, engine=name) from error
        log.error("an engine failed as it was tried", role=role, engine=name, exc_info=True)
        raise EngineUnavailable("It failed as it was tried; the log says how.", engine=name) from error
    return engine


def _work_once(role: Role, engine: Any, languages: Sequence[str]) -> None:
    """One call of a blocking engine; those that are a network away are left to their first conversation."""
    able = [language for language in languages if not engine.info.languages or language in engine.info.languages]
    language = able[0] if able else ""
    if role == "recognizer" and not iscoroutinefunction(engine.open):
        stream = engine.open(language)
        try:
            stream.accept(np.zeros(samples_of(HEARD_MS), np.int16))
            stream.settle(BUDGET_S)
        finally:
            stream.close()
    elif role == "synthesizer" and not isasyncgenfunction(engine.speak):
        chunks = engine.speak(SynthesisRequest(SAID.get(language, SAID["en"]), language or "en"))
        try:
            next(chunks, None)
        finally:
            chunks.close()
