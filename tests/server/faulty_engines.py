"""Engines that fail as real ones do: the faulty ones on their first use only, the others always."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from models.stub import StubChatModel, StubRecognizer, StubSynthesizer
from models.stub import create_chat_model as stub_chat_model
from models.stub import create_recognizer as stub_recognizer
from models.stub import create_synthesizer as stub_synthesizer
from pipeline.audio.samples import LINE_RATE, Samples
from pipeline.engines.protocols import (
    ChatEvent,
    ChatRequest,
    EngineInfo,
    Recognition,
    SpeechChunk,
    SynthesisRequest,
    TextDelta,
    ToolCall,
)
from pipeline.errors import EngineError, EngineKeyRefused, EngineUnavailable

NEVER_S = 30.0


class FaultyModel:
    """Hangs before or after its first word, or breaks off before or after it."""

    def __init__(self, inner: StubChatModel, fault: str) -> None:
        self.info, self._inner, self._fault = inner.info, inner, fault

    async def reply(self, request: ChatRequest) -> AsyncIterator[ChatEvent]:
        fault, self._fault = self._fault, ""
        if fault == "stumbles":
            raise EngineError("The model's server is just restarting.", engine=self.info.name)
        if fault == "silent":
            await asyncio.sleep(NEVER_S)
        if fault:
            yield TextDelta("I was about to say, ")
        if fault == "stalls":
            await asyncio.sleep(NEVER_S)
        if fault == "breaks":
            raise EngineError("The connection to the model broke.", engine=self.info.name)
        async for event in self._inner.reply(request):
            yield event

    async def aclose(self) -> None:
        await self._inner.aclose()


class BrokenModel:
    """Never answers."""

    def __init__(self, inner: StubChatModel) -> None:
        self.info = inner.info

    async def reply(self, _request: ChatRequest) -> AsyncIterator[ChatEvent]:
        raise EngineError("The model's server is on fire.", engine=self.info.name)
        yield

    async def aclose(self) -> None:
        """Nothing to free."""


class UncleanModel:
    """Cuts an emoji in two, leaves half of another, and writes what cannot be spoken; or calls a function in such words."""

    def __init__(self, inner: StubChatModel) -> None:
        self.info = inner.info
        self.asked: list[ChatRequest] = []

    async def reply(self, request: ChatRequest) -> AsyncIterator[ChatEvent]:
        self.asked.append(request)
        for piece in ("Good \ud83d", "\ude00 mor\x00ning, ", "my \udcff friend \ud83d"):
            yield TextDelta(piece)
        if request.tools:
            yield ToolCall("call_1", request.tools[0].name, '{"city": "Par\udc00is"}')

    async def aclose(self) -> None:
        """Nothing to free."""


class UncleanRecognizer:
    """Understands words with half an emoji in them, in a language that has none."""

    def __init__(self, inner: StubRecognizer) -> None:
        self.info = inner.info

    def open(self, language: str = "") -> Any:
        return _UncleanStream()

    def close(self) -> None:
        """Nothing to free."""


class _UncleanStream:
    def accept(self, _pcm: Any) -> str:
        return "Hello \ud83d"

    def settle(self, _budget_s: float) -> Recognition:
        return Recognition("Hello \ud83d\x00there.", "e\udc00n", emotion="sad", sounds=("music\udc00",))

    def close(self) -> None:
        """Nothing to free."""


class UncleanFailure(BrokenModel):
    """Never answers, and says why in words that cannot be sent."""

    async def reply(self, _request: ChatRequest) -> AsyncIterator[ChatEvent]:
        raise EngineError("The server said \udcff\x00.", engine=self.info.name, code="bro\udcffken")
        yield


class BrokenSynthesizer:
    """Never speaks, for the reason that it is given."""

    def __init__(self, inner: StubSynthesizer, error: EngineError) -> None:
        self.info, self._error = replace(inner.info, name=error.engine), error

    def speak(self, _request: SynthesisRequest) -> Iterator[SpeechChunk]:
        raise self._error

    def close(self) -> None:
        """Nothing to free."""


class DeepSynthesizer:
    """Speaks, at another rate."""

    def __init__(self, inner: StubSynthesizer) -> None:
        self._inner = inner
        self.info = replace(inner.info, name="deep", rate=16_000)

    def speak(self, request: SynthesisRequest) -> Iterator[SpeechChunk]:
        for chunk in self._inner.speak(request):
            yield replace(chunk, pcm=chunk.pcm[: len(chunk.pcm) * 2 // 3])

    def close(self) -> None:
        self._inner.close()


class FaultySynthesizer:
    """Stalls in the middle of its first clause."""

    def __init__(self, inner: StubSynthesizer) -> None:
        self.info, self._inner = inner.info, inner
        self._faulty, self._never = True, threading.Event()

    def speak(self, request: SynthesisRequest) -> Iterator[SpeechChunk]:
        for number, chunk in enumerate(self._inner.speak(request)):
            if self._faulty and number == 3:
                self._faulty = False
                self._never.wait(2.0)
            yield chunk

    def close(self) -> None:
        self._never.set()
        self._inner.close()


class FaultyRecognizer:
    """Says nothing at all about its first utterance."""

    def __init__(self, inner: StubRecognizer) -> None:
        self.info, self._inner, self._faulty = inner.info, inner, True

    def open(self, language: str = "") -> Any:
        stream = self._inner.open(language)
        faulty, self._faulty = self._faulty, False
        return _SilentStream() if faulty else stream

    def close(self) -> None:
        self._inner.close()


class DyingRecognizer:
    """Dies in the middle of every utterance."""

    def __init__(self, inner: StubRecognizer) -> None:
        self.info, self._inner = inner.info, inner

    def open(self, language: str = "") -> Any:
        return _DyingStream()

    def close(self) -> None:
        self._inner.close()


class _DyingStream:
    def __init__(self) -> None:
        self._pieces = 0

    def accept(self, _pcm: Any) -> str:
        self._pieces += 1
        if self._pieces > 3:
            raise EngineError("The recogniser's process ended.", engine="stub")
        return "I would"

    def settle(self, _budget_s: float) -> Recognition:
        return Recognition("I would")

    def close(self) -> None:
        """Nothing to free."""


class _SilentStream:
    def __init__(self) -> None:
        self._closed = threading.Event()

    def accept(self, _pcm: Any) -> str:
        self._closed.wait(NEVER_S)
        return ""

    def settle(self, _budget_s: float) -> Recognition:
        return Recognition("")

    def close(self) -> None:
        self._closed.set()


class StartledDetector:
    """Fails at every window with a bang in it; with it, all others of the same pass."""

    window = 512
    bang = 32_000

    def __init__(self) -> None:
        self.info = EngineInfo("startled", "voice_detector", rate=LINE_RATE)

    def open(self) -> StartledDetector:
        return self

    def probability(self, window: Samples) -> float:
        if window.max() > self.bang:
            raise EngineError("The detector was startled.", engine=self.info.name)
        return float(window.max() > 500)

    def probabilities(self, streams: Sequence[StartledDetector], windows: Sequence[Samples]) -> list[float]:
        return [stream.probability(window) for stream, window in zip(streams, windows, strict=True)]

    def close(self) -> None:
        """Nothing to free."""


def silent_model(settings: Mapping[str, Any]) -> FaultyModel:
    return FaultyModel(stub_chat_model(settings), "silent")


def stumbling_model(settings: Mapping[str, Any]) -> FaultyModel:
    return FaultyModel(stub_chat_model(settings), "stumbles")


def stalling_model(settings: Mapping[str, Any]) -> FaultyModel:
    return FaultyModel(stub_chat_model(settings), "stalls")


def breaking_model(settings: Mapping[str, Any]) -> FaultyModel:
    return FaultyModel(stub_chat_model(settings), "breaks")


def stalling_synthesizer(settings: Mapping[str, Any]) -> FaultySynthesizer:
    return FaultySynthesizer(stub_synthesizer(settings))


def silent_recognizer(settings: Mapping[str, Any]) -> FaultyRecognizer:
    return FaultyRecognizer(stub_recognizer(settings))


def broken_model(settings: Mapping[str, Any]) -> BrokenModel:
    return BrokenModel(stub_chat_model(settings))


def broken_synthesizer(settings: Mapping[str, Any]) -> BrokenSynthesizer:
    return BrokenSynthesizer(stub_synthesizer(settings), EngineError("The voice is gone.", engine="broken"))


def refused_synthesizer(settings: Mapping[str, Any]) -> BrokenSynthesizer:
    error = EngineKeyRefused("The key was refused.", engine="refused")
    return BrokenSynthesizer(stub_synthesizer(settings), error)


def deep_synthesizer(settings: Mapping[str, Any]) -> DeepSynthesizer:
    return DeepSynthesizer(stub_synthesizer(settings))


def dying_recognizer(settings: Mapping[str, Any]) -> DyingRecognizer:
    return DyingRecognizer(stub_recognizer(settings))


def english_recognizer(settings: Mapping[str, Any]) -> StubRecognizer:
    recognizer = stub_recognizer(settings)
    recognizer.info = replace(recognizer.info, languages=("en",))  # type: ignore[misc]
    return recognizer


def absent_recognizer(_settings: Mapping[str, Any]) -> Any:
    raise EngineUnavailable("Its weights are missing.", engine="absent")
