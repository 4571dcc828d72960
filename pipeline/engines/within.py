"""Bounds on waiting for an engine in which only the time counts that this process ran."""

from __future__ import annotations

import asyncio
from types import TracebackType

STOOD_STILL_S = 2.0
"""A bound that is noticed so much too late was passed while the process was stopped, held or asleep, and its engines too."""


class within:
    """`asyncio.timeout(seconds)`, but begun anew where the process stood still. Raises `TimeoutError`."""

    __slots__ = ("_at", "_handle", "_loop", "_seconds", "_timeout")

    def __init__(self, seconds: float) -> None:
        self._seconds, self._timeout = seconds, asyncio.timeout(None)
        self._loop = asyncio.get_running_loop()

    async def __aenter__(self) -> None:
        await self._timeout.__aenter__()
        self._begin()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._handle.cancel()
        await self._timeout.__aexit__(kind, error, trace)

    def _begin(self) -> None:
        self._at = self._loop.time() + self._seconds
        self._handle = self._loop.call_at(self._at, self._due)

    def _due(self) -> None:
        now = self._loop.time()
        if now - self._at > STOOD_STILL_S:
            self._begin()
        else:
            self._timeout.reschedule(now)
