"""Requests of many sessions, run together: a model that takes sixteen utterances at once needs hardly longer than for one.

    batcher = Batcher(run, size=16, wait_s=0.008, queue=64, name="asr")
    future = batcher.submit(item)     # from any thread; `run` is given lists of items, on one worker thread
    future.result(timeout=1.0)        # what `run` returned at the item's place in the list
    future.cancel()                   # at any time: whoever waits is let go at once, the others do not notice

Theory of operation. A bounded queue and one thread. The oldest request waits for company until the batch is full, but no
longer than `wait_s` since it came; what arrives while `run` is busy is in the next batch without any further wait.
Futures stay pending until their result is there, so that even one whose item is being run can be cancelled.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from time import monotonic
from typing import Generic, TypeVar

from pipeline.errors import EngineBusy, EngineError

T = TypeVar("T")
R = TypeVar("R")


class Batcher(Generic[T, R]):
    """Thread-safe. Once cancelled before it was run, an item is left out of its batch."""

    def __init__(
        self,
        run: Callable[[Sequence[T]], Sequence[R | Exception]],
        *,
        size: int,
        wait_s: float,
        queue: int,
        name: str,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """`run` returns one result for each item; an exception among them is raised to that item's caller alone.

        size: items in a batch at most. wait_s: how long the first one waits for others. queue: items that may wait.
        """
        self._run, self._size, self._wait_s, self._limit, self._name = run, size, wait_s, queue, name
        self._clock = clock
        self._waiting: deque[tuple[float, T, Future[R]]] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._work, name=f"{name}-batches", daemon=True)
        self._thread.start()

    def submit(self, item: T) -> Future[R]:
        """Have `item` run with the next batch. Raises `EngineBusy` when the queue is full, `EngineError` when closed."""
        future: Future[R] = Future()
        with self._changed:
            if self._closed:
                raise EngineError(f"{self._name} is closed.", engine=self._name)
            if len(self._waiting) >= self._limit:
                self._waiting = deque(entry for entry in self._waiting if not entry[2].cancelled())
            if len(self._waiting) >= self._limit:
                raise EngineBusy(f"{self._name} has {self._limit} requests waiting already.", engine=self._name)
            self._waiting.append((self._clock(), item, future))
            self._changed.notify()
        return future

    def close(self) -> None:
        """Fail what waits and let the thread end after the batch it is running. Idempotent; waits for nothing."""
        with self._changed:
            self._closed = True
            waiting, self._waiting = self._waiting, deque()
            self._changed.notify()
        for _, _, future in waiting:
            _fail(future, EngineError(f"{self._name} is closed.", engine=self._name))

    def _work(self) -> None:
        while batch := self._next():
            items, futures = [item for item, _ in batch], [future for _, future in batch]
            try:
                results = self._run(items)
                if len(results) != len(items):
                    raise ValueError(f"{len(results)} results for {len(items)} items")
            except Exception as error:  # noqa: BLE001 - the outermost loop of a batch; its callers raise it
                for future in futures:
                    _fail(future, error)
                continue
            for future, result in zip(futures, results, strict=True):
                if isinstance(result, Exception):
                    _fail(future, result)
                elif future.set_running_or_notify_cancel():
                    future.set_result(result)

    def _next(self) -> list[tuple[T, Future[R]]]:
        """Wait for a batch; empty when closed."""
        while not self._closed:
            with self._changed:
                while not self._closed and (wait_s := self._wait()) != 0:
                    self._changed.wait(wait_s)
                taken = [self._waiting.popleft() for _ in range(min(self._size, len(self._waiting)))]
            if batch := [(item, future) for _, item, future in taken if not future.cancelled()]:
                return batch
        return []

    def _wait(self) -> float | None:
        """How long the next batch has to wait: None until something comes, 0 when it is due."""
        if not self._waiting:
            return None
        if len(self._waiting) >= self._size:
            return 0
        return max(0.0, self._waiting[0][0] + self._wait_s - self._clock())


def _fail(future: Future[R], error: Exception) -> None:
    if future.set_running_or_notify_cancel():
        future.set_exception(error)
