"""Engines that show what passes through the loop: a model that says a set text, a voice that notes what it is asked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import replace
from typing import Any

from models.stub import StubRecognizer, StubSynthesizer
from models.stub import create_recognizer as stub_recognizer
from models.stub import create_synthesizer as stub_synthesizer
from pipeline.audio.samples import Samples
from pipeline.engines.protocols import (
    ChatEvent,
    ChatRequest,
    EngineInfo,
    Recognition,
    SpeechChunk,
    SynthesisRequest,
    TextDelta,
)


class Reciter:
    """Says the person's last line back, `step` characters at a time; keeps what it was asked."""

    info = EngineInfo("reciter", "chat_model")

    def __init__(self) -> None:
        self.asked: list[ChatRequest] = []

    async def reply(self, request: ChatRequest) -> AsyncIterator[ChatEvent]:
        self.asked.append(request)
        text = request.messages[-1].text
        step = 1 if text.isascii() else len(text)
        for start in range(0, len(text), step):
            yield TextDelta(text[start : start + step])

    async def aclose(self) -> None:
        """Nothing to free."""


class Noting:
    """The stub's voice, which follows styles and keeps what it was asked."""

    def __init__(self, inner: StubSynthesizer) -> None:
        self.info, self._inner = replace(inner.info, name="noting", styles=True), inner
        self.asked: list[SynthesisRequest] = []

    def speak(self, request: SynthesisRequest) -> Iterator[SpeechChunk]:
        self.asked.append(request)
        return self._inner.speak(request)

    def close(self) -> None:
        self._inner.close()


class Sensitive:
    """The stub's ear, which hears sadness and a cough in everything."""

    def __init__(self, inner: StubRecognizer) -> None:
        self.info, self._inner = inner.info, inner

    def open(self, language: str = "") -> _Sensing:
        return _Sensing(self._inner.open(language))

    def close(self) -> None:
        self._inner.close()


class _Sensing:
    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self.close = inner.close

    def accept(self, pcm: Samples) -> str:
        return str(self._inner.accept(pcm))

    def settle(self, budget_s: float) -> Recognition:
        return replace(self._inner.settle(budget_s), language="en", emotion="sad", sounds=("coughing",))


def reciter(_settings: Mapping[str, Any]) -> Reciter:
    return Reciter()


def noting(_settings: Mapping[str, Any]) -> Noting:
    return Noting(stub_synthesizer({"first_audio_ms": 0, "ms_per_character": 10}))


def sensitive(settings: Mapping[str, Any]) -> Sensitive:
    return Sensitive(stub_recognizer(settings))
