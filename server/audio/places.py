"""How much of the machine files may have: so many are worked on at once, so many wait, the next is sent away."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from pipeline.errors import KaikouError, LimitReached


@dataclass
class Places:
    """Places to work at and to wait in. `ended` is told how each visit went: "completed", an error's code, "cancelled"."""

    working: int
    waiting: int
    ended: Callable[[str], object] = lambda _outcome: None
    _inside: int = 0
    _free: asyncio.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        self._free = asyncio.Semaphore(self.working)

    def check(self) -> None:
        """Raises `LimitReached` if somebody who came now would be sent away."""
        if self._inside >= self.working + self.waiting:
            raise LimitReached("Too many requests of this kind are waiting; try again shortly.", code="busy")

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Wait for a place to work at, and have it for the block. Raises `LimitReached`."""
        outcome = "cancelled"
        try:
            self.check()
            self._inside += 1
            try:
                async with self._free:
                    yield
            finally:
                self._inside -= 1
            outcome = "completed"
        except Exception as error:
            outcome = error.code if isinstance(error, KaikouError) else "server_error"
            raise
        finally:
            self.ended(outcome)


@dataclass(frozen=True)
class Throttle:
    """Leaves the machine to people who are talking. `talking` says whether anybody is just now."""

    talking: Callable[[], bool]

    async def rest(self, since: float) -> None:
        """Having worked since the reading `since` of `perf_counter`, pause as long if somebody is talking."""
        await asyncio.sleep(time.perf_counter() - since if self.talking() else 0)
