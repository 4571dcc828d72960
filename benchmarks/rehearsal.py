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

from benchmarks.sounds import Room, Spoken, first_voiced
from pipeline.audio.samples import LINE_RATE, Samples, samples_of
from pipeline.conversation.config import Engines, ResponseRequest, SessionConfig
from pipeline.conversation.notices import (
    Notice,
    PlaybackPaused,
    PlaybackResumed,
    PlaybackStopped,
    ReplyAudio,
    ReplyEnded,
    ReplyItemStarted,
    Transcribed,
)
from pipeline.engines.protocols import EngineInfo, Recognizer, SpeechChunk, SynthesisRequest, VoiceDetector
from pipeline.engines.workers import Workers
from pipeline.session import Session
from pipeline.turns.dialogue import BargeIn, Policy
from pipeline.turns.endpoint import Endpointing
from pipeline.turns.wait import Waits, adaptive_wait

T = TypeVar("T")

FRAME_MS = 20
FRAME = samples_of(FRAME_MS)
NETWORK_S = 0.03
"""One way."""
SETTLE_S = 0.2
"""What the final words of a short utterance take."""
REPORT_FRAMES = 10
AFTER_S = 3.0
FLOOR_RMS = 8.0
TURNS_OF_THE_LOOP = 50
"""More than any chain of events takes that needs no time."""


@dataclass(frozen=True)
class Scene:
    """`sound` begins `begins_s` into the reply; in a `room` the microphone hears the reply, too."""

    kind: str
    name: str
    reply: Spoken
    sound: Samples
    begins_s: float
    room: Room | None = None


@dataclass
class Outcome:
    """What came of a scene, in ms after the first voiced sample; `quiet_ms` is how long playback was paused."""

    kind: str
    name: str
    interrupted_ms: int | None = None
    pauses_ms: list[int] = field(default_factory=list)
    quiet_ms: int = 0
    heard: list[str] = field(default_factory=list)


def rehearse(scenes: Sequence[Scene], detector: VoiceDetector, recognizer: Recognizer) -> Iterator[Outcome]:
    """Play each scene in a session of its own."""
    for scene in scenes:
        yield asyncio.run(Rehearsal(scene, Engines(detector, recognizer, Mute(), Reciting(scene.reply))).run())


# --- Engines ---------------------------------------------------------------------------------------------------------


class Inline(Workers):
    """Does blocking work on the spot; the clock stands still meanwhile, but for what `settle` takes."""

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


