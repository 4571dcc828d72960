from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Iterator
from concurrent.futures import Future
from contextlib import aclosing
from functools import partial
from typing import Any

import pytest

from pipeline.engines.workers import Workers
from pipeline.errors import EngineBusy, EngineError, EngineTimeout
from tests.loop_clock import LoopClock
from tests.pipeline.engines.reading import LONG_S, cancelled, cancelled_elsewhere, collect, quiet

BOUND_S = 100.0
"""What engines are allowed here; passed only where the clock is moved."""

ENGINE_THREAD = "engine"
"""What the names of the workers' threads begin with."""


@pytest.fixture
def workers() -> Iterator[Workers]:
    """Threads that must have nothing left to do when the test is over."""
    before = set(threading.enumerate())
    workers = Workers(4)
    yield workers
    workers.close()
    for thread in set(threading.enumerate()) - before:
        if thread.name.startswith(ENGINE_THREAD):
            thread.join(LONG_S)
            assert not thread.is_alive(), f"{thread.name} still works"


class Step:
    """One blocking step of an engine: says that it has begun, then waits until the test lets it end."""

    def __init__(self) -> None:
        self.begun: Future[str] = Future()
        self._end = threading.Event()

    def __call__(self) -> str:
        self.begun.set_result(threading.current_thread().name)
        assert self._end.wait(LONG_S), "nobody ended this step"
        return "done"

    def end(self) -> None:
        self._end.set()

    async def has_begun(self) -> None:
        await asyncio.wait_for(asyncio.wrap_future(self.begun), LONG_S)


class Source:
    """A blocking iterator over steps; `closed` becomes the name of the thread that closed it."""

    def __init__(self, *steps: Step) -> None:
        self._steps = iter(steps)
        self.closed: Future[str] = Future()

    def __iter__(self) -> Source:
        return self

    def __next__(self) -> str:
        return next(self._steps)()

    def close(self) -> None:
        self.closed.set_result(threading.current_thread().name)

    async def closed_on(self) -> str:
        return await asyncio.wait_for(asyncio.wrap_future(self.closed), LONG_S)


# --- Calls ---------------------------------------------------------------------------------------------------------------


async def test_a_call_runs_on_a_worker_thread_and_returns_its_result(workers: Workers) -> None:
    name = await workers.call(lambda: threading.current_thread().name, timeout_s=BOUND_S)

    assert name.startswith(ENGINE_THREAD)


@pytest.mark.parametrize("error", [EngineBusy("All are taken.", engine="stub"), ValueError("a bug"), KeyError("key")])
async def test_the_error_of_a_call_passes_through(workers: Workers, error: Exception) -> None:
    def fail() -> None:
        raise error

    with pytest.raises(type(error)) as caught:
        await workers.call(fail, timeout_s=BOUND_S)

    assert caught.value is error


@pytest.mark.parametrize(
    ("engine", "message"),
    [("slow", "slow did not answer within 100 s."), ("", "The engine did not answer within 100 s.")],
)
async def test_a_call_that_takes_too_long_is_an_engine_timeout(workers: Workers, engine: str, message: str) -> None:
    step, clock = Step(), LoopClock()
    call = asyncio.create_task(workers.call(step, timeout_s=BOUND_S, engine=engine))
    await step.has_begun()
    clock.advance(BOUND_S)
    with pytest.raises(EngineTimeout) as caught:
        await call
    step.end()

    assert (caught.value.message, caught.value.engine) == (message, engine)


async def test_waiting_for_a_free_thread_counts_and_what_did_not_begin_never_does() -> None:
    workers, busy, second, clock = Workers(1), Step(), Step(), LoopClock()
    first = asyncio.create_task(workers.call(busy, timeout_s=2 * BOUND_S))
    await busy.has_begun()
    waiting = asyncio.create_task(workers.call(second, timeout_s=BOUND_S))
    await quiet()
    clock.advance(BOUND_S)
    with pytest.raises(EngineTimeout):
        await waiting
    busy.end()
    after = await workers.call(lambda: "after", timeout_s=BOUND_S)
    workers.close()

    assert (await first, after, second.begun.done()) == ("done", "after", False)


async def test_a_cancelled_call_ends_at_once_though_its_step_goes_on(workers: Workers) -> None:
    step = Step()
    call = asyncio.create_task(workers.call(step, timeout_s=BOUND_S))
    await step.has_begun()
    ended = await cancelled(call)
    step.end()

    assert ended


async def test_a_result_that_comes_too_late_is_undone(workers: Workers) -> None:
    step, undone, clock = Step(), Future[str](), LoopClock()
    call = asyncio.create_task(workers.call(step, timeout_s=BOUND_S, undo=undone.set_result))
    await step.has_begun()
    clock.advance(BOUND_S)
    with pytest.raises(EngineTimeout):
        await call
    step.end()

    assert await asyncio.wait_for(asyncio.wrap_future(undone), LONG_S) == "done"


