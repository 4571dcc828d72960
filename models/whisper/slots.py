"""Decoding slots: how many windows are decoded at once, over all sessions.

Final texts come first: they wait for a slot in the order in which they were asked for. A partial text is had only where
a slot is free for it at that moment, and partials together never take the last slot, if there are several: whoever stops
speaking need not wait for somebody else's partial.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from models.support.batching import tell
from models.whisper.library import NAME
from pipeline.errors import EngineBusy, EngineError

R = TypeVar("R")

WAITING = 64
"""Final texts that may wait; beyond, the engine is busy."""


class Slots:
    """A thread for each slot. Futures stay pending until the result is there: cancelling ends the wait at any time."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._threads = ThreadPoolExecutor(count, thread_name_prefix=NAME)
        self._taken = 0
        self._changing = threading.Lock()
        self._closed = False

    def submit(self, work: Callable[[], R]) -> Future[R]:
        """Have it done in its turn. Raises `EngineBusy` if too many wait already, `EngineError` when closed."""
        if (future := self._take(work, self._count + WAITING)) is None:
            raise EngineBusy(f"{NAME} has {WAITING} utterances waiting already.", engine=NAME)
        return future

    def offer(self, work: Callable[[], R]) -> Future[R] | None:
        """Have it done at once, or not at all: then None."""
        return self._take(work, max(1, self._count - 1))

    def close(self) -> None:
        """Refuse what waits and comes; what is being decoded ends by itself."""
        self._closed = True
        self._threads.shutdown(wait=False)

    def _take(self, work: Callable[[], R], most: int) -> Future[R] | None:
        future: Future[R] = Future()
        with self._changing:
            if self._closed:
                raise EngineError(f"{NAME} is closed.", engine=NAME)
            if self._taken >= most:
                return None
            self._taken += 1
            self._threads.submit(self._perform, work, future)
        return future

    def _perform(self, work: Callable[[], R], future: Future[R]) -> None:
        result = None if future.cancelled() else self._result(work)
        with self._changing:
            self._taken -= 1
        if result is not None:
            tell(future, result)

    def _result(self, work: Callable[[], R]) -> R | EngineError:
        if self._closed:
            return EngineError(f"{NAME} is closed.", engine=NAME)
        try:
            return work()
        except Exception as error:  # noqa: BLE001 — a slot's outermost frame; whoever asked raises it
            failure = EngineError(f"{NAME} failed to decode.", engine=NAME)
            failure.__cause__ = error
            return failure
