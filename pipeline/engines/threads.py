"""The threads that blocking engine calls run on.

`concurrent.futures` makes a lock and a condition for each call, and `asyncio.wrap_future` one more future with callbacks
both ways: 17 µs of processor time a call, against 3 µs here (50 tasks that call together, uvloop). A conversation makes ten
to twenty calls a second.
"""

from __future__ import annotations

import asyncio
import atexit
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import Generic, TypeVar
from weakref import WeakSet

T = TypeVar("T")

EXIT_WAIT_S = 5.0
"""How long the end of the process waits for calls in flight. A thread that native code holds for longer is left to die."""


class ThreadCall(Generic[T]):
    """One call of `work` on a thread, made by the running loop. `outcome` gets its result or its error.

    A call whose `outcome` is cancelled before a thread takes it never begins.
    """

    def __init__(self, work: Callable[[], T]) -> None:
        self._work = work
        self._loop = asyncio.get_running_loop()
        self._when_over: list[Callable[[ThreadCall[T]], object]] = []
        self.outcome: asyncio.Future[T] = self._loop.create_future()
        self.result: T | None = None
        self.over = False
        self.worked = False

    def when_over(self, callback: Callable[[ThreadCall[T]], object]) -> None:
        """Have `callback` called on the loop once the work has ended or will not begin, though nobody waits any more."""
        if self.over:
            callback(self)
        else:
            self._when_over.append(callback)

    def run(self) -> None:
        """Do the work, on a thread, and let the loop know."""
        if self.outcome.cancelled():
            self._tell(None)
            return
        try:
            self.result, self.worked = self._work(), True
        except StopIteration as error:  # a future cannot hold it
            self._tell(RuntimeError(f"{self._work} raised StopIteration: {error}"))
        except BaseException as error:  # noqa: BLE001 — handed to whoever waits
            self._tell(error)
        else:
            self._tell(None)

    def drop(self) -> None:
        """It will not begin: whoever waits is told by a cancellation."""
        self._tell(asyncio.CancelledError())

    def _tell(self, error: BaseException | None) -> None:
        try:
            self._loop.call_soon_threadsafe(self._settle, error)
        except RuntimeError:  # the loop is closed: nobody waits, but what the work took must be given back
            self._end()

    def _settle(self, error: BaseException | None) -> None:
        if not self.outcome.done():
            if self.worked:
                self.outcome.set_result(self.result)  # type: ignore[arg-type]
            elif error is None or isinstance(error, asyncio.CancelledError):
                self.outcome.cancel()
            else:
                self.outcome.set_exception(error)
        self._end()

    def _end(self) -> None:
        self.over = True
        for callback in self._when_over:
            callback(self)
        self._when_over.clear()


class EngineThreads:
    """At most `most` threads, each started when a call finds none free. Calls wait for a thread in order."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._calls: SimpleQueue[Callable[[], object] | None] = SimpleQueue()
        self._lock = Lock()
        self._threads: list[Thread] = []
        self._unfinished = 0
        self._closed = False
        _pools.add(self)

    def call(self, work: Callable[[], T]) -> ThreadCall[T]:
        """Have `work()` done on a thread. Raises `RuntimeError` after `close`."""
        call = ThreadCall(work)
        if not self._give(call.run):
            raise RuntimeError("The threads of the engines have ended.")
        return call

    def clean_up(self, work: Callable[[], object]) -> None:
        """Have `work()`, which raises nothing and may block, done on a thread, after `close` on one of its own."""
        if not self._give(work):
            Thread(target=work, name="engine_end", daemon=True).start()

    def _give(self, work: Callable[[], object]) -> bool:
        with self._lock:
            if self._closed:
                return False
            self._unfinished += 1
            self._calls.put(work)
            if self._unfinished > len(self._threads) < self._most:
                thread = Thread(target=self._serve, name=f"engine_{len(self._threads)}", daemon=True)
                self._threads.append(thread)
                thread.start()
        return True

    def close(self) -> None:
        """Drop what waits, let the threads end; does not wait for work in flight. Idempotent."""
        with self._lock:
            self._closed = True
            while True:
                try:
                    work = self._calls.get_nowait()
                except Empty:
                    break
                if isinstance(owner := getattr(work, "__self__", None), ThreadCall):
                    owner.drop()
            for _thread in self._threads:
                self._calls.put(None)

    def join(self, deadline: float) -> None:
        """Wait for the threads to end, until `deadline` by `time.monotonic`."""
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _serve(self) -> None:
        while (work := self._calls.get()) is not None:
            work()
            del work  # or it is kept until the next one
            with self._lock:
                self._unfinished -= 1


_pools: WeakSet[EngineThreads] = WeakSet()


@atexit.register
def _end_all() -> None:
    """Native code in a daemon thread must not outlive the interpreter: end the threads before it ends."""
    deadline = time.monotonic() + EXIT_WAIT_S
    pools = list(_pools)
    for pool in pools:
        pool.close()
    for pool in pools:
        pool.join(deadline)
