"""A server in a thread of its own, for tests whose own thread has the browser."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from tests.serving import Serving, serving

START_S = 60.0

T = TypeVar("T")


@dataclass(frozen=True)
class Served(Serving):
    """A server, and the loop that it runs in."""

    loop: asyncio.AbstractEventLoop

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """Have the server's thread do it, and wait for what comes of it."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(START_S)


@contextmanager
def served(**flags: Any) -> Iterator[Served]:
    """As `serving`."""
    found: list[Serving] = []
    ready, loop, done = threading.Event(), asyncio.new_event_loop(), asyncio.Event()

    async def serve() -> None:
        async with serving(**flags) as server:
            found.append(server)
            ready.set()
            await done.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    try:
        assert ready.wait(START_S)
        yield Served(found[0].http, found[0].loaded, found[0].app, loop)
    finally:
        loop.call_soon_threadsafe(done.set)
        thread.join()
        loop.close()