async def test_a_result_that_comes_after_cancellation_is_undone(workers: Workers) -> None:
    step, undone = Step(), Future[str]()
    call = asyncio.create_task(workers.call(step, timeout_s=BOUND_S, undo=undone.set_result))
    await step.has_begun()
    await cancelled(call)
    step.end()

    assert await asyncio.wait_for(asyncio.wrap_future(undone), LONG_S) == "done"


async def test_a_result_that_was_taken_is_not_undone(workers: Workers) -> None:
    undone: list[str] = []

    assert (await workers.call(lambda: "taken", timeout_s=BOUND_S, undo=undone.append), undone) == ("taken", [])


async def test_a_call_that_failed_has_nothing_to_undo(workers: Workers) -> None:
    undone: list[object] = []

    def fail() -> object:
        raise EngineBusy("All are taken.")

    with pytest.raises(EngineBusy):
        await workers.call(fail, timeout_s=BOUND_S, undo=undone.append)

    assert undone == []


# --- Iterators -----------------------------------------------------------------------------------------------------------


async def test_the_items_of_an_iterator_come_in_order(workers: Workers) -> None:
    items = workers.iterate(lambda: iter([1, 2, 3]), timeout_s=BOUND_S)

    assert [item async for item in items] == [1, 2, 3]


async def test_an_item_is_made_on_a_worker_thread_and_only_when_it_is_asked_for(workers: Workers) -> None:
    made: list[tuple[int, bool]] = []

    def make() -> Iterator[int]:
        for number in range(3):
            made.append((number, threading.current_thread().name.startswith(ENGINE_THREAD)))
            yield number

    async with aclosing(workers.iterate(make, timeout_s=BOUND_S)) as items:
        before = list(made)
        await anext(items)
        await anext(items)

    assert (before, made) == ([], [(0, True), (1, True)])


async def test_the_error_of_an_iterator_passes_through_after_the_items_before_it(workers: Workers) -> None:
    error, received = EngineBusy("All are taken."), list[int]()

    def make() -> Iterator[int]:
        yield 1
        yield 2
        raise error

    with pytest.raises(EngineBusy) as caught:
        await collect(workers.iterate(make, timeout_s=BOUND_S), received)

    assert (received, caught.value is error) == ([1, 2], True)


async def test_an_iterator_that_cannot_be_made_raises_why(workers: Workers) -> None:
    def make() -> Iterator[int]:
        raise EngineBusy("All are taken.")

    with pytest.raises(EngineBusy, match="All are taken"):
        await anext(workers.iterate(make, timeout_s=BOUND_S))


async def test_an_iterator_that_ended_is_closed_on_a_worker_thread(workers: Workers) -> None:
    source = Source(step := Step())
    step.end()
    items = [item async for item in workers.iterate(lambda: source, timeout_s=BOUND_S)]

    assert (items, (await source.closed_on()).startswith(ENGINE_THREAD)) == (["done"], True)


async def test_closing_early_closes_the_iterator_on_a_worker_thread(workers: Workers) -> None:
    source = Source(step := Step(), Step())
    step.end()
    async with aclosing(workers.iterate(lambda: source, timeout_s=BOUND_S)) as items:
        await anext(items)

    assert (await source.closed_on()).startswith(ENGINE_THREAD)


async def test_an_iterator_that_stalls_is_an_engine_timeout_and_is_closed_when_its_step_ends(workers: Workers) -> None:
    source, clock = Source(step := Step()), LoopClock()
    reading = asyncio.create_task(collect(workers.iterate(lambda: source, timeout_s=BOUND_S, engine="slow"), []))
    await step.has_begun()
    clock.advance(BOUND_S)
    with pytest.raises(EngineTimeout) as caught:
        await reading
    closed_early = source.closed.done()
    step.end()

    assert (caught.value.message, caught.value.engine, closed_early) == ("slow stalled for 100 s.", "slow", False)
    assert (await source.closed_on()).startswith(ENGINE_THREAD)


async def test_cancellation_does_not_wait_for_the_step_and_closes_the_iterator_after_it(workers: Workers) -> None:
    source = Source(step := Step())
    reading = asyncio.create_task(collect(workers.iterate(lambda: source, timeout_s=BOUND_S), []))
    await step.has_begun()
    ended, closed_early = await cancelled(reading), source.closed.done()
    step.end()

    assert (ended, closed_early) == (True, False)
    assert (await source.closed_on()).startswith(ENGINE_THREAD)


