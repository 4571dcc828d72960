"""A bound on waiting counts only the time that the process ran."""

from __future__ import annotations

import asyncio

import pytest

from pipeline.engines.within import within
from tests.loop_clock import LoopClock

BOUND_S = 60.0

pytestmark = pytest.mark.asyncio(loop_scope="function")


async def waited(answer: asyncio.Event) -> str:
    try:
        async with within(BOUND_S):
            await answer.wait()
    except TimeoutError:
        return "timeout"
    return "answer"


async def rounds() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_who_does_not_answer_in_time_is_not_waited_for() -> None:
    clock, waiting = LoopClock(), asyncio.create_task(waited(asyncio.Event()))
    await rounds()
    clock.advance(BOUND_S)

    assert await waiting == "timeout"


async def test_after_a_standstill_the_bound_begins_anew() -> None:
    clock, answer = LoopClock(), asyncio.Event()
    waiting = asyncio.create_task(waited(answer))
    await rounds()
    clock.advance(3_600)
    await rounds()
    assert not waiting.done(), "who should have answered stood still, too"
    clock.advance(BOUND_S - 1)
    await rounds()
    answer.set()

    assert await waiting == "answer"


async def test_who_does_not_answer_after_a_standstill_either_is_not_waited_for() -> None:
    clock, waiting = LoopClock(), asyncio.create_task(waited(asyncio.Event()))
    await rounds()
    clock.advance(3_600)
    await rounds()
    clock.advance(BOUND_S)

    assert await waiting == "timeout"


async def test_a_cancelled_wait_stays_cancelled() -> None:
    waiting = asyncio.create_task(waited(asyncio.Event()))
    await rounds()
    waiting.cancel()
    await asyncio.wait({waiting})

    assert waiting.cancelled()
