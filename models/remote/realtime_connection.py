"""One connection to a realtime server: what is asked, what is still awaited, and what its events mean for both."""

from __future__ import annotations

import asyncio
import base64
import binascii
import re
from collections import deque
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
import orjson
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from models.remote.realtime_dialect import (
    CANONICAL,
    RATE,
    Dialect,
    Json,
    item_object,
    response_create,
    session_update,
    voice_for,
)
from pipeline.audio.resample import Resampler
from pipeline.audio.samples import LINE_RATE, Samples
from pipeline.engines.protocols import Message, ToolCall, Usage
from pipeline.engines.speech_model import (
    AudioDelta,
    FunctionCallDone,
    MessageDone,
    SpeechEvent,
    SpeechModelConfig,
    SpeechModelRequest,
    TranscriptDelta,
)
from pipeline.errors import EngineBusy, EngineError, EngineKeyRefused, EngineTimeout, EngineUnavailable

T = TypeVar("T")

NAME = "realtime"

SEND_S, ACKNOWLEDGE_S = 5.0, 8.0
"""How long a message may take to leave, and what it asks for to be acknowledged."""

CANCEL_S = 2.0
"""How long a cancelled answer may take to end before the next one is asked for regardless."""

QUEUED_S = 600.0
"""Audio of one answer that may wait to be taken."""

WORDS_KEPT = 16
"""Turns whose words are still kept, or waited for."""


@dataclass(frozen=True)
class Terms:
    """How a server is spoken to. `idle_s`: a connection on which nothing happens for so long is closed."""

    voices: Mapping[str, str] = field(default_factory=dict)
    transcriber: str = ""
    idle_s: float = 300.0
    rate: int = RATE


class _Answer:
    """One response: what came of it and was not taken yet."""

    def __init__(self, *, abandoned: bool = False) -> None:
        self.id = ""
        self.abandoned, self.done = abandoned, False
        self.error: EngineError | None = None
        self._events: list[SpeechEvent] = []
        self._queued_s = 0.0
        self._wake = asyncio.Event()
        self.over = asyncio.Event()

    def put(self, event: SpeechEvent) -> None:
        if self.abandoned or self.done:
            return
        self._events.append(event)
        self._queued_s += len(event.pcm) / RATE if isinstance(event, AudioDelta) else 0.0
        if self._queued_s > QUEUED_S:
            self.end(EngineError("The speech model's answer is too long.", engine=NAME))
        self._wake.set()

    def end(self, error: EngineError | None = None) -> None:
        if not self.done:
            self.done, self.error = True, error
        self.over.set()
        self._wake.set()

    async def take(self) -> list[SpeechEvent]:
        """All that came; empty at the end. Raises what it ended with."""
        while not self._events and not self.done:
            self._wake.clear()
            await self._wake.wait()
        events, self._events, self._queued_s = self._events, [], 0.0
        if not events and self.error:
            raise self.error
        return events