async def test_an_iterator_that_can_be_cancelled_is_told_while_its_step_goes_on(workers: Workers) -> None:
    class Cancellable(Source):
        def cancel(self) -> None:
            step.end()

    source = Cancellable(step := Step())
    reading = asyncio.create_task(collect(workers.iterate(lambda: source, timeout_s=BOUND_S), []))
    await step.has_begun()

    assert await cancelled(reading)
    assert (await source.closed_on()).startswith(ENGINE_THREAD)


async def test_a_step_that_fails_after_cancellation_disturbs_nobody(workers: Workers) -> None:
    step, failed, complaints = Step(), Future[None](), list[dict[str, Any]]()
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: complaints.append(context))

    def make() -> Iterator[str]:
        try:
            step()
            raise EngineBusy("Nobody hears this.")
            yield
        finally:
            failed.set_result(None)

    reading = asyncio.create_task(collect(workers.iterate(make, timeout_s=BOUND_S), []))
    await step.has_begun()
    await cancelled(reading)
    step.end()
    await asyncio.wait_for(asyncio.wrap_future(failed), LONG_S)
    await quiet()

    assert complaints == []


async def test_an_iterator_that_waits_for_a_thread_when_cancelled_is_never_made() -> None:
    workers, busy, made = Workers(1), Step(), list[str]()
    first = asyncio.create_task(workers.call(busy, timeout_s=BOUND_S))
    await busy.has_begun()

    def make() -> Iterator[int]:
        made.append("made")
        return iter([1])

    reading = asyncio.create_task(collect(workers.iterate(make, timeout_s=BOUND_S), []))
    await quiet()
    ended = await cancelled(reading)
    busy.end()
    await first
    await workers.call(lambda: None, timeout_s=BOUND_S)
    workers.close()

    assert (ended, made) == (True, [])


async def test_an_iterator_is_closed_though_the_threads_are_ending(workers: Workers) -> None:
    source = Source(step := Step())
    reading = asyncio.create_task(collect(workers.iterate(lambda: source, timeout_s=BOUND_S), []))
    await step.has_begun()
    await cancelled(reading)
    workers.close()
    step.end()

    assert (await source.closed_on()).startswith(ENGINE_THREAD)


# --- Asynchronous engines ---------------------------------------------------------------------------------------------


async def test_coroutine_function_runs_on_the_loop_within_its_bound(workers: Workers) -> None:
    async def answer(text: str) -> str:
        return f"{text}, on {threading.current_thread().name}"

    assert await workers.call(partial(answer, "done"), timeout_s=BOUND_S) == "done, on MainThread"


async def test_coroutine_that_hangs_is_cancelled_at_its_bound(workers: Workers) -> None:
    clock, begun, ended = LoopClock(), asyncio.Event(), asyncio.Event()

    async def hang() -> str:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        return ""

    call = asyncio.create_task(workers.call(hang, timeout_s=BOUND_S, engine="remote"))
    await begun.wait()
    clock.advance(BOUND_S)

    with pytest.raises(EngineTimeout, match="remote did not answer within 100 s"):
        await call
    assert ended.is_set()


async def test_asynchronous_generator_gives_its_items_and_is_closed_with_the_iterator(workers: Workers) -> None:
    closed = False

    async def count() -> AsyncGenerator[int, None]:
        nonlocal closed
        try:
            for number in range(3):
                yield number
        finally:
            closed = True

    async with aclosing(workers.iterate(count, timeout_s=BOUND_S)) as numbers:
        assert await anext(numbers) == 0
    assert closed

    assert [number async for number in workers.iterate(count, timeout_s=BOUND_S)] == [0, 1, 2]


# --- Cancellation that nobody asked for ------------------------------------------------------------------------------


async def test_a_call_that_others_cancelled_has_failed(workers: Workers) -> None:
    async def work() -> None:
        async for _ in cancelled_elsewhere():
            pass

    with pytest.raises(EngineError, match="scripted broke off"):
        await workers.call(work, timeout_s=1, engine="scripted")


async def test_a_call_that_waits_for_threads_that_are_shut_down_has_failed() -> None:
    workers, busy = Workers(1), Step()
    first = asyncio.create_task(workers.call(busy, timeout_s=BOUND_S))
    await busy.has_begun()
    second = asyncio.create_task(workers.call(lambda: None, timeout_s=BOUND_S))
    await quiet()
    workers.close()
    with pytest.raises(EngineError):
        await second
    busy.end()
    await first


async def test_an_iterator_that_others_cancelled_has_failed_after_its_items(workers: Workers) -> None:
    into = list[int]()
    with pytest.raises(EngineError):
        await collect(workers.iterate(cancelled_elsewhere, timeout_s=1), into)
    assert into == [1]
