"""Engines that only keep time, for tests and for measuring the loop: set delays, set texts, a tone.

The language model's rules depend on the last message alone: a tool's output is quoted, "count" counts for long, and
"weather", with a tool on offer, calls it.
"""

from __future__ import annotations

import asyncio
import json
import re
import threading
import uuid
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from pipeline.audio.samples import LINE_RATE, Samples, milliseconds_of, samples_of
from pipeline.engines.protocols import (
    ChatEvent,
    ChatRequest,
    EngineInfo,
    Recognition,
    SpeechChunk,
    SynthesisRequest,
    TextDelta,
    Tool,
    ToolCall,
    Usage,
    Voice,
    WordTime,
)
from pipeline.errors import EngineError, SettingError

T = TypeVar("T")

HEARD = "I would like to ask you something about the sea."
REPLY = "That is a lovely question, thank you for asking me. I will answer it in two short parts."
ONES = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
COUNT = ", ".join([*ONES, *(f"{ten} {one}".strip() for ten in TENS for one in ["", *ONES[:9]]), "one hundred"]) + "."
QUOTED = 60
"""Characters of a tool's output that the reply repeats."""

RATE = 24_000
CHUNK = samples_of(80, RATE)
TONE_HZ = 330
TONE_LOOP = RATE * 11 // TONE_HZ
"""Eleven whole periods: the tone goes on without a click from any chunk to the next."""
TONE = (0.3 * 32767 * np.sin(2 * np.pi * TONE_HZ / RATE * np.arange(TONE_LOOP + CHUNK))).astype(np.int16)
TONE.flags.writeable = False


@dataclass(frozen=True, slots=True)
class RecognizerSettings:
    settle_ms: float = 30
    """From being asked to the final text."""
    ms_per_word: float = 300
    """Audio for each word of the partial text."""
    text: str = HEARD


@dataclass(frozen=True, slots=True)
class ChatSettings:
    first_token_ms: float = 50
    words_per_s: float = 50


@dataclass(frozen=True, slots=True)
class SynthesizerSettings:
    first_audio_ms: float = 50
    ms_per_character: float = 60


def create_recognizer(settings: Mapping[str, Any]) -> StubRecognizer:
    return StubRecognizer(_parsed(RecognizerSettings, settings))


def create_chat_model(settings: Mapping[str, Any]) -> StubChatModel:
    return StubChatModel(_parsed(ChatSettings, settings))


def create_synthesizer(settings: Mapping[str, Any]) -> StubSynthesizer:
    return StubSynthesizer(_parsed(SynthesizerSettings, settings))


def _parsed(kind: type[T], settings: Mapping[str, Any]) -> T:
    try:
        return kind(**settings)
    except TypeError as error:
        raise SettingError(f"stub: {error}") from error


# --- Recognition -----------------------------------------------------------------------------------------------------


class StubRecognizer:
    """Hears the same sentence in everything."""

    info = EngineInfo(name="stub", role="recognizer", rate=LINE_RATE, note="For tests: always hears the same sentence.")

    def __init__(self, settings: RecognizerSettings) -> None:
        self._settings = settings

    def open(self, language: str = "") -> StubUtterance:
        return StubUtterance(self._settings, language)

    def close(self) -> None:
        """Nothing to free."""


class StubUtterance:
    def __init__(self, settings: RecognizerSettings, language: str) -> None:
        self._settings = settings
        self._language = language
        self._words = settings.text.split()
        self._heard = 0
        self._closed = threading.Event()

    def accept(self, pcm: Samples) -> str:
        self._heard += len(pcm)
        return " ".join(self._words[: int(milliseconds_of(self._heard) // self._settings.ms_per_word)])

    def settle(self, budget_s: float) -> Recognition:
        """The whole sentence, if any audio came and the budget allows; else what the last partial text was."""
        delay_s = self._settings.settle_ms / 1000
        self._closed.wait(min(delay_s, budget_s))
        whole = self._heard and delay_s <= budget_s
        return Recognition(self._settings.text if whole else self.accept(TONE[:0]), self._language)

    def close(self) -> None:
        self._closed.set()


# --- Language model --------------------------------------------------------------------------------------------------


class StubChatModel:
    """Writes at a set pace, one word at a time."""

    info = EngineInfo(name="stub", role="chat_model", note="For tests: the same reply to nearly everything.")

    def __init__(self, settings: ChatSettings) -> None:
        self._settings = settings

    async def reply(self, request: ChatRequest) -> AsyncIterator[ChatEvent]:
        answer = _answer(request)
        clock = asyncio.get_running_loop().time
        first = clock() + self._settings.first_token_ms / 1000
        words = re.findall(r"\s*\S+", answer) if isinstance(answer, str) else []
        limit = len(words) if request.max_tokens is None else request.max_tokens
        await asyncio.sleep(first - clock())
        if isinstance(answer, ToolCall):
            yield answer
        for count, word in enumerate(words[:limit], start=1):
            yield TextDelta(word)
            await asyncio.sleep(max(0.0, first + count / self._settings.words_per_s - clock()))
        asked = sum(len(message.text.split()) for message in request.messages)
        yield Usage(asked, min(limit, len(words)), truncated=limit < len(words))

    async def aclose(self) -> None:
        """Nothing to free."""


def _answer(request: ChatRequest) -> str | ToolCall:
    last = request.messages[-1] if request.messages else None
    if last and last.role == "tool":
        return f"The tool said {last.text[:QUOTED]}."
    said = next((message.text.lower() for message in reversed(request.messages) if message.role == "user"), "")
    if tool := _tool(request, said):
        names = tool.parameters.get("properties") or ("city",)
        return ToolCall(f"call_{uuid.uuid4().hex[:16]}", tool.name, json.dumps(dict.fromkeys(names, "Paris")))
    return COUNT if "count" in said else REPLY


def _tool(request: ChatRequest, said: str) -> Tool | None:
    """The tool to call, if the request's choice or the user's words ask for one."""
    match request.tool_choice:
        case "none":
            return None
        case "auto":
            return next(iter(request.tools), None) if "weather" in said else None
        case "required":
            return next(iter(request.tools), None)
        case name:
            return next((tool for tool in request.tools if tool.name == name), None)


# --- Synthesis -------------------------------------------------------------------------------------------------------


class StubSynthesizer:
    """Speaks every text as a tone of its length."""

    info = EngineInfo(
        name="stub",
        role="synthesizer",
        rate=RATE,
        voices=(Voice("tone", "en", label="Tone"),),
        note="For tests: a tone instead of speech.",
        times_words=True,
    )

    def __init__(self, settings: SynthesizerSettings) -> None:
        self._settings = settings
        self._closed = threading.Event()

    def speak(self, request: SynthesisRequest) -> Iterator[SpeechChunk]:
        if self._closed.wait(self._settings.first_audio_ms / 1000):
            raise EngineError("The synthesizer is closed.", engine="stub")
        pace = self._settings.ms_per_character / request.voice.speed
        words = [
            WordTime(word[0], int(word.start() * pace), int(word.end() * pace))
            for word in re.finditer(r"\S+", request.text)
        ]
        total = samples_of(len(request.text) * pace, RATE)
        for at in range(0, total, CHUNK):
            begins = range(milliseconds_of(at, RATE), milliseconds_of(at + CHUNK, RATE))
            phase = at % TONE_LOOP
            yield SpeechChunk(
                TONE[phase : phase + min(CHUNK, total - at)], tuple(word for word in words if word.start_ms in begins)
            )

    def close(self) -> None:
        self._closed.set()