@dataclass
class _Words:
    """What is known of the words of one turn. Raises through `end` if they cannot be told."""

    text: str = ""
    partial: Callable[[str], None] = lambda _text: None
    end: asyncio.Future[str] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class RealtimeLink:
    """See `SpeechLink`. Acknowledgements come in the order of what asked for them; errors name what they refer to."""

    def __init__(self, socket: ClientConnection, dialect: Dialect, terms: Terms) -> None:
        self._socket, self._dialect, self._terms = socket, dialect, terms
        self.alive, self.uncommitted = True, False
        self._resampler = Resampler(LINE_RATE, RATE)
        self._updates: deque[tuple[str, asyncio.Future[str]]] = deque()
        self._commits: deque[tuple[str, asyncio.Future[str]]] = deque()
        self._asked: deque[tuple[str, _Answer]] = deque()
        self._answers: dict[str, _Answer] = {}
        self._current: _Answer | None = None
        self._words: dict[str, _Words] = {}
        self._voiceless = False
        self._events_sent = 0
        self._touched = asyncio.get_running_loop().time()

    # --- Asking -------------------------------------------------------------------------------------------------------

    async def configure(self, config: SpeechModelConfig) -> None:
        """Set the session up. A voice that the server does not know is left to the server."""
        for _attempt in range(2):
            voice = "" if self._voiceless else voice_for(config.voice.name, self._terms.voices)
            update = session_update(config, voice, self._terms.transcriber, self._dialect)
            try:
                await self._acknowledged(self._updates, update)
                return
            except _VoiceRefused:
                self._voiceless = True
        raise EngineError("The speech model's server refuses to be set up.", engine=NAME)

    async def send_audio(self, pcm: Samples) -> None:
        self.uncommitted = True
        audio = base64.b64encode(self._resampler(pcm).astype("<i2", copy=False).tobytes()).decode("ascii")
        await self._send({"type": "input_audio_buffer.append", "audio": audio})

    async def commit(self) -> str:
        id = await self._acknowledged(self._commits, {"type": "input_audio_buffer.commit"})
        self.uncommitted = False
        return id

    async def clear(self) -> None:
        self.uncommitted = False
        await self._send({"type": "input_audio_buffer.clear"})

    async def heard(self, item: str, partial: Callable[[str], None]) -> str:
        if self._terms.transcriber == "none":
            return ""
        words = self._words_of(item)
        words.partial = partial
        if words.text:
            partial(words.text)
        return await words.end

    async def add(self, id: str, message: Message, after: str | None) -> None:
        place = {"previous_item_id": after} if after else {}
        item = {"id": id, **item_object(message, self._dialect)}
        await self._send({"type": "conversation.item.create", **place, "item": item})

    async def remove(self, id: str) -> None:
        await self._send({"type": "conversation.item.delete", "item_id": id})

    async def truncate(self, id: str, heard_ms: int) -> None:
        place = {"item_id": id, "content_index": 0}
        await self._send({"type": "conversation.item.truncate", **place, "audio_end_ms": heard_ms})

    async def respond(self, request: SpeechModelRequest) -> AsyncGenerator[list[SpeechEvent], None]:
        if request.in_conversation:
            await self._wait_for_the_last()
        answer = _Answer()
        if request.in_conversation:
            self._current = answer
        try:
            event = response_create(request, self._dialect)
            self._asked.append((self._name(event), answer))
            await self._send(event)
            while events := await answer.take():
                yield events
        finally:
            answer.abandoned = True
            if answer.id and not answer.done:
                await self._cancel(answer)

    async def aclose(self) -> None:
        self._lose()
        await self._socket.close()

    async def _wait_for_the_last(self) -> None:
        if self._current:
            try:
                async with asyncio.timeout(CANCEL_S):
                    await self._current.over.wait()
            except TimeoutError:
                self._current = None

    async def _cancel(self, answer: _Answer) -> None:
        named = {} if self._dialect is Dialect.BETA else {"response_id": answer.id}
        try:
            await self._send({"type": "response.cancel", **named})
        except EngineError:
            return

    async def _acknowledged(self, queue: deque[tuple[str, asyncio.Future[str]]], event: Json) -> str:
        future: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        queue.append((self._name(event), future))
        await self._send(event)
        try:
            async with asyncio.timeout(ACKNOWLEDGE_S):
                return await future
        except TimeoutError:
            self._lose()  # what comes later could not be told from the next acknowledgement
            message = f"The speech model's server did not acknowledge {event['type']}."
            raise EngineTimeout(message, engine=NAME) from None

    def _name(self, event: Json) -> str:
        """Give the event an id, by which errors refer to it."""
        if "event_id" not in event:
            self._events_sent += 1
            event["event_id"] = f"event_{self._events_sent}"
        return str(event["event_id"])

    async def _send(self, event: Json) -> None:
        if not self.alive:
            raise _lost()
        self._name(event)
        self._touched = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(SEND_S):
                await self._socket.send(orjson.dumps(event).decode())
        except (TimeoutError, ConnectionClosed):
            self._lose()
            raise _lost() from None

    # --- Being told ---------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Read until the connection ends, or nothing happened on it for `idle_s`."""
        loop = asyncio.get_running_loop()
        try:
            while self.alive:
                try:
                    async with asyncio.timeout_at(self._touched + self._terms.idle_s):
                        text = await self._socket.recv()
                except TimeoutError:
                    if self._is_waited_for:
                        self._touched = loop.time()
                    if loop.time() - self._touched < self._terms.idle_s:
                        continue
                    return
                self._touched = loop.time()
                await self._take(text)
        except ConnectionClosed:
            return
        finally:
            self._lose()

    @property
    def _is_waited_for(self) -> bool:
        return bool(self._updates or self._commits or self._asked or self._answers)

    def _lose(self) -> None:
        """The connection has ended: every call that waits for something raises `EngineError`."""
        self.alive = False
        for _, future in (*self._updates, *self._commits):
            _fail(future, _lost())
        for words in self._words.values():
            _fail(words.end, _lost())
        for answer in (*self._answers.values(), *(answer for _, answer in self._asked)):
            answer.end(_lost())
        self._asked.clear()
        self._answers.clear()

    async def _take(self, text: str | bytes) -> None:
        try:
            event = orjson.loads(text)
            kind = CANONICAL.get(event["type"], event["type"])
            await self._understand(kind, event)
        except (KeyError, TypeError, ValueError, AttributeError, binascii.Error):
            return  # An event that is not as it should be says nothing; what waits for it has a bound.

    async def _understand(self, kind: str, event: Json) -> None:
        match kind:
            case (
                "response.output_audio.delta" | "response.output_audio_transcript.delta" | "response.output_text.delta"
            ):
                if answer := self._answers.get(event["response_id"]):
                    answer.put(_delta(kind, event))
            case "response.created":
                await self._created(event["response"]["id"])
            case "response.output_item.done":
                if answer := self._answers.get(event["response_id"]):
                    answer.put(_finished(event["item"]))
            case "response.done":
                self._done(event["response"])
            case "session.updated":
                _settle(self._updates, "")
            case "input_audio_buffer.committed":
                _settle(self._commits, event["item_id"])
            case "conversation.item.input_audio_transcription.delta":
                words = self._words_of(event["item_id"])
                words.text += event.get("delta") or ""
                words.partial(words.text)
            case "conversation.item.input_audio_transcription.completed":
                _succeed(self._words_of(event["item_id"]).end, str(event["transcript"]).strip())
            case "conversation.item.input_audio_transcription.failed":
                error = EngineError("The speech model's server did not tell the words.", engine=NAME)
                _fail(self._words_of(event["item_id"]).end, error)
            case "error":
                self._problem(event)

    async def _created(self, id: str) -> None:
        answer = self._asked.popleft()[1] if self._asked else _Answer(abandoned=True)  # nobody asked
        answer.id = id
        self._answers[id] = answer
        if answer.abandoned:
            await self._cancel(answer)

    def _done(self, response: Json) -> None:
        answer = self._answers.pop(response["id"], None)
        if answer is None:
            return
        usage, details = response.get("usage") or {}, response.get("status_details") or {}
        match response.get("status"):
            case "failed":
                answer.end(problem_of(details if isinstance(details, dict) else {}))
            case "cancelled" if not answer.abandoned:
                answer.end(EngineError("The speech model broke off its answer.", engine=NAME))
            case status:
                tokens = int(usage.get("input_tokens") or 0), int(usage.get("output_tokens") or 0)
                answer.put(Usage(*tokens, truncated=status == "incomplete"))
                answer.end()

    def _problem(self, event: Json) -> None:
        """An error belongs to what it names; one that names nothing to what waits; others (a late deletion) to nobody."""
        error, name = problem_of(event), (event.get("error") or {}).get("event_id")
        about_voice = "voice" in str((event.get("error") or {}).get("param") or "")
        if waiting := _named(self._updates, name):
            _fail(waiting, _VoiceRefused() if about_voice else error)
        elif waiting := _named(self._commits, name):
            _fail(waiting, error)
        elif answer := _named(self._asked, name):
            answer.end(error)

    def _words_of(self, item: str) -> _Words:
        words = self._words.get(item)
        if words is None:
            words = self._words[item] = _Words()
            while len(self._words) > WORDS_KEPT:
                _fail(self._words.pop(next(iter(self._words))).end, _lost())
        return words


