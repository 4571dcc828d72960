"""Conversations faster than real time: what a real session makes of a sound over a reply.

The session and its engines are real; the clock, the network, the player and the room are not. The clock moves 20 ms when
everything that could happen has happened, so that a run gives the same answer every time.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

import numpy as np

from benchmarks.sounds import Room, Spoken
from pipeline.audio import LINE_RATE, Samples, samples_of
from pipeline.dialogue import BargeIn, Policy
from pipeline.endpoint import Endpointing
from pipeline.engines import EngineInfo, Recognizer, SpeechChunk, SpeechRequest, VoiceDetector
from pipeline.notices import (
    Notice,
    PlaybackPaused,
    PlaybackResumed,
    PlaybackStopped,
    ReplyAudio,
    ReplyEnded,
    ReplyItemStarted,
    Transcribed,
)
from pipeline.pump import Workers
from pipeline.session import Session
from pipeline.setup import Ask, Engines, Setup

T = TypeVar("T")

FRAME_MS = 20
FRAME = samples_of(FRAME_MS)
NETWORK_S = 0.03
"""One way."""
SETTLE_S = 0.2
"""What the final words of a short utterance take."""
REPORT_S = 0.2
AFTER_S = 3.0
FLOOR_RMS = 8.0
TURNS_OF_THE_LOOP = 50
"""More than any chain of events takes that needs no time."""


@dataclass(frozen=True)
class Scene:
    """`sound` begins `begins_s` into the reply; in a `room` the microphone hears the reply, too."""

    kind: str
    name: str
    sound: Samples
    begins_s: float
    room: Room | None = None


@dataclass
class Outcome:
    """What came of a scene. Times are milliseconds after the sound began."""

    kind: str
    name: str
    interrupted_ms: int | None = None
    pauses_ms: list[int] = field(default_factory=list)
    quiet_ms: int = 0
    heard: list[str] = field(default_factory=list)


class Inline(Workers):
    """Does blocking work on the spot: the clock stands still meanwhile."""

    def __init__(self) -> None:
        pass

    async def call(
        self, work: Callable[[], T], *, timeout_s: float, engine: str = "", undo: Callable[[T], object] | None = None
    ) -> T:
        result = work()
        if isinstance(work, partial) and work.func.__name__ == "settle":
            await asyncio.sleep(SETTLE_S)
        return result

    async def iterate(
        self, make: Callable[[], Iterator[T]], *, timeout_s: float, engine: str = ""
    ) -> AsyncGenerator[T, None]:
        for item in make():
            yield item


class Recited:
    """A synthesiser that knows one text."""

    info = EngineInfo("recited", "synthesizer", rate=LINE_RATE)

    def __init__(self, spoken: Spoken) -> None:
        self._spoken = spoken

    def speak(self, request: SpeechRequest) -> Iterator[SpeechChunk]:
        pcm, size = self._spoken.pcm, samples_of(80)
        for start in range(0, len(pcm), size):
            begins = range(start * 1000 // LINE_RATE, (start + size) * 1000 // LINE_RATE)
            words = tuple(word for word in self._spoken.words if word.start_ms in begins)
            yield SpeechChunk(pcm[start : start + size], words)

    def close(self) -> None:
        pass


class Player:
    """What the person hears, sample by sample, and what the player does at which moment."""

    def __init__(self) -> None:
        self.line = np.zeros(0, np.int16)
        self.item_id = ""
        self.played = 0
        self.paused = False
        self._queue = np.zeros(0, np.int16)
        self._orders: list[tuple[float, Notice]] = []

    def take(self, notice: Notice, now: float) -> None:
        """An order of the server's, which is on its way now."""
        self._orders.append((now + NETWORK_S, notice))

    def play(self, now: float) -> None:
        """The next 20 ms."""
        while self._orders and self._orders[0][0] <= now:
            self._obey(self._orders.pop(0)[1])
        piece = np.zeros(FRAME, np.int16)
        if not self.paused:
            ready, self._queue = self._queue[:FRAME], self._queue[FRAME:]
            piece[: len(ready)] = ready
            self.played += len(ready)
        self.line = np.concatenate((self.line, piece))

    def _obey(self, notice: Notice) -> None:
        match notice:
            case ReplyItemStarted():
                self.item_id = notice.item.id
            case ReplyAudio():
                self._queue = np.concatenate((self._queue, notice.pcm))
            case PlaybackPaused():
                self.paused = True
            case PlaybackResumed():
                self.paused = False
            case ReplyEnded() if notice.reply.status == "cancelled":
                self._queue = self._queue[:0]


