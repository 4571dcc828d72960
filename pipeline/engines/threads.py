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
from contextlib import suppress
from functools import partial
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import Generic, TypeVar
from weakref import WeakSet

T = TypeVar("T")

EXIT_WAIT_S = 5.0
"""How long the end of the process waits for calls in flight. A thread that native code holds for longer is left to die."""


class ThreadCall(Generic[T]):
    """One call of `work` on a thread, made by the running loop. `outcome` gets its result or its error.

    Who waits for it takes `outcome`, or leaves it, once. A call that is left, or whose `outcome` is cancelled, before a
    thread takes it never begins.
    """

    def __init__(self, work: Callable[[], T]) -> None:
        self._work: Callable[[], T] | None = work
        self._loop = asyncio.get_running_loop()
        self._lock = Lock()
        self._then: Callable[[ThreadCall[T]], object] | None = None
        self._over = False
        self.outcome: asyncio.Future[T] = self._loop.create_future()
        self.result: T | None = None
        self.worked = False

    @property
    def left(self) -> bool:
        """Whether a thread is still to do what whoever waited left behind."""
        return self._then is not None

    def leave(self, then: Callable[[ThreadCall[T]], object]) -> bool:
        """Nobody waits any more: `then(self)` is called on the thread after the work. False if that is over already."""
        with self._lock:
            self._work = None  # however long it stands in line, what it would have worked on is free
            if not self._over:
                self._then = then
            return not self._over

    def __call__(self) -> None:
        """Do the work, on a thread, and let the loop know."""
        work = self._work
        error: BaseException | None = None
        if work is None or self.outcome.cancelled():
            error = asyncio.CancelledError()
        else:
            try:
                self.result, self.worked = work(), True
            except BaseException as failure:  # noqa: BLE001 — handed to whoever waits
                error = _for_a_task(failure)
        self._end(error)
        # An error keeps the frames that it went through and the ones above, such as this: it must not lead back to itself.
        del self, work, error

    def drop(self) -> None:
        """It will not begin: whoever waits is told by a cancellation."""
        with self._lock:
            self._work = None
            self._over = self._then is None
        self._tell(asyncio.CancelledError())

    def _end(self, error: BaseException | None) -> None:
        with self._lock:
            self._over, self._work = True, None
            then, self._then = self._then, None
        if then is None:
            self._tell(error)
        else:
            then(self)

    def _tell(self, error: BaseException | None) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody waits
            self._loop.call_soon_threadsafe(self._settle, error)

    def _settle(self, error: BaseException | None) -> None:
        if self.outcome.done():
            return
        if self.worked:
            self.outcome.set_result(self.result)  # type: ignore[arg-type]
        elif error is None or isinstance(error, asyncio.CancelledError):
            self.outcome.cancel()
        else:
            self.outcome.set_exception(error)


def _for_a_task(error: BaseException) -> BaseException:
    """`error` for a task: what ends generators, loops or the process must not do so because an engine raised it."""
    if isinstance(error, StopIteration | StopAsyncIteration) or not isinstance(
        error, Exception | asyncio.CancelledError
    ):
        failure = RuntimeError(f"{type(error).__name__} left the call of an engine")
        failure.__cause__ = error
        return failure
    return error


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
        """Have `work()` done on a thread. Raises `RuntimeError` after `close`, or if no thread can be started."""
        call = ThreadCall(work)
        if not self._give(call):
            raise RuntimeError("The threads of the engines have ended.")
        return call

    def leave(self, call: ThreadCall[T], then: Callable[[ThreadCall[T]], object]) -> None:
        """Nobody waits for `call` any more. Once it is over, `then(call)`, which raises nothing, is called on a thread."""
        if not call.leave(then):
            self._clean_up(partial(then, call))

    def _clean_up(self, work: Callable[[], object]) -> None:
        """Have `work()`, which raises nothing, done on a thread, after `close` on one of its own."""
        if not self._give(work):
            with self._lock, suppress(RuntimeError):  # no thread can be started: the end of the process cleans up
                self._start(work, "engine_end")

    def _give(self, work: Callable[[], object]) -> bool:
        with self._lock:
            if self._closed:
                return False
            if self._unfinished >= len(self._threads) < self._most:
                try:
                    self._start(self._serve, f"engine_{len(self._threads)}")
                except RuntimeError:  # the system has no more threads
                    if not self._threads:
                        raise
            self._unfinished += 1
            self._calls.put(work)
        return True

    def _start(self, work: Callable[[], object], name: str) -> None:
        thread = Thread(target=work, name=name, daemon=True)
        thread.start()
        self._threads.append(thread)

    def close(self) -> None:
        """Drop the calls that wait, let the threads end after what is to be cleaned up; does not wait. Idempotent."""
        with self._lock:
            self._closed = True
            for work in self._waiting():
                if isinstance(work, ThreadCall):
                    work.drop()
                    if not work.left:
                        continue
                self._calls.put(work)
            for _thread in self._threads:
                self._calls.put(None)

    def _waiting(self) -> list[Callable[[], object]]:
        """Take all calls out of the line."""
        waiting = []
        with suppress(Empty):
            while True:
                if work := self._calls.get_nowait():
                    waiting.append(work)
        return waiting

    def join(self, deadline: float) -> bool:
        """Wait for the threads to end, until `deadline` by `time.monotonic`; whether they have."""
        for thread in self._threads:  # those that clean up after `close` are added meanwhile
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _serve(self) -> None:
        while (work := self._calls.get()) is not None:
            work()
            del work  # or it is kept until the next one
            with self._lock:
                self._unfinished -= 1


_pools: WeakSet[EngineThreads] = WeakSet()


@atexit.register
def end_all() -> bool:
    """End the threads of all pools within `EXIT_WAIT_S`; whether none is left.

    Native code that goes on in a daemon thread while the interpreter ends aborts the process: where one is left,
    `os._exit` is the way out.
    """
    deadline = time.monotonic() + EXIT_WAIT_S
    pools = list(_pools)
    for pool in pools:
        pool.close()
    ended = [pool.join(deadline) for pool in pools]
    return all(ended)
