"""Protocols for finding a session by its token and for queueing before a full server; both in memory here."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

from server.sessions.live import LiveSession
from server.sessions.ticket_queue import TicketQueue


class SessionRegistry(Protocol):
    """The sessions that go on. `live` are those of this replica, by token."""

    @property
    def live(self) -> dict[str, LiveSession]: ...

    async def add(self, live: LiveSession) -> None:
        """A session began."""

    async def remove(self, live: LiveSession) -> None:
        """A session ended. Nothing happens if it is not there."""

    async def find(self, token: str) -> LiveSession | None:
        """The session of that token, if this replica has it."""


class AdmissionQueue(Protocol):
    """Clients that wait to begin a session. `free`: how many sessions could begin now."""

    async def ask(self, ticket: str, free: int) -> tuple[str, int, bool]:
        """The ticket, a new one if it is not known; how many are before it; whether it may come in. `LimitReached`."""

    async def may_enter(self, ticket: str, free: int) -> bool:
        """Whether the next free places reach to this ticket."""

    async def leave(self, ticket: str) -> None:
        """Remove the ticket: its client is beginning a session."""


class LocalSessionRegistry:
    """The sessions of a server without other replicas."""

    def __init__(self) -> None:
        self.live: dict[str, LiveSession] = {}

    async def add(self, live: LiveSession) -> None:
        self.live[live.connection.token] = live

    async def remove(self, live: LiveSession) -> None:
        self.live.pop(live.connection.token, None)

    async def find(self, token: str) -> LiveSession | None:
        return self.live.get(token)


class LocalAdmissionQueue:
    """The queue before a server without other replicas."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._queue, self._now = TicketQueue(), now

    async def ask(self, ticket: str, free: int) -> tuple[str, int, bool]:
        now = self._now()
        ticket, before = self._queue.ask(ticket, now)
        return ticket, before, self._queue.may_enter(ticket, free, now)

    async def may_enter(self, ticket: str, free: int) -> bool:
        return self._queue.may_enter(ticket, free, self._now())

    async def leave(self, ticket: str) -> None:
        self._queue.leave(ticket)