class Clock:
    """The running loop's clock, moved by hand."""

    def __init__(self) -> None:
        self.now = 0.0
        asyncio.get_running_loop().time = lambda: self.now  # type: ignore[method-assign]

    async def advance(self, seconds: float) -> None:
        """Let `seconds` pass, and everything happen that is due."""
        self.now += seconds
        for _ in range(TURNS_OF_THE_LOOP):
            await asyncio.sleep(0)


def rehearse(
    scenes: Sequence[Scene], reply: Spoken, text: str, detector: VoiceDetector, recognizer: Recognizer
) -> list[Outcome]:
    """Play each scene in a session of its own, in which the character says `text`, which sounds like `reply`."""
    engines = Engines(detector, recognizer, _Mute(), Recited(reply))
    return [asyncio.run(_Rehearsal(scene, engines, text).run()) for scene in scenes]


class _Mute:
    """Answers nothing: what follows an interruption is another story."""

    info = EngineInfo("mute", "chat_model")

    async def reply(self, request: Any) -> AsyncIterator[Any]:
        for nothing in ():
            yield nothing

    async def aclose(self) -> None:
        pass


class _Rehearsal:
    def __init__(self, scene: Scene, engines: Engines, text: str) -> None:
        self._scene, self._engines, self._text = scene, engines, text
        self._player = Player()
        self._rng = np.random.default_rng(0)
        self._first_played: int | None = None
        self._over = False
        self.outcome = Outcome(scene.kind, scene.name)

    async def run(self) -> Outcome:
        clock = Clock()
        endpointing = Endpointing()
        setup = Setup(endpointing=endpointing, policy=Policy(barge_in=BargeIn.CONFIRMED))
        session = Session(setup, self._engines, Inline(), now=lambda: clock.now)
        tasks = [asyncio.create_task(work) for work in (session.run(), self._listen(session, clock))]
        await clock.advance(0)
        session.request_reply(Ask(say=self._text))
        longest_s = self._scene.begins_s + len(self._scene.sound) / LINE_RATE + AFTER_S
        while not self._over and len(self._player.line) < longest_s * LINE_RATE + (self._first_played or 0):
            await clock.advance(FRAME_MS / 1000)
            self._player.play(clock.now)
            if self._first_played is None and self._player.played:
                self._first_played = len(self._player.line) - FRAME
            session.hear(self._microphone())
            if round(clock.now / 0.02) % round(REPORT_S / 0.02) == 0 and self._player.item_id:
                session.played(self._player.item_id, self._player.played * 1000 / LINE_RATE, not self._player.paused)
            await clock.advance(0)
            if self._player.paused:
                self.outcome.quiet_ms += FRAME_MS
        session.close()
        tasks[1].cancel()
        await asyncio.wait(tasks)
        return self.outcome

    @property
    def _begins(self) -> int:
        return (self._first_played or 1_000 * LINE_RATE) + int(self._scene.begins_s * LINE_RATE)

    def _microphone(self) -> Samples:
        until = len(self._player.line)
        since, scene = until - FRAME, self._scene
        sound = self._rng.normal(0, FLOOR_RMS, FRAME)
        if scene.room:
            sound += scene.room.heard(self._player.line, since, until)
        own = scene.sound[max(0, since - self._begins) : max(0, until - self._begins)]
        if len(own):
            offset = max(0, self._begins - since)
            sound[offset : offset + len(own)] += own
        return np.clip(np.round(sound), -32767, 32767).astype(np.int16)

    async def _listen(self, session: Session, clock: Clock) -> None:
        while True:
            notice = await session.outbox.take()
            self._player.take(notice, clock.now)
            at_ms = round((len(self._player.line) - self._begins) * 1000 / LINE_RATE)
            match notice:
                case PlaybackPaused():
                    self.outcome.pauses_ms.append(at_ms)
                case Transcribed():
                    self.outcome.heard.append(notice.text)
                case PlaybackStopped():
                    self.outcome.interrupted_ms, self._over = at_ms, True
                case ReplyEnded() if notice.reply.status == "cancelled":
                    self.outcome.interrupted_ms, self._over = at_ms, True
