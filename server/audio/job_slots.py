"""How many files are worked on at once, how many wait, and how work on them pauses while somebody is talking."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from pipeline.errors import KaikouError, LimitReached


@dataclass
class JobSlots:
    """`working` jobs at once and `waiting` more. `ended` takes each outcome: "completed", an error's code, "cancelled"."""

    working: int
    waiting: int
    ended: Callable[[str], object] = lambda _outcome: None
    _inside: int = 0
    _free: asyncio.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        self._free = asyncio.Semaphore(self.working)

    def check(self) -> None:
        """Raises `LimitReached` if a job that came now would be refused."""
        if self._inside >= self.working + self.waiting:
            raise LimitReached("Too many requests of this kind are waiting; try again shortly.", code="busy")

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Wait for a free slot, and hold it for the block. Raises `LimitReached`."""
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
    """Halves the speed of background work while `talking` says that a conversation goes on."""

    talking: Callable[[], bool]

    async def rest(self, since: float) -> None:
        """Having worked since the reading `since` of `perf_counter`, pause as long if somebody is talking."""
        await asyncio.sleep(time.perf_counter() - since if self.talking() else 0)
