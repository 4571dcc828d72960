"""The sessions of this server: who may begin one, which go on, and how they all end. Knows nothing of sockets."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from secrets import token_hex, token_urlsafe
from typing import Any

import structlog

from pipeline.characters.character import Character
from pipeline.conversation.journal import Journal
from pipeline.conversation.limits import SessionLimits
from pipeline.errors import LimitReached
from pipeline.session import Session
from server.characters.catalogue import Characters
from server.engines.current import CurrentEngines, Lease
from server.engines.loaded import LoadedEngines
from server.identity.principal import Principal
from server.operations.metrics import Metrics
from server.protocol.audio_rounds import AudioRounds
from server.protocol.connection import Connection, expiry
from server.protocol.session_object import SessionObject, config_of
from server.sessions.admission import Admission
from server.sessions.limits import DefaultsOf
from server.sessions.live import CLOSE_RESTART, LiveSession
from server.sessions.registry import AdmissionQueue, LocalAdmissionQueue, LocalSessionRegistry, SessionRegistry
from server.sessions.running_time import RunningTime
from server.settings import conversations
from server.transports.transport import Transport

log = structlog.get_logger("kaikou")

RETRY_AFTER_S = 15
"""When somebody who finds the server full may try again."""

THINKING_S = 20.0
"""Who says nothing for longer than this is not in the middle of a conversation."""

TICK_S = 0.02
"""How often the loop's lag is sampled."""

STOP_S = 15.0
"""How long sessions may take to end when the server stops, before they are cancelled."""


