"""What takes a processor and much memory, such as reading a card, a picture or a document: in threads, a few at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from pipeline.engines.within import within
from server.errors import Overloaded

P = ParamSpec("P")
T = TypeVar("T")

AT_ONCE = 2
"""Each may take up to about 300 MB, if somebody means it to."""

WAIT_S = 20.0


class WorkerSlots:
    """Runs functions that block, `at_once` of them at the same time."""

    def __init__(self, at_once: int = AT_ONCE, wait_s: float = WAIT_S) -> None:
        self._free, self._wait_s = asyncio.Semaphore(at_once), wait_s

    async def run(self, work: Callable[P, T], *args: P.args, **how: P.kwargs) -> T:
        """What `work` returns or raises. Raises `Overloaded` if no slot gets free in time."""
        try:
            async with within(self._wait_s):
                await self._free.acquire()
        except TimeoutError:
            raise Overloaded("The server has too many files to read; try again in a moment.") from None
        try:
            return await asyncio.to_thread(work, *args, **how)
        finally:
            self._free.release()