class Reciting:
    """A synthesiser that knows one text."""

    info = EngineInfo("reciting", "synthesizer", rate=LINE_RATE)

    def __init__(self, spoken: Spoken) -> None:
        self._spoken = spoken

    def speak(self, request: SynthesisRequest) -> Iterator[SpeechChunk]:
        pcm, size = self._spoken.pcm, samples_of(80)
        for start in range(0, len(pcm), size):
            begins = range(start * 1000 // LINE_RATE, (start + size) * 1000 // LINE_RATE)
            words = tuple(word for word in self._spoken.words if word.start_ms in begins)
            yield SpeechChunk(pcm[start : start + size], words)

    def close(self) -> None:
        """Nothing to free."""


class Mute:
    """A model that answers nothing: what follows an interruption is another story."""

    info = EngineInfo("mute", "chat_model")

    async def reply(self, request: Any) -> AsyncIterator[Any]:
        for nothing in ():
            yield nothing

    async def aclose(self) -> None:
        """Nothing to free."""


# --- The world -------------------------------------------------------------------------------------------------------


class Clock:
    """The running loop's clock, moved by hand."""

    def __init__(self) -> None:
        self.now = 0.0
        asyncio.get_running_loop().time = lambda: self.now  # type: ignore[method-assign]

    async def advance(self, seconds: float = 0.0) -> None:
        """Let `seconds` pass, and everything happen that is due."""
        self.now += seconds
        for _ in range(TURNS_OF_THE_LOOP):
            await asyncio.sleep(0)


class Player:
    """What the person hears, sample by sample; it does what the server says as soon as the network has brought it."""

    def __init__(self) -> None:
        self.line: Samples = np.zeros(0, np.int16)
        self.item_id = ""
        self.played = 0
        self.paused = False
        self._queue: Samples = np.zeros(0, np.int16)
        self._orders: list[tuple[float, Notice]] = []

    def take(self, notice: Notice, now: float) -> None:
        """An order of the server's, which leaves it now."""
        self._orders.append((now + NETWORK_S, notice))

    def play(self, now: float) -> None:
        """The next frame."""
        while self._orders and self._orders[0][0] <= now:
            self._obey(self._orders.pop(0)[1])
        frame = np.zeros(FRAME, np.int16)
        if not self.paused:
            ready, self._queue = self._queue[:FRAME], self._queue[FRAME:]
            frame[: len(ready)] = ready
            self.played += len(ready)
        self.line = np.concatenate((self.line, frame))

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


class Rehearsal:
    """One scene, from the reply's first sample to some seconds after the sound, or to the interruption."""

    def __init__(self, scene: Scene, engines: Engines) -> None:
        self._scene, self._engines = scene, engines
        self._player, self._rng = Player(), np.random.default_rng(0)
        self._began: int | None = None
        self._voiced = first_voiced(scene.sound)
        self._outcome = Outcome(scene.kind, scene.name)

    async def run(self) -> Outcome:
        """What came of it."""
        clock, player = Clock(), self._player
        endpointing = Endpointing(wait_ms=adaptive_wait("auto", Waits()))
        policy = Policy(barge_in=BargeIn.CONFIRMED, speculate=True)
        session = Session(
            SessionConfig(endpointing=endpointing, policy=policy), self._engines, Inline(), now=lambda: clock.now
        )
        tasks = [asyncio.create_task(work) for work in (session.run(), self._listen(session, clock))]
        await clock.advance()
        session.request_reply(ResponseRequest(say=self._scene.reply.text))
        while self._outcome.interrupted_ms is None and len(player.line) < self._ends:
            await clock.advance(FRAME_MS / 1000)
            player.play(clock.now)
            if self._began is None and player.played:
                self._began = len(player.line) - FRAME
            session.accept_audio(self._microphone())
            if len(player.line) % (REPORT_FRAMES * FRAME) == 0 and player.item_id:
                session.played(player.item_id, player.played * 1000 / LINE_RATE, not player.paused)
            await clock.advance()
            self._outcome.quiet_ms += FRAME_MS * player.paused
        session.close()
        tasks[1].cancel()
        await asyncio.wait(tasks)
        return self._outcome

    @property
    def _begins(self) -> int:
        return (self._began or 0) + int(self._scene.begins_s * LINE_RATE)

    @property
    def _ends(self) -> int:
        return self._begins + len(self._scene.sound) + int(AFTER_S * LINE_RATE)

    def _microphone(self) -> Samples:
        until = len(self._player.line)
        since, scene = until - FRAME, self._scene
        sound = self._rng.normal(0, FLOOR_RMS, FRAME)
        if scene.room:
            sound += scene.room.heard(self._player.line, since, until)
        offset = max(0, self._begins - since)
        own = scene.sound[max(0, since - self._begins) : max(0, until - self._begins)]
        sound[offset : offset + len(own)] += own
        return np.clip(np.round(sound), -32767, 32767).astype(np.int16)

    async def _listen(self, session: Session, clock: Clock) -> None:
        while True:
            notice = await session.outbox.take()
            self._player.take(notice, clock.now)
            at_ms = round((len(self._player.line) - self._begins - self._voiced) * 1000 / LINE_RATE)
            match notice:
                case PlaybackPaused():
                    self._outcome.pauses_ms.append(at_ms)
                case Transcribed():
                    self._outcome.heard.append(notice.text)
                case PlaybackStopped():
                    self._outcome.interrupted_ms = at_ms
                case ReplyEnded() if notice.reply.status == "cancelled":
                    self._outcome.interrupted_ms = at_ms