@dataclass
class Sessions:
    """Everything that sessions share. Each is supervised by itself: what goes wrong in one ends no other.

    `replica` is the name of this process, and the beginning of its sessions' tokens.
    """

    settings: conversations.SessionSettings
    engines: CurrentEngines
    characters: Characters
    metrics: Metrics
    limits: SessionLimits
    defaults: DefaultsOf
    admission: Admission
    registry: SessionRegistry = field(default_factory=LocalSessionRegistry)
    queue: AdmissionQueue = field(default_factory=LocalAdmissionQueue)
    replica: str = field(default_factory=lambda: token_hex(4))
    rounds: AudioRounds = field(default_factory=AudioRounds)
    clock: RunningTime = field(default_factory=RunningTime)
    draining: bool = False
    _entering: int = 0
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def live(self) -> dict[str, LiveSession]:
        """The sessions that go on here, by token."""
        return self.registry.live

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Owns the sessions: all have ended when the block is left."""
        measuring = asyncio.create_task(self._measure())
        try:
            yield
        finally:
            measuring.cancel()
            for live in list(self.live.values()):
                live.end(CLOSE_RESTART, "the server stops")
            if self._tasks:
                _, late = await asyncio.wait(self._tasks, timeout=STOP_S)
                for task in late:
                    task.cancel()
                if late:
                    await asyncio.wait(late)

    async def drain(self) -> None:
        """Take nobody in any more, let turns that go on finish (bounded), and tell clients to come back."""
        self.draining = True
        deadline = time.monotonic() + self.settings.drain_s
        while self.live:
            late = time.monotonic() > deadline
            for live in list(self.live.values()):
                if late or live.connection.session.at_rest:
                    live.end(CLOSE_RESTART, "the server restarts; connect again")
            await asyncio.sleep(0.1)

    @property
    def talking(self) -> bool:
        """Whether a conversation goes on: somebody is speaking or being answered, or was a moment ago."""
        sessions = (live.connection.session for live in self.live.values())
        return any(not session.at_rest or session.idle_s < THINKING_S for session in sessions)

    # --- Beginning ----------------------------------------------------------------------------------------------------

    async def wait(self, ticket: str) -> dict[str, Any]:
        """Where a client stands that found no place: its ticket, how many are before it, and whether it may come now."""
        ticket, before, enter = await self.queue.ask(ticket, self._free)
        return {"ticket": ticket, "before": before, "enter": enter, "ask_again_s": 3}

    @asynccontextmanager
    async def place(self, ticket: str) -> AsyncIterator[None]:
        """Keeps a place while a session begins. Raises `LimitReached` while the server drains or is full."""
        if self.draining:
            raise LimitReached("The server is restarting; try again in a moment.", code="server_restarting")
        if not await self.queue.may_enter(ticket, self._free):
            message = f"All places are taken just now; try again in {RETRY_AFTER_S} s."
            raise LimitReached(message, code="server_full")
        self._entering += 1
        try:
            await self.queue.leave(ticket)
            yield
        finally:
            self._entering -= 1

    async def resumable(self, token: str, seen: str, principal: Principal) -> LiveSession | None:
        """This principal's session of that token, if a client that saw the event `seen` last can go on with it."""
        live = await self.registry.find(token) if token else None
        if live is None and token and not token.startswith(f"{self.replica}."):
            log.info("resume of another replica's session", replica=token.partition(".")[0][:16])
        if live and live.principal.id != principal.id:
            log.warning("resume of another principal's session", session=live.id, principal=principal.id)
            return None
        return live if live and live.can_resume(seen) else None

    async def begin(
        self, principal: Principal, start: SessionObject, model: str, transport: Transport, *, extensions: bool
    ) -> LiveSession:
        """A new session for `transport`, which the caller attaches. The caller also keeps a `place` meanwhile.

        It has the engines that are the current ones now for as long as it lasts.
        """
        character = await self.characters.find(start.kaikou.character or model)
        lease = self.engines.lease()
        try:
            live = self._new(lease.loaded, principal, start, character, model or character.id, transport, extensions)
            await self.registry.add(live)
        except BaseException:
            lease.end()
            raise
        self.admission.entered()
        self.metrics.sessions.set(len(self.live))
        self._own(self._supervise(live), lease)
        log.info("session began", session=live.id, character=character.id, principal=principal.id, by=principal.kind)
        return live

    # --- Inside -------------------------------------------------------------------------------------------------------

    def _new(
        self,
        loaded: LoadedEngines,
        principal: Principal,
        start: SessionObject,
        character: Character,
        model: str,
        transport: Transport,
        extensions: bool,
    ) -> LiveSession:
        settings, defaults = self.settings, self.defaults(loaded)
        id = token_hex(4)  # for the log: random, so that it identifies nobody
        session = Session(
            config_of(start, character, defaults),
            loaded.engines,
            loaded.workers,
            self.limits,
            self.metrics.observer(id, character.id, principal),
            journal=Journal(self.metrics.write),
            playback=transport.playback,
        )
        connection = Connection(
            session,
            start,
            character,
            self.characters,
            model,
            defaults,
            rounds=self.rounds,
            append_bytes=settings.append_bytes,
            expires_at=expiry(settings.session_s),
            extensions=extensions,
            token=f"{self.replica}.{token_urlsafe(18)}",
            resume_s=settings.resume_s,
        )
        return LiveSession(id, connection, settings, principal, self.clock)

    @property
    def _free(self) -> int:
        return 0 if self.draining else self.admission.free(len(self.live) + self._entering)

    def _own(self, life: Coroutine[Any, Any, None], lease: Lease) -> None:
        """Keep a session's life, and its engines until that is over."""
        task = asyncio.create_task(life)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda _task: lease.end())

    async def _supervise(self, live: LiveSession) -> None:
        """One session's life; nothing that goes wrong in it reaches another."""
        try:
            try:
                await live.run()
            finally:
                self.admission.left()
                await self.registry.remove(live)
        except Exception:
            log.error("session failed", session=live.id, exc_info=True)
        self.metrics.sessions.set(len(self.live))

    async def _measure(self) -> None:
        """Feed the admission once a second with what the loop's thread did, and the clock of the sessions."""
        loop = asyncio.get_running_loop()
        while True:
            lags, began, cpu = list[float](), loop.time(), time.thread_time()
            while loop.time() - began < 1.0:
                due = loop.time() + TICK_S
                await asyncio.sleep(TICK_S)
                lags.append(loop.time() - due)
                if still_s := self.clock.tick():
                    log.warning("the process stood still", seconds=round(still_s, 1))
                    break
            else:
                share = (time.thread_time() - cpu) / (loop.time() - began)
                lag = sorted(lags)[int(0.95 * len(lags))]
                self.admission.measured(share, lag, len(self.live))
                self.metrics.loop_lag.set(lag)
                self.metrics.loop_cpu.set(share)
