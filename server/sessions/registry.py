"""Where sessions are found by their token, and who waits for a place: in memory here, elsewhere with several replicas."""

from __future__ import annotations

import time
from typing import Protocol

from server.sessions.live import Live
from server.sessions.waiting import WaitingLine


class Registry(Protocol):
    """The sessions that go on. `live` are those of this replica, by token."""

    @property
    def live(self) -> dict[str, Live]: ...

    async def add(self, live: Live) -> None:
        """A session began."""

    async def remove(self, live: Live) -> None:
        """It ended. Of one that is not there nothing happens."""

    async def find(self, token: str) -> Live | None:
        """The session of that token, if this replica has it."""


class Line(Protocol):
    """Who waits for a place. `free`: how many places there are just now."""

    async def ask(self, ticket: str, free: int) -> tuple[str, int, bool]:
        """The ticket, a new one if it is not known; how many are before it; whether it may come in. `LimitReached`."""

    async def may_enter(self, ticket: str, free: int) -> bool:
        """Whether the next free places reach to this ticket."""

    async def leave(self, ticket: str) -> None:
        """It came in."""


class LocalRegistry:
    """The sessions of a server that is alone."""

    def __init__(self) -> None:
        self.live: dict[str, Live] = {}

    async def add(self, live: Live) -> None:
        self.live[live.connection.token] = live

    async def remove(self, live: Live) -> None:
        self.live.pop(live.connection.token, None)

    async def find(self, token: str) -> Live | None:
        return self.live.get(token)


class LocalLine:
    """The line before a server that is alone."""

    def __init__(self) -> None:
        self._line = WaitingLine()

    async def ask(self, ticket: str, free: int) -> tuple[str, int, bool]:
        now = time.monotonic()
        ticket, before = self._line.ask(ticket, now)
        return ticket, before, self._line.may_enter(ticket, free, now)

    async def may_enter(self, ticket: str, free: int) -> bool:
        return self._line.may_enter(ticket, free, time.monotonic())

    async def leave(self, ticket: str) -> None:
        self._line.leave(ticket)
