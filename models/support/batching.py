"""Requests of many sessions, run together: a model that takes sixteen utterances at once needs hardly longer than for one.

    batcher = Batcher(run, size=16, wait_s=0.008, queue=64, name="asr")
    future = batcher.submit(item)     # from any thread; `run` is given lists of items, on a worker thread
    future.result(timeout=1.0)        # what `run` returned at the item's place in the list
    future.cancel()                   # at any time: the caller returns at once, other requests are not affected

Theory of operation. A bounded queue and a few threads, one if not told otherwise. The oldest request waits for company
until the batch is full, but no longer than `wait_s` since it came; what arrives while all threads are busy is in the next
batch without any further wait. Futures stay pending until their result is there, so that even one whose item is being run
can be cancelled. A thread that waits holds no item of its last batch: they are somebody's audio.
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
        run: Callable[[list[T]], Sequence[R | Exception]],
        *,
        size: int,
        wait_s: float,
        queue: int,
        name: str,
        threads: int = 1,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """`run` returns one result for each item; an exception among them is raised to that item's caller alone.

        What `run` raises, as an `EngineError`, is raised to all whose items it was given.

        size: items in a batch at most. wait_s: how long the first one waits for others. queue: items that may wait.
        threads: batches that are run side by side.
        """
        self._run, self._size, self._wait_s, self._limit, self._name = run, size, wait_s, queue, name
        self._clock = clock
        self._waiting: deque[tuple[float, T, Future[R]]] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._threads = [
            threading.Thread(target=self._work, name=f"{name}-batches-{number}", daemon=True)
            for number in range(threads)
        ]
        for thread in self._threads:
            thread.start()

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
        """Fail what waits and let the threads end after the batches they are running. Idempotent; waits for nothing."""
        with self._changed:
            self._closed = True
            waiting, self._waiting = self._waiting, deque()
            self._changed.notify_all()
        for _, _, future in waiting:
            tell(future, EngineError(f"{self._name} is closed.", engine=self._name))

    def _work(self) -> None:
        while self._perform(self._next()):
            pass

    def _perform(self, batch: Sequence[tuple[T, Future[R]]]) -> bool:
        """Run a batch and tell its callers; False for an empty one. Its items are gone with this call's frame."""
        if batch:
            results = self._results([item for item, _ in batch])
            for (_, future), result in zip(batch, results, strict=True):
                tell(future, result)
        return bool(batch)

    def _results(self, items: list[T]) -> Sequence[R | Exception]:
        """One for each item, whatever `run` does."""
        try:
            results = self._run(items)
            if len(results) != len(items):
                raise ValueError(f"{len(results)} results for {len(items)} items")
        except EngineError as error:
            return [error] * len(items)
        except Exception as error:  # noqa: BLE001 - the outermost loop of a batch; its callers raise it
            return [self._failure(error)] * len(items)
        return results

    def _failure(self, error: Exception) -> EngineError:
        failure = EngineError(f"{self._name} failed at its work.", engine=self._name)
        failure.__cause__ = error
        return failure

    def _next(self) -> Sequence[tuple[T, Future[R]]]:
        """Wait for a batch; empty when closed."""
        with self._changed:
            while not self._closed:
                if (wait_s := self._wait()) != 0:
                    self._changed.wait(wait_s)
                elif batch := self._taken():
                    return batch
            return ()

    def _taken(self) -> Sequence[tuple[T, Future[R]]]:
        """The oldest that are still wanted, off the queue."""
        batch = []
        while self._waiting and len(batch) < self._size:
            _, item, future = self._waiting.popleft()
            if not future.cancelled():
                batch.append((item, future))
        return batch

    def _wait(self) -> float | None:
        """How long the next batch has to wait: None until something comes, 0 when it is due."""
        if not self._waiting:
            return None
        if len(self._waiting) >= self._size:
            return 0
        return max(0.0, self._waiting[0][0] + self._wait_s - self._clock())


def tell(future: Future[R], result: R | Exception) -> None:
    """Give the result to whoever waits, unless nobody does any more."""
    if not future.set_running_or_notify_cancel():
        return
    if isinstance(result, Exception):
        future.set_exception(result)
    else:
        future.set_result(result)