class _VoiceRefused(EngineError):
    """The server does not know the voice."""

    def __init__(self) -> None:
        super().__init__("The speech model's server does not know the voice.", engine=NAME)


def _delta(kind: str, event: Json) -> SpeechEvent:
    if kind == "response.output_audio.delta":
        data = base64.b64decode(event["delta"])
        return AudioDelta(
            event["item_id"], np.frombuffer(data[: len(data) // 2 * 2], "<i2").astype(np.int16, copy=False)
        )
    return TranscriptDelta(event["item_id"], str(event["delta"]))


def _finished(item: Json) -> SpeechEvent:
    if item["type"] != "function_call":
        return MessageDone(str(item["id"]))
    call = ToolCall(str(item["call_id"]), str(item["name"]), str(item.get("arguments") or "{}"))
    return FunctionCallDone(str(item["id"]), call)


def problem_of(event: Mapping[str, Any]) -> EngineError:
    """Our error for the server's. Its message is not shown: it may quote anything, even the key."""
    error = event.get("error")
    code = str((error or {}).get("code") or "") if isinstance(error, dict) else ""
    code = code if re.fullmatch(r"[a-z_]{1,60}", code) else "unknown"
    if code in ("invalid_api_key", "account_deactivated"):
        return key_refused()
    if code == "model_not_found":
        return EngineUnavailable("The speech model was not found on its server (KAIKOU_SPEECH_MODEL).", engine=NAME)
    if "quota" in code or "rate_limit" in code or code == "server_full":
        return EngineBusy("The speech model's server asks for a pause, or a quota is used up.", engine=NAME)
    return EngineError(f"The speech model's server reported an error ({code}).", engine=NAME)


def key_refused() -> EngineKeyRefused:
    """Our error for a server that does not accept the key."""
    message = "The key was refused by the speech model's server (KAIKOU_SPEECH_MODEL_API_KEY)."
    return EngineKeyRefused(message, engine=NAME)


def _lost() -> EngineError:
    return EngineError("The connection to the speech model broke.", engine=NAME)


def _named(queue: deque[tuple[str, T]], name: str | None) -> T | None:
    """Take out what waits under that name, or, for a server that gives none, the first."""
    for entry in queue:
        if name in (None, entry[0]):
            queue.remove(entry)
            return entry[1]
    return None


def _settle(queue: deque[tuple[str, asyncio.Future[str]]], result: str) -> None:
    if queue:
        _succeed(queue.popleft()[1], result)


def _succeed(future: asyncio.Future[str], result: str) -> None:
    if not future.done():
        future.set_result(result)


def _fail(future: asyncio.Future[str], error: EngineError) -> None:
    if not future.done():
        future.set_exception(error)
        future.exception()  # nobody may be waiting: that is no mistake
