"""The simplest engines that keep to their contract, in pure Python: what the faulty ones of the tests differ from."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Iterator

import numpy as np

from pipeline.audio.samples import LINE_RATE, Samples
from pipeline.engines.protocols import (
    ChatEvent,
    ChatRequest,
    EngineInfo,
    Recognition,
    SpeechChunk,
    SynthesisRequest,
    TextDelta,
    Usage,
    Voice,
    WordTime,
)
from pipeline.errors import EngineError
from pipeline.text.styles import style_of

RATE, CHUNK, CHUNK_MS = 24_000, 1920, 80


class Hum:
    """Hums 80 ms for each character, in the pitch of the sample it is given."""

    info = EngineInfo(
        "hum", "synthesizer", ("en",), RATE, (Voice("low", "en"),), clones=True, styles=True, times_words=True
    )

    def speak(self, request: SynthesisRequest) -> Iterator[SpeechChunk]:
        style, at = style_of(request.voice.style), 0
        hertz = 150.0 if request.voice.sample is None else self.pitch_of(request.voice.sample.pcm)
        tone = 8_000 * style.volume * np.sin(2 * np.pi * hertz * np.arange(CHUNK) / RATE)
        for word in request.text.split():
            for index in range(max(1, round(len(word) / style.speed))):
                words = (WordTime(word, at, at + CHUNK_MS),) if index == 0 else ()
                yield SpeechChunk(tone.astype(np.int16), words)
                at += CHUNK_MS

    def pitch_of(self, pcm: Samples) -> float:
        return float(np.abs(np.fft.rfft(pcm)).argmax() * LINE_RATE / len(pcm))

    def close(self) -> None:
        pass


class Counting:
    """Understands one "word" for every 200 ms of audio."""

    info = EngineInfo("counting", "recognizer", ("en",), LINE_RATE)

    def open(self, language: str = "") -> Utterance:
        return Utterance()

    def close(self) -> None:
        pass


class Utterance:
    def __init__(self) -> None:
        self.samples = 0
        self.closed = threading.Event()

    def accept(self, pcm: Samples) -> str:
        self.samples += len(pcm)
        return self.text

    def settle(self, budget_s: float) -> Recognition:
        if self.closed.wait(0.15):
            raise EngineError("The utterance is closed.")
        return Recognition(self.text, "en")

    def close(self) -> None:
        self.closed.set()

    @property
    def text(self) -> str:
        return " ".join(["word"] * (self.samples * 5 // LINE_RATE))


class Echo:
    """Says the question back, word by word."""

    info = EngineInfo("echo", "chat_model")

    async def reply(self, request: ChatRequest) -> AsyncIterator[ChatEvent]:
        words = f"You said: {request.messages[-1].text}".split()
        for word in words[: request.max_tokens]:
            yield TextDelta(word + " ")
        truncated = request.max_tokens is not None and request.max_tokens < len(words)
        yield Usage(1, len(words), truncated)

    async def aclose(self) -> None:
        pass


class Loud:
    """Takes what is loud for speech."""

    info, window = EngineInfo("loud", "voice_detector", rate=LINE_RATE), 512

    def open(self) -> Loud:
        return self

    def probability(self, window: Samples) -> float:
        return float(np.abs(window.astype(np.int32)).max() > 1_000)

    def close(self) -> None:
        pass


class Short:
    """Takes what is short for the end of a turn."""

    info = EngineInfo("short", "turn_model", rate=LINE_RATE)

    def probability(self, pcm: Samples) -> float:
        return 1 / (1 + len(pcm) / LINE_RATE)

    def close(self) -> None:
        pass
