from __future__ import annotations

import asyncio
import time

import pytest

from pipeline.errors import InvalidRequest, LimitReached
from server.audio.job_slots import JobSlots, Throttle
from tests.server.talking import talking
from tests.serving import serving


async def test_so_many_work_at_once_so_many_wait_and_the_next_is_sent_away() -> None:
    slots, working, go = JobSlots(2, 1), 0, asyncio.Event()

    async def visit() -> None:
        nonlocal working
        async with slots.slot():
            working += 1
            await go.wait()

    visits = [asyncio.create_task(visit()) for _ in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(LimitReached):
        async with slots.slot():
            pass
    assert working == 2
    go.set()
    await asyncio.gather(*visits)
    assert working == 3
    slots.check()


async def test_who_gives_up_waiting_leaves_the_place_to_others() -> None:
    slots = JobSlots(1, 1)
    async with slots.slot():
        waiting = asyncio.create_task(slots.slot().__aenter__())
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait({waiting})
        slots.check()
    async with slots.slot():
        pass


async def test_it_is_told_how_every_visit_ended() -> None:
    outcomes: list[str] = []
    slots = JobSlots(1, 0, outcomes.append)

    async def visit(error: BaseException | None) -> None:
        async with slots.slot():
            if error:
                raise error

    for error in (None, InvalidRequest("no", code="bad"), RuntimeError(), asyncio.CancelledError()):
        await asyncio.gather(visit(error), return_exceptions=True)
    assert outcomes == ["completed", "bad", "server_error", "cancelled"]


async def test_work_rests_as_long_as_it_lasted_while_somebody_talks_and_else_not_at_all() -> None:
    rests: list[float] = []
    loop = asyncio.get_running_loop()
    for somebody in (True, False):
        began, since = loop.time(), time.perf_counter() - 0.03
        await Throttle(lambda answer=somebody: answer).rest(since)  # type: ignore[misc]
        rests.append(loop.time() - began)
    assert rests[0] >= 0.03 > rests[1]


async def test_a_conversation_goes_on_while_somebody_is_in_one() -> None:
    async with serving() as server:
        realtime = server.app.state.realtime
        assert not realtime.talking
        async with talking(server) as talk:
            await talk.write("Hello")
            assert realtime.talking
