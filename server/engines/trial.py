"""An engine that is made while conversations go on: it has worked once before it gets any of them.

The first call also loads what would be waited for in a conversation, and that differs by language: Kokoro's first English
clause took 2.6 s where only Chinese had been tried, and 1.0 s from then on (two busy cores).
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
SAID = {"zh": "好，1。", "en": "Yes, 1."}
"""By language; with a number, since how numbers are said is loaded too."""

log = structlog.get_logger("kaikou")


def made_and_tried(make: Callable[[], Any], role: Role, name: str, languages: Sequence[str]) -> Any:
    """The engine that `make` makes, after a call; a voice has spoken each of `languages` that it can. Blocks.

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
    """Calls of a blocking engine; those that are a network away are left to their first conversation."""
    able = [language for language in languages if not engine.info.languages or language in engine.info.languages]
    if role == "recognizer" and not iscoroutinefunction(engine.open):
        stream = engine.open(able[0] if able else "")
        try:
            stream.accept(np.zeros(samples_of(HEARD_MS), np.int16))
            stream.settle(BUDGET_S)
        finally:
            stream.close()
    elif role == "synthesizer" and not isasyncgenfunction(engine.speak):
        for language in able or ["en"]:
            chunks = engine.speak(SynthesisRequest(SAID.get(language, SAID["en"]), language))
            try:
                next(chunks, None)
            finally:
                chunks.close()
