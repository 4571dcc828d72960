"""Engines that fail as real ones do, each on its first use only: what comes after must work again."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

from models.stub import StubChatModel, StubRecognizer, StubSynthesizer
from models.stub import create_chat_model as stub_chat_model
from models.stub import create_recognizer as stub_recognizer
from models.stub import create_synthesizer as stub_synthesizer
from pipeline.engines import ChatEvent, ChatRequest, Recognition, SpeechChunk, SpeechRequest, TextDelta
from pipeline.errors import EngineError

NEVER_S = 30.0


class FaultyModel:
    """Hangs before or after its first word, or breaks off in the middle."""

    def __init__(self, inner: StubChatModel, fault: str) -> None:
        self.info, self._inner, self._fault = inner.info, inner, fault

    async def reply(self, request: ChatRequest) -> AsyncIterator[ChatEvent]:
        fault, self._fault = self._fault, ""
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


class FaultySynthesizer:
    """Stalls in the middle of its first clause."""

    def __init__(self, inner: StubSynthesizer) -> None:
        self.info, self._inner = inner.info, inner
        self._faulty, self._never = True, threading.Event()

    def speak(self, request: SpeechRequest) -> Iterator[SpeechChunk]:
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


def silent_model(settings: Mapping[str, Any]) -> FaultyModel:
    return FaultyModel(stub_chat_model(settings), "silent")


def stalling_model(settings: Mapping[str, Any]) -> FaultyModel:
    return FaultyModel(stub_chat_model(settings), "stalls")


def breaking_model(settings: Mapping[str, Any]) -> FaultyModel:
    return FaultyModel(stub_chat_model(settings), "breaks")


def stalling_synthesizer(settings: Mapping[str, Any]) -> FaultySynthesizer:
    return FaultySynthesizer(stub_synthesizer(settings))


def silent_recognizer(settings: Mapping[str, Any]) -> FaultyRecognizer:
    return FaultyRecognizer(stub_recognizer(settings))
