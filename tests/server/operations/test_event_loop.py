"""The server on the loop that it really runs on; all other tests run on the standard one."""

from __future__ import annotations

import asyncio

import pytest

from server.operations.event_loop import new_event_loop
from tests.server.talking import talking
from tests.serving import serving


async def a_spoken_turn() -> str:
    async with serving() as server, talking(server) as talk:
        await talk.configure(audio={"input": {"transcription": {"model": "whisper-1"}}})
        await talk.say_something()
        done = await talk.until("response.done")
        return str(done["response"]["status"])


def test_the_server_runs_on_uvloop_where_it_is_installed() -> None:
    uvloop = pytest.importorskip("uvloop")
    loop = new_event_loop()
    loop.close()
    assert isinstance(loop, uvloop.Loop)


def test_a_spoken_turn_is_answered_on_the_loop_that_serves() -> None:
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        assert runner.run(a_spoken_turn()) == "completed"
