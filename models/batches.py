"""A few threads that do the same kind of work for many sessions, taking together what waits at the same time."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Any

from pipeline.errors import EngineBusy, EngineError

LONGEST_QUEUE = 256


class Job:
    """A piece of work that somebody may wait for."""

    def __init__(self, work: Any, name: str) -> None:
        self.work = work
        self.dropped = False
        self._name = name
        self._error: Exception | None = None
        self._ended = threading.Event()

    def wait(self, timeout_s: float) -> bool:
        """Whether it is done, within `timeout_s`. Raises `EngineError` if it failed; returns at once when dropped."""
        ended = self._ended.wait(timeout_s)
        if self._error:
            raise EngineError(f"{self._name} failed at its work.", engine=self._name) from self._error
        return ended and not self.dropped

    def drop(self) -> None:
        """Nobody wants it any more: if it has not begun, it never will. Any thread; wakes who waits."""
        self.dropped = True
        self._ended.set()

    def end(self, error: Exception | None = None) -> None:
        """For the thread that did it."""
        self._error = error
        self._ended.set()


class Batches:
    """The threads and their queue."""

    def __init__(self, do: Callable[[list[Any]], object], *, threads: int, name: str, largest: int = 16) -> None:
        """do: works on several pieces at once, in place. largest: how many at most."""
        self._do, self._largest, self._name = do, largest, name
        self._queue: deque[Job] = deque()
        self._changed = threading.Condition()
        self._closed = False
        for number in range(threads):
            threading.Thread(target=self._run, name=f"{name}-{number}", daemon=True).start()

    def submit(self, work: Any) -> Job:
        """Queue a piece of work. Raises `EngineBusy` when too much is waiting, `EngineError` after `close`."""
        job = Job(work, self._name)
        with self._changed:
            if self._closed:
                raise EngineError(f"{self._name} is closed.", engine=self._name)
            if len(self._queue) >= LONGEST_QUEUE:
                raise EngineBusy(f"{self._name} has too much to do.", engine=self._name)
            self._queue.append(job)
            self._changed.notify()
        return job

    def close(self) -> None:
        """What waits is dropped; threads end when the work in their hands is done. Idempotent."""
        with self._changed:
            self._closed = True
            while self._queue:
                self._queue.popleft().drop()
            self._changed.notify_all()

    def _run(self) -> None:
        while batch := self._next():
            error: Exception | None = None
            try:
                self._do([job.work for job in batch])
            except Exception as failure:  # noqa: BLE001 — raised where it is waited for
                error = failure
            for job in batch:
                job.end(error)
            del batch, job, error  # a thread that waits keeps nobody's audio alive

    def _next(self) -> list[Job]:
        """The jobs to do together; none after `close`."""
        with self._changed:
            while not self._closed:
                batch: list[Job] = []
                while self._queue and len(batch) < self._largest:
                    job = self._queue.popleft()
                    if not job.dropped:
                        batch.append(job)
                if batch:
                    return batch
                self._changed.wait()
            return []
