from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest

from pipeline.engines.workers import read_ahead
from pipeline.errors import EngineBusy, EngineError
from tests.pipeline.engines.reading import cancelled, cancelled_elsewhere, collect, quiet


class Feed:
    """An async source that notes what was fetched of it and whether it was closed."""

    def __init__(self, items: int, error: Exception | None = None, blocks_at: int = -1) -> None:
        self.fetched: list[int] = []
        self.closed = False
        self._items, self._error, self._blocks_at = items, error, blocks_at

    async def read(self) -> AsyncGenerator[int, None]:
        try:
            for number in range(self._items):
                if number == self._blocks_at:
                    await asyncio.Event().wait()
                self.fetched.append(number)
                yield number
            if self._error:
                raise self._error
        finally:
            self.closed = True


@pytest.mark.parametrize("ahead", [1, 2, 5, 100])
async def test_reading_ahead_changes_neither_items_nor_order(ahead: int) -> None:
    feed = Feed(20)

    assert ([item async for item in read_ahead(feed.read(), ahead)], feed.closed) == (list(range(20)), True)


@pytest.mark.parametrize(("ahead", "asked"), [(1, 1), (2, 1), (3, 4), (50, 2)])
async def test_only_so_many_items_are_fetched_before_they_are_asked_for(ahead: int, asked: int) -> None:
    feed = Feed(100)
    async with aclosing(read_ahead(feed.read(), ahead)) as items:
        for _ in range(asked):
            await anext(items)
        await quiet()
        fetched = len(feed.fetched)

    assert fetched == asked + ahead


async def test_an_error_of_the_source_comes_after_the_items_before_it() -> None:
    error, received = EngineBusy("All are taken."), list[int]()
    feed = Feed(3, error)
    with pytest.raises(EngineBusy) as caught:
        await collect(read_ahead(feed.read(), 10), received)

    assert (received, caught.value is error, feed.closed) == ([0, 1, 2], True, True)


@pytest.mark.parametrize("blocks_at", [-1, 2], ids=["a full queue", "a silent source"])
async def test_closing_early_closes_the_source_and_leaves_no_task(blocks_at: int) -> None:
    feed, before = Feed(100, blocks_at=blocks_at), asyncio.all_tasks()
    async with aclosing(read_ahead(feed.read(), 3)) as items:
        await anext(items)
        await quiet()

    assert (feed.closed, asyncio.all_tasks() - before) == (True, set())


@pytest.mark.parametrize("blocks_at", [0, 2])
async def test_cancelling_the_reader_closes_the_source_and_leaves_no_task(blocks_at: int) -> None:
    feed, before, received = Feed(100, blocks_at=blocks_at), asyncio.all_tasks(), list[int]()
    reading = asyncio.create_task(collect(read_ahead(feed.read(), 3), received))
    await quiet()
    ended = await cancelled(reading)

    assert (ended, received, feed.closed) == (True, list(range(blocks_at)), True)
    assert asyncio.all_tasks() - before == set()


async def test_what_is_never_read_is_never_fetched() -> None:
    feed, before = Feed(3), asyncio.all_tasks()
    async with aclosing(read_ahead(feed.read(), 3)):
        await quiet()

    assert (feed.fetched, asyncio.all_tasks() - before) == ([], set())


async def test_a_source_that_others_cancelled_has_failed_after_its_items() -> None:
    into = list[int]()
    with pytest.raises(EngineError):
        await collect(read_ahead(cancelled_elsewhere(), 4), into)
    assert into == [1]
