"""The bridge between engines and the event loop: calls with a bound, iterators that can be cancelled.

Blocking engines are run on threads, asynchronous ones on the loop; callers need not know which.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator
from contextlib import aclosing, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import TypeVar, cast

from pipeline.engines.threads import EngineThreads, ThreadCall
from pipeline.engines.within import within
from pipeline.errors import EngineError, EngineTimeout

T = TypeVar("T")

_NOTHING_LEFT = object()


@dataclass(frozen=True, slots=True)
class _End:
    """The end of a stream, and the error it ended with."""

    error: Exception | None


@contextmanager
def stray_cancellation_fails(engine: str = "") -> Iterator[None]:
    """Within it, a cancellation that nobody asked of this task is a failure: `EngineError`. So is an end of the process.

    Engines wait for what others may cancel: the reader of a connection, a pool of threads that is shut down. Taken for
    a cancellation of ours it would end the task that waits for the engine, and nobody would be told.
    """
    try:
        yield
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise EngineError(f"{engine or 'The engine'} broke off what it was asked to do.", engine=engine) from error
    except SystemExit as error:  # of a library that gives up; a task that raises it ends the loop and all conversations
        raise EngineError(f"{engine or 'The engine'} tried to end the process.", engine=engine) from error


class Workers:
    """The threads that engines block. Shared by all sessions; a call waits for a free one within its own time bound."""

    def __init__(self, threads: int) -> None:
        self._threads = EngineThreads(threads)

    async def call(
        self,
        work: Callable[[], T | Awaitable[T]],
        *,
        timeout_s: float,
        engine: str = "",
        undo: Callable[[T], object] | None = None,
    ) -> T:
        """The result of `work()`. Raises `EngineTimeout` after `timeout_s`; a thread then ends when the engine does.

        `undo` is called with a result that comes when nobody waits for it any more.
        """
        try:
            async with within(timeout_s):
                with stray_cancellation_fails(engine):
                    if inspect.iscoroutinefunction(work):
                        return cast(T, await work())
                    return await self._on_a_thread(cast(Callable[[], T], work), undo)
        except TimeoutError as error:
            raise EngineTimeout(
                f"{engine or 'The engine'} did not answer within {timeout_s:g} s.", engine=engine
            ) from error

    async def _on_a_thread(self, work: Callable[[], T], undo: Callable[[T], object] | None) -> T:
        call = self._threads.call(work)
        taken = False
        try:
            result = await call.outcome
            taken = True
            return result
        finally:
            if not taken:
                self._threads.leave(call, partial(_undo, undo))
            del call  # it has the error, and the error has this frame

    def iterate(
        self, make: Callable[[], Iterator[T] | AsyncIterator[T]], *, timeout_s: float, engine: str = ""
    ) -> AsyncGenerator[T, None]:
        """The items of the iterator `make()`, each within `timeout_s`, the next made only when asked for.

        Closing this iterator (use `aclosing`) closes the other one: a blocking one on a worker thread, as soon as its
        current step is done. One that has a method `cancel` is told at once, so that it may end that step.
        """
        if inspect.isasyncgenfunction(make):
            return each_within(make(), timeout_s, engine)
        return self._iterate_on_threads(cast(Callable[[], Iterator[T]], make), timeout_s, engine)

    async def _iterate_on_threads(
        self, make: Callable[[], Iterator[T]], timeout_s: float, engine: str
    ) -> AsyncGenerator[T, None]:
        iterator: Iterator[T] | None = None

        def step() -> object:
            nonlocal iterator
            if iterator is None:
                iterator = make()
            return next(iterator, _NOTHING_LEFT)

        step_in_flight: ThreadCall[object] | None = None
        try:
            while True:
                step_in_flight = self._threads.call(step)
                try:
                    async with within(timeout_s):
                        with stray_cancellation_fails(engine):
                            item = await step_in_flight.outcome
                except TimeoutError as error:
                    raise _stalled(engine, timeout_s) from error
                if item is _NOTHING_LEFT:
                    return
                yield cast(T, item)
        finally:
            # A step that has not begun was cancelled with the wait for it, and never begins.
            if step_in_flight is not None:
                _call(iterator, "cancel")
                self._threads.leave(step_in_flight, lambda _left: _call(iterator, "close"))
            del step_in_flight  # as above

    def close(self) -> None:
        """Let the threads end; does not wait for work in flight."""
        self._threads.close()


async def each_within(items: AsyncGenerator[T, None], timeout_s: float, engine: str) -> AsyncGenerator[T, None]:
    """The items, each within `timeout_s`; closes `items` with itself. Raises `EngineTimeout`."""
    async with aclosing(items):
        while True:
            try:
                async with within(timeout_s):
                    with stray_cancellation_fails(engine):
                        item = await anext(items, _NOTHING_LEFT)
            except TimeoutError as error:
                raise _stalled(engine, timeout_s) from error
            if item is _NOTHING_LEFT:
                return
            yield cast(T, item)


def _stalled(engine: str, timeout_s: float) -> EngineTimeout:
    return EngineTimeout(f"{engine or 'The engine'} stalled for {timeout_s:g} s.", engine=engine)


def _call(iterator: Iterator[T] | None, method: str) -> None:
    """What ends the iterator, if it has such a method."""
    end: Callable[[], object] | None = getattr(iterator, method, None)
    if end is not None:
        _give_back(end)


def _undo(undo: Callable[[T], object] | None, call: ThreadCall[T]) -> None:
    if undo is not None and call.worked:
        _give_back(partial(undo, cast(T, call.result)))


def _give_back(what: Callable[[], object]) -> None:
    """Call what gives back that which an engine took. What it raises is nobody's concern, and must not end the thread."""
    with suppress(BaseException):
        what()


async def _nothing() -> None:
    """Gives nothing meanwhile."""


async def read_ahead(
    source: AsyncGenerator[T, None],
    items: int,
    every_s: float | None = None,
    meanwhile: Callable[[], Awaitable[T | None]] = _nothing,
) -> AsyncGenerator[T, None]:
    """The items of `source`, up to `items` of them fetched before they are asked for.

    Whenever none has come for `every_s`, what `meanwhile` gives comes in its place, if anything. What `source` raises is
    raised here, after the items before it. Closing this generator closes `source`.
    """
    fetched: asyncio.Queue[T | _End] = asyncio.Queue()
    room = asyncio.Semaphore(items)

    async def fetch() -> None:
        error: Exception | None = None
        try:
            with stray_cancellation_fails():
                async with aclosing(source):
                    await room.acquire()
                    async for item in source:
                        fetched.put_nowait(item)
                        await room.acquire()
        except Exception as failure:  # noqa: BLE001 — handed on to the reader
            error = failure
        fetched.put_nowait(_End(error))

    task = asyncio.create_task(fetch())
    try:
        while True:
            try:
                async with asyncio.timeout(every_s):
                    item = await fetched.get()
            except TimeoutError:
                if (filling := await meanwhile()) is not None:
                    yield filling
                continue
            if isinstance(item, _End):
                break
            room.release()
            yield item
        if item.error:
            raise item.error
    finally:
        task.cancel()
        await asyncio.wait({task})
