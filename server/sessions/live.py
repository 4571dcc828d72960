"""A session that outlives its transport: it waits for a client that was cut off, and sends it what it missed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import orjson
import structlog

from pipeline.conversation.notices import Answered, Notice, PlaybackStopped, ReplyEnded
from pipeline.engines.within import within
from pipeline.errors import LimitReached
from pipeline.session import Session
from server.errors import Unauthorized, openai_error
from server.identity.principal import Principal
from server.protocol.connection import Connection
from server.protocol.server_events import error_event
from server.sessions.replay_buffer import ReplayBuffer
from server.sessions.running_time import RunningTime
from server.settings import conversations
from server.transports.transport import Disconnected, OutputAudio, Transport

log = structlog.get_logger("kaikou")

SEND_S = 20.0
"""A client that takes nothing for this long is not there any more."""

FAREWELL_S = 0.3
"""How long the last event of a session may take to leave."""

CLOSE_S, DISCARD_S = 1.0, 5.0
"""How long closing may take; and reading on meanwhile, for a client that sends faster than it reads."""

CLOSE_NORMAL, CLOSE_TOO_SLOW, CLOSE_RESTART, CLOSE_SUPERSEDED, CLOSE_REVOKED = 1000, 1008, 1012, 4001, 4401

ENDED = {
    CLOSE_TOO_SLOW: "too_slow",
    CLOSE_RESTART: "server_stopped",
    CLOSE_SUPERSEDED: "continued_elsewhere",
    CLOSE_REVOKED: "logged_out",
}
"""How a session ends with these codes, in a word."""

TOO_SLOW = "the client does not read what it asked for"


class Superseded(Exception):
    """A connection that came later resumes the session."""


class LiveSession:
    """One session and the transport that is attached to it, if one is.

    `run` is the session's life and belongs to the server; `attach` serves one transport and belongs to its connection.
    Only clients of the extensions can come back, unless they said goodbye (close code 1000); for the others the session
    ends with the socket.
    """

    def __init__(
        self,
        id: str,
        connection: Connection,
        settings: conversations.SessionSettings,
        principal: Principal,
        now: RunningTime | None = None,
    ) -> None:
        self.id, self.connection, self.principal = id, connection, principal
        self._settings, self._now = settings, now or RunningTime()
        self._replay = ReplayBuffer(settings.retained_bytes)
        self._attached: asyncio.Task[None] | None = None
        self._transport: Transport | None = None
        self._left, self._back = asyncio.Event(), asyncio.Event()
        self._code, self._reason = CLOSE_NORMAL, ""
        self._attempts = 0
        self._revoked, self._revoked_for = asyncio.Event(), Unauthorized("You are logged out.")
        self.ended = "left"
        """How the session ended, in a word."""
        self._over = False  # from the moment on at which that is decided: nobody may come back after it

    @property
    def resumable(self) -> bool:
        """Whether the client may come back."""
        return self.connection.extensions

    # --- The session's life -------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Live until the client is gone for good, the session is too old, or too long idle."""
        session = self.connection.session
        lives = (self._converse(), self._watch(), self._until_revoked())
        tasks = [asyncio.create_task(life) for life in lives]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if error := next(iter(done)).exception():
                self.ended = "failed"
                log.error("session failed", session=self.id, exc_info=error)
        finally:
            try:
                session.close()
                for task in tasks:
                    task.cancel()
                await asyncio.wait(tasks)
            finally:
                await self._close()
            log.info("session ended", session=self.id, reason=self._reason or "the client left")

    def end(self, code: int, reason: str) -> None:
        """End the session; its transport is closed with this code and reason."""
        self._code, self._reason, self._over = code, reason, True
        self.ended = ENDED.get(code, self.ended)
        self.connection.session.close()

    def revoke(self, why: Unauthorized) -> None:
        """End the session of somebody who may not go on; the client is told why."""
        self._code, self._reason, self._over, self._revoked_for = CLOSE_REVOKED, why.code, True, why
        self.ended = ENDED[CLOSE_REVOKED]
        self._revoked.set()

    async def _until_revoked(self) -> None:
        await self._revoked.wait()
        self.connection.session.outbox.put(Answered(error_event(openai_error(self._revoked_for))))
        await asyncio.sleep(FAREWELL_S)

    async def _converse(self) -> None:
        try:
            await self.connection.session.run()
        finally:
            self._over = True

    async def _watch(self) -> None:
        """Ends when the client does not come back, or the session has lasted or idled as long as it may."""
        try:
            await self._until_left_or_expired()
        finally:
            self._over = True

    async def _until_left_or_expired(self) -> None:
        settings, now = self._settings, self._now
        expires, idle = now() + settings.session_s, IdleTime(self.connection.session, now)
        while True:
            try:
                async with asyncio.timeout(min(10.0, max(0.1, expires - now()))):
                    await self._left.wait()
                if not self.resumable or self._over:
                    return None
                if not await self._comes_back():
                    self.ended = "connection_lost"
                    return None
            except TimeoutError:
                pass
            if now() >= expires:
                return await self._expire("has reached its longest duration", "longest")
            if idle.seconds() >= settings.idle_s:
                return await self._expire("was idle for too long", "idle")

    async def _comes_back(self) -> bool:
        until = self._now() + self._settings.resume_s
        while not self._back.is_set() and (left := until - self._now()) > 0:
            with suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self._back.wait()
        return self._back.is_set()  # also if it came just as its time was over

    async def _expire(self, why: str, ended: str) -> None:
        self._reason, self._over, self.ended = f"the session {why}", True, ended
        error = openai_error(LimitReached(f"Your session {why}.", code="session_expired"))
        self.connection.session.outbox.put(Answered(error_event(error)))
        await asyncio.sleep(FAREWELL_S)

    # --- A transport--------------------------------------------------------------------------------------------------

    def can_resume(self, seen: str) -> bool:
        """Whether a client that saw `seen` last could be brought up to date now, and the session is not ending."""
        return not self._over and self._replay.after(seen) is not None

    def new_attempt(self) -> int:
        """The number of an attempt to resume the session, made by a connection that has just come."""
        self._attempts += 1
        return self._attempts

    async def take_over(self, seen: str, attempt: int) -> list[str | OutputAudio] | None:
        """The events that a client lacks that saw `seen` last; None if it cannot be brought up to date any more.

        A transport that is still attached sends nothing after that. `attach` must follow at once, before any other wait.
        Raises `Superseded` where a later attempt was made: behind a standstill several are at once, most of them given up.
        """
        if not self.can_resume(seen):
            return None
        while (attached := self._attached) and not attached.done() and attempt == self._attempts:
            await _close(self._transport, CLOSE_SUPERSEDED, "resumed elsewhere")
            attached.cancel()
            await asyncio.wait({attached})
        if attempt != self._attempts:
            raise Superseded
        return None if self._over else self._replay.after(seen)

    async def attach(self, transport: Transport, missed: list[str | OutputAudio] | None = None) -> None:
        """Serve this transport until it or the session ends. `missed` is sent first to a client that comes back."""
        self._transport = transport
        self._left.clear()
        self._back.set()
        self.connection.session.attach()
        self._attached = task = asyncio.create_task(self._exchange(transport, missed))
        try:
            await asyncio.wait({task})
        finally:
            task.cancel()
            if self._attached is task:
                self._attached, self._transport = None, None
                self.connection.session.detach()
                self._back.clear()
                self._left.set()

    async def _exchange(self, transport: Transport, missed: list[str | OutputAudio] | None) -> None:
        first = [] if missed is None else [_text(self.connection.resumed()), *missed]
        directions = [asyncio.create_task(self._read(transport)), asyncio.create_task(self._write(transport, first))]
        try:
            done, _ = await asyncio.wait(directions, return_when=asyncio.FIRST_COMPLETED)
            error = next(iter(done)).exception()
            if isinstance(error, TimeoutError):
                # A page may have a hole in its network: it can come back on another connection.
                self._code, self._reason = CLOSE_TOO_SLOW, TOO_SLOW
                await self._close()
            elif error and not isinstance(error, Disconnected):
                log.error("connection failed", session=self.id, exc_info=error)
        finally:
            for task in directions:
                task.cancel()
            await asyncio.wait(directions)

    async def _read(self, transport: Transport) -> None:
        connection, outbox = self.connection, self.connection.session.outbox
        transport.offer(connection.take_at_once)
        try:
            while True:
                message = await transport.receive()
                await connection.receive(message)
                if outbox.overflowed:
                    self.end(CLOSE_TOO_SLOW, TOO_SLOW)
                    transport.offer(None)
                    await _discard(transport)
                    return
                if connection.acknowledged:
                    self._replay.seen(connection.acknowledged)
        except Disconnected as gone:
            self._over = self._over or gone.goodbye
        finally:
            transport.offer(None)

    async def _write(self, transport: Transport, first: Iterable[str | OutputAudio]) -> None:
        outbox, events = self.connection.session.outbox, self.connection.events
        for event in first:
            await _send(transport, event)
        while True:
            notice = await outbox.take()
            said = [_with_id(event) for event in events.of(notice)]
            if self.resumable:
                # Kept for replay before any of it is sent: a transport that breaks in between must not swallow the rest.
                for id, event in said:
                    self._replay.sent(id, event)
            if _cuts_off(notice):
                async with within(SEND_S):
                    await transport.flush()
            for _id, event in said:
                await _send(transport, event)

    async def _close(self) -> None:
        # A slow reader gets the close reason once it reads; meanwhile `_discard` reads what it still sends.
        within_s = DISCARD_S if self._code == CLOSE_TOO_SLOW else CLOSE_S
        await _close(self._transport, self._code, self._reason, within_s)


