"""A whole session under a clock that is moved by hand: scripted ears, a voice that says what it is told, no threads."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from pipeline.audio.samples import LINE_RATE, Samples
from pipeline.conversation.config import Engines, Observer, ResponseRequest, SessionConfig
from pipeline.conversation.journal import ItemSnapshot, Journal
from pipeline.conversation.limits import SessionLimits
from pipeline.conversation.notices import Notice
from pipeline.conversation.summary import Summary
from pipeline.engines.protocols import EngineInfo, Recognition, SpeechChunk, SynthesisRequest, WordTime
from pipeline.engines.workers import Workers
from pipeline.errors import EngineError
from pipeline.session import Session
from pipeline.turns.dialogue import Policy
from pipeline.turns.endpoint import Endpointing
from pipeline.turns.wait import WaitRule, fixed_wait

WINDOW = 512
WINDOW_S = WINDOW / LINE_RATE
MS_PER_LETTER = 50
TURNS_OF_THE_LOOP = 60


@dataclass
class Words:
    """What the recogniser makes of one utterance: its text and when, or that it fails or hangs at its first sound."""

    text: str = ""
    settle_s: float = 0.0
    fails: bool = False
    hangs: bool = False
    words: tuple[WordTime, ...] = ()

    async def accept(self, _pcm: Samples) -> str:
        if self.hangs:
            await asyncio.Event().wait()
        if self.fails:
            raise EngineError("The recogniser broke.", engine="scripted")
        return ""

    async def settle(self, _budget_s: float) -> Recognition:
        await asyncio.sleep(self.settle_s)
        return Recognition(self.text, "en", words=self.words)

    def close(self) -> None:
        """Nothing to free."""


class Ears:
    """Takes any loud window for a voice, and makes of one utterance after the other what the script says."""

    info = EngineInfo("scripted", "recognizer")
    window = WINDOW

    def __init__(self, script: Sequence[Words]) -> None:
        self._script = iter(script)

    async def open(self, _language: str = "") -> Words:
        return next(self._script)

    def close(self) -> None:
        """Nothing to free."""


class Levels:
    """Takes any loud window for a voice."""

    info = EngineInfo("levels", "voice_detector")
    window = WINDOW

    def open(self) -> Levels:
        return self

    def probability(self, window: Samples) -> float:
        return float(np.abs(window).max() > 100)

    def close(self) -> None:
        """Nothing to free."""


class Mouth:
    """Says every letter in the same time, each as loud as none before, so that no voice is like its echo."""

    info = EngineInfo("mouth", "synthesizer", rate=LINE_RATE)

    async def speak(self, request: SynthesisRequest) -> AsyncIterator[SpeechChunk]:
        levels = np.random.default_rng(0).integers(1, 10_000, len(request.text))
        yield SpeechChunk(np.repeat(levels, MS_PER_LETTER * LINE_RATE // 1000).astype(np.int16))

    def close(self) -> None:
        """Nothing to free."""


class Mute:
    """A model that never answers."""

    info = EngineInfo("mute", "chat_model")

    async def reply(self, _request: Any) -> AsyncIterator[Any]:
        await asyncio.Event().wait()
        yield

    async def aclose(self) -> None:
        """Nothing to free."""


@dataclass
class Clock:
    """The loop's and the session's clock."""

    now: float = 0.0


@dataclass
class Conversation:
    """A session, and what it told its client."""

    session: Session
    clock: Clock
    notices: list[Notice] = field(default_factory=list)

    async def passes(self, seconds: float) -> None:
        """Nothing is sent for so long."""
        for _ in range(max(1, round(seconds / WINDOW_S))):
            self.clock.now += WINDOW_S
            await self.settles()

    async def settles(self) -> None:
        """All that is due happens."""
        for _ in range(TURNS_OF_THE_LOOP):
            await asyncio.sleep(0)

    async def speaks(self, seconds: float) -> None:
        await self._sends(np.full(WINDOW, 1_000, np.int16), seconds)

    async def is_quiet(self, seconds: float) -> None:
        await self._sends(np.zeros(WINDOW, np.int16), seconds)

    async def hears(self, text: str) -> None:
        """The character says this, once all before it is sent."""
        self.session.request_reply(ResponseRequest(say=text))
        await self.settles()

    def told(self, *kinds: type[Notice]) -> list[Any]:
        """What the client was told of these kinds."""
        return [notice for notice in self.notices if isinstance(notice, kinds)]

    async def _sends(self, window: Samples, seconds: float) -> None:
        for _ in range(round(seconds / WINDOW_S)):
            self.clock.now += WINDOW_S
            self.session.accept_audio(window)
            await self.settles()


@asynccontextmanager
async def conversing(
    *script: Words,
    policy: Policy | None = None,
    wait_ms: int = 500,
    wait: WaitRule | None = None,
    observer: Observer | None = None,
    limits: SessionLimits | None = None,
    journal: Journal | None = None,
    transcript: Sequence[ItemSnapshot] = (),
    summary: Summary | None = None,
    chat_model: Any = None,
    synthesizer: Any = None,
    turn_model: Any = None,
) -> AsyncIterator[Conversation]:
    """A conversation whose recogniser hears `script`; turns end after `wait_ms` of silence, or as `wait` says.

    An event that did not fit is an error in the end.
    """
    unexpected: list[tuple[str, str, str]] = []
    speaking = chat_model or Mute(), synthesizer or Mouth()
    engines = Engines(Levels(), Ears(script), *speaking, turn_model)  # type: ignore[arg-type]
    workers, loop, clock = Workers(1), asyncio.get_running_loop(), Clock()
    config = SessionConfig(policy=policy or Policy(), endpointing=Endpointing(wait_ms=wait or fixed_wait(wait_ms)))
    observer = replace(observer or Observer(), unexpected=lambda *what: unexpected.append(what))
    session = Session(config, engines, workers, limits, observer, lambda: clock.now, journal, transcript, summary)
    talk, real_time = Conversation(session, clock), loop.time
    loop.time = lambda: clock.now  # type: ignore[method-assign]
    tasks = [asyncio.create_task(session.run()), asyncio.create_task(_listen(talk))]
    try:
        await talk.settles()
        yield talk
        assert unexpected == []
    finally:
        session.close()
        tasks[1].cancel()
        await asyncio.wait(tasks)
        loop.time = real_time  # type: ignore[method-assign]
        workers.close()


async def _listen(talk: Conversation) -> None:
    while True:
        talk.notices.append(await talk.session.outbox.take())
