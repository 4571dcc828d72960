"""Engines of a third party that remember how often they were ended, and whether they were used after it."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.audio.samples import LINE_RATE, Samples
from pipeline.engines.protocols import EngineInfo, Recognition, Role, SpeechChunk, SynthesisRequest
from pipeline.engines.weights import Weights
from pipeline.errors import EngineError, EngineUnavailable
from server.engines.selection import InstalledWeights

BOTH = ("zh", "en")
MADE: list[Counted] = []
"""Every engine, in the order in which they were made."""
GO_ON = threading.Event()
WAIT_S = 30.0


class Counted:
    """What both have. `folder` is called like the weights; "absent" cannot start, "broken" fails at whatever it
    is asked, "stuck" ends when `GO_ON` is set, and "joe" speaks English alone."""

    def __init__(self, role: Role, settings: Mapping[str, Any]) -> None:
        self.name = Path(settings["weights"]).name
        if self.name == "absent":
            raise EngineUnavailable("It is not there.", engine="counted")
        self.info = EngineInfo("counted", role, ("en",) if self.name == "joe" else BOTH, LINE_RATE)
        self.ended = self.used = 0
        self.ended_on: threading.Thread | None = None
        MADE.append(self)

    def use(self) -> None:
        self.used += 1
        if self.name == "broken":
            raise EngineError("It has no output.", engine="counted")
        assert not self.ended, f"{self.name} was used after its end"

    def close(self) -> None:
        self.ended += 1
        self.ended_on = threading.current_thread()
        if self.name == "stuck":
            GO_ON.wait(WAIT_S)


class CountedRecognizer(Counted):
    """Hears the name of its weights in everything."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__("recognizer", settings)

    def open(self, language: str = "") -> CountedUtterance:
        self.use()
        return CountedUtterance(self)


class CountedUtterance:
    def __init__(self, engine: CountedRecognizer) -> None:
        self._engine = engine

    def accept(self, pcm: Samples) -> str:
        self._engine.use()
        return self._engine.name

    def settle(self, budget_s: float) -> Recognition:
        self._engine.use()
        return Recognition(self._engine.name)

    def close(self) -> None:
        """Nothing to free."""


class CountedSynthesizer(Counted):
    """Says nothing, for as long as a word takes."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__("synthesizer", settings)
        self.info = replace(self.info, wants_words=True)
        self.spoken = list[SynthesisRequest]()

    def speak(self, request: SynthesisRequest) -> Iterator[SpeechChunk]:
        self.use()
        self.spoken.append(request)
        yield SpeechChunk(np.zeros(LINE_RATE // 20, np.int16))


def installed(*names: str, role: Role = "recognizer", **about: Any) -> InstalledWeights:
    """Weights for these engines, the last ones better than the first."""
    weights = (
        Weights(name, "counted", role, Path("/weights") / name, about.get("languages", BOTH), rank=rank)
        for rank, name in enumerate(names, 1)
    )
    return InstalledWeights(tuple(weights), BOTH)


def register(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the engines known as "counted", as an installer would, and forget those of other tests."""
    about = folder / "counted-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: counted\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(
        "[kaikou.engines]\n"
        f"recognizer.counted = {__name__}:CountedRecognizer\n"
        f"synthesizer.counted = {__name__}:CountedSynthesizer\n"
    )
    monkeypatch.syspath_prepend(str(folder))
    MADE.clear()
    GO_ON.clear()
