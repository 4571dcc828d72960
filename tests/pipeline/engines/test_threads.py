"""What the threads of engines go through when engines, loops and processes end in ways that nobody planned."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
import threading
import weakref
from collections.abc import AsyncGenerator, Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest

from pipeline.engines.threads import EXIT_WAIT_S
from pipeline.engines.workers import Workers, read_ahead
from pipeline.errors import EngineError

ROOT = Path(__file__).parents[3]
LONG_S = 10.0


@pytest.fixture
def one() -> Iterator[Workers]:
    workers = Workers(1)
    yield workers
    workers.close()


class Engine:
    """An iterator without an end; `close` raises `error`, if there is one, and then tells that it was called."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.closed: Future[None] = Future()
        self._error = error

    def __iter__(self) -> Engine:
        return self

    def __next__(self) -> int:
        return 1

    def close(self) -> None:
        self.closed.set_result(None)
        if self._error:
            raise self._error


class Busy:
    """A thread's work, from `begun` until `end` is set."""

    def __init__(self) -> None:
        self.begun: Future[None] = Future()
        self.end = threading.Event()

    def __call__(self) -> str:
        self.begun.set_result(None)
        assert self.end.wait(LONG_S)
        return "done"


async def told(future: Future[None]) -> None:
    await asyncio.wait_for(asyncio.wrap_future(future), LONG_S)


ENDS = [SystemExit, KeyboardInterrupt, GeneratorExit, StopIteration, StopAsyncIteration]


@pytest.mark.parametrize("error", ENDS)
async def test_what_would_end_a_loop_or_a_generator_is_an_ordinary_failure_when_an_engine_raises_it(
    one: Workers, error: type[BaseException]
) -> None:
    def work() -> None:
        raise error("bye")

    with pytest.raises(RuntimeError, match=error.__name__):
        await one.call(work, timeout_s=LONG_S)


@pytest.mark.parametrize("ahead", [False, True])
async def test_an_engine_on_the_loop_that_would_end_the_process_has_failed(one: Workers, ahead: bool) -> None:
    async def give_up() -> None:
        sys.exit("no weights")

    async def items() -> AsyncGenerator[int, None]:
        yield 1
        await give_up()

    iterator = one.iterate(items, timeout_s=LONG_S)
    reading = read_ahead(iterator, 2) if ahead else iterator
    await anext(reading)
    with pytest.raises(EngineError, match="tried to end the process"):
        await anext(reading)
    with pytest.raises(EngineError, match="tried to end the process"):
        await one.call(give_up, timeout_s=LONG_S)


async def test_an_engine_that_cannot_even_be_shown_costs_no_thread(one: Workers) -> None:
    class Nameless:
        def __call__(self) -> None:
            raise StopIteration

        def __repr__(self) -> str:
            raise ValueError("no name")

    with pytest.raises(RuntimeError):
        await one.call(Nameless(), timeout_s=LONG_S)

    assert await one.call(lambda: 7, timeout_s=LONG_S) == 7


@pytest.mark.parametrize("error", [SystemExit(), asyncio.CancelledError(), ValueError()])
async def test_an_iterator_that_cannot_be_closed_costs_no_thread(one: Workers, error: BaseException) -> None:
    engine = Engine(error)
    items = one.iterate(lambda: engine, timeout_s=LONG_S)
    await anext(items)
    await items.aclose()
    await told(engine.closed)

    assert await one.call(lambda: 7, timeout_s=LONG_S) == 7


async def test_an_iterator_whose_closing_waits_in_line_is_closed_though_the_threads_are_ending(one: Workers) -> None:
    engine, busy = Engine(), Busy()
    items = one.iterate(lambda: engine, timeout_s=LONG_S)
    await anext(items)
    first = asyncio.create_task(one.call(busy, timeout_s=LONG_S))
    await told(busy.begun)
    await items.aclose()
    one.close()
    busy.end.set()

    await told(engine.closed)
    await first


def test_a_result_that_nobody_waits_for_is_undone_though_the_loop_ends_before_it_hears_of_it(one: Workers) -> None:
    busy, undone = Busy(), Future[str]()

    async def leave() -> None:
        call = asyncio.create_task(one.call(busy, timeout_s=LONG_S, undo=undone.set_result))
        await told(busy.begun)
        call.cancel()
        await asyncio.wait({call})

    loop = asyncio.new_event_loop()
    loop.run_until_complete(leave())
    busy.end.set()
    try:
        assert undone.result(LONG_S) == "done"
    finally:
        loop.close()


async def test_a_failed_call_keeps_nothing_alive(one: Workers) -> None:
    class Sound:
        """Stands for what a call works on."""

    async def fail() -> weakref.ref[Sound]:
        sound = Sound()

        def work(sound: Sound = sound) -> None:
            raise LookupError

        with pytest.raises(LookupError):
            await one.call(work, timeout_s=LONG_S)
        return weakref.ref(sound)

    gc.disable()
    try:
        sound = await fail()
        await one.call(lambda: None, timeout_s=LONG_S)
        assert sound() is None
    finally:
        gc.enable()


async def test_calls_that_gave_up_behind_an_engine_that_hangs_keep_nothing_alive(one: Workers) -> None:
    class Sound:
        """Stands for what a call works on."""

    busy = Busy()
    first = asyncio.create_task(one.call(busy, timeout_s=LONG_S))
    await told(busy.begun)
    sound = Sound()
    call = asyncio.create_task(one.call(lambda sound=sound: None, timeout_s=LONG_S))  # type: ignore[misc]
    await asyncio.sleep(0)
    call.cancel()
    await asyncio.wait({call})
    kept = weakref.ref(sound)
    del sound, call
    gc.collect()

    assert kept() is None
    busy.end.set()
    await first


async def test_a_system_without_threads_fails_the_call_and_not_those_after_it(
    one: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as system:
        system.setattr(threading.Thread, "start", refuse)
        with pytest.raises(RuntimeError, match="can't start"):
            await one.call(lambda: 6, timeout_s=LONG_S)

    assert await one.call(lambda: 7, timeout_s=LONG_S) == 7


async def test_where_no_more_threads_start_those_that_are_there_serve_all_calls(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    workers, busy = Workers(2), Busy()
    first = asyncio.create_task(workers.call(busy, timeout_s=LONG_S))
    await told(busy.begun)

    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as system:
        system.setattr(threading.Thread, "start", refuse)
        second = asyncio.create_task(workers.call(lambda: 7, timeout_s=LONG_S))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    busy.end.set()

    assert (await first, await second) == ("done", 7)
    workers.close()


HANGS = """
import asyncio, time
from pipeline.engines.workers import Workers
from tests.pipeline.engines.test_threads import Busy, Engine, told

workers, busy = Workers(1), Busy()

async def main():
    items = workers.iterate(Engine, timeout_s=100)
    await anext(items)
    hanging = asyncio.create_task(workers.call(lambda: busy() or time.sleep(100), timeout_s=100))
    await told(busy.begun)
    waiting = asyncio.create_task(anext(items))
    await asyncio.sleep(0)
    await asyncio.sleep(0)

asyncio.run(main())
"""


def test_a_process_ends_in_bounded_time_with_one_engine_hanging_and_an_iterator_waiting_behind_it() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", HANGS], cwd=ROOT, timeout=EXIT_WAIT_S + 20, capture_output=True, text=True
    )

    assert (ended.returncode, ended.stderr) == (0, "")