class IdleTime:
    """For how long a session has been idle while the process ran."""

    def __init__(self, session: Session, now: RunningTime) -> None:
        self._session, self._now = session, now
        self._before, self._still_s = 0.0, now.still_s

    def seconds(self) -> float:
        """Ask it now and then: what happened since the last time ends the idle time before."""
        idle = self._session.idle_s
        if idle < self._before:
            self._still_s = self._now.still_s
        self._before = idle
        return idle - (self._now.still_s - self._still_s)


async def _send(transport: Transport, event: str | OutputAudio) -> None:
    """Raises `TimeoutError` for a client that takes nothing, `Disconnected` for one that is gone."""
    async with within(SEND_S):
        await (transport.send_event(event) if isinstance(event, str) else transport.send_audio(event))


async def _discard(transport: Transport) -> None:
    """Read on for a moment: a socket that is closed with input unread is reset, and the reason never arrives."""
    with suppress(TimeoutError):
        async with asyncio.timeout(DISCARD_S):
            while True:
                await transport.receive()


async def _close(transport: Transport | None, code: int, reason: str, within_s: float = CLOSE_S) -> None:
    """Close a transport if there is one; bounded, whatever state it is in."""
    with suppress(TimeoutError):
        async with asyncio.timeout(within_s):
            if transport:
                await transport.close(code, reason)


def _cuts_off(notice: Notice) -> bool:
    """Whether what the player has of a reply is not to be played."""
    cancelled = isinstance(notice, ReplyEnded) and notice.reply.status == "cancelled"
    return cancelled or isinstance(notice, PlaybackStopped)


def _with_id(event: dict[str, Any] | OutputAudio) -> tuple[str, str | OutputAudio]:
    if isinstance(event, OutputAudio):
        return event.event["event_id"], event
    return event["event_id"], _text(event)


def _text(event: dict[str, Any]) -> str:
    return orjson.dumps(event).decode()
