"""A process that stood still: stopped, held as a virtual machine, or asleep where the clock went on."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import cast

import pytest

from pipeline.conversation.outbox import Outbox
from pipeline.conversation.playback import Playback
from pipeline.session import Session
from server.identity.principal import OWNER
from server.protocol.connection import Connection
from server.sessions.live import CLOSE_TOO_SLOW, SEND_S, IdleTime, LiveSession
from server.sessions.registry import LocalAdmissionQueue
from server.sessions.running_time import LONGEST_S, RunningTime
from server.settings import load_settings
from server.transports.transport import Disconnected
from tests.loop_clock import LoopClock

HOUR = 3_600.0
RESUME_S = 7.0


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Standing:
    """A clock that is ticked as in a running process, and one that goes on while it stands still."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.running = RunningTime(self.clock)
        self.running.tick()

    def run(self, seconds: int) -> None:
        for _ in range(seconds):
            self.clock.now += 1.0
            self.running.tick()

    def still(self, seconds: float) -> None:
        self.clock.now += seconds


def test_what_a_process_stood_still_does_not_count() -> None:
    process = Standing()
    began = process.running()
    process.run(10)
    process.still(HOUR)
    assert process.running() - began == 10.0 + LONGEST_S, "before anybody ticked"
    assert process.running.tick() == HOUR - LONGEST_S
    process.run(10)
    assert (process.running() - began, process.running.tick()) == (20.0 + LONGEST_S, 0.0)


def test_a_session_is_idle_for_as_long_as_the_process_ran() -> None:
    process = Standing()
    session = SimpleNamespace(idle_s=0.0)
    idle = IdleTime(cast(Session, session), process.running)
    for seconds, expected in ((10.0, 10.0), (10.0 + HOUR, 10.0 + LONGEST_S), (1.0, 1.0), (2.0, 2.0)):
        process.still(HOUR if seconds > HOUR else 1.0)
        process.running.tick()
        session.idle_s = seconds
        assert idle.seconds() == expected


async def test_who_waits_before_a_full_server_keeps_the_place_while_it_stands_still() -> None:
    process = Standing()
    queue = LocalAdmissionQueue(process.running)
    ticket, *_ = await queue.ask("", 0)
    await queue.ask("", 0)
    process.still(HOUR)

    assert (await queue.ask(ticket, 0))[:2] == (ticket, 0)


class Cut:
    """A connection that is lost at once."""

    playback = Playback

    def offer(self, _take: object) -> None: ...

    async def receive(self) -> str:
        raise Disconnected

    async def close(self, code: int, reason: str) -> None: ...


async def rounds() -> None:
    """What is due now has happened."""
    for _ in range(30):
        await asyncio.sleep(0)


@pytest.mark.asyncio(loop_scope="function")
async def test_a_session_waits_for_its_client_as_long_as_the_process_ran() -> None:
    clock, now = LoopClock(), RunningTime(asyncio.get_running_loop().time)
    closed = asyncio.Event()
    session = SimpleNamespace(
        outbox=Outbox(4.0),
        attach=lambda: None,
        detach=lambda: None,
        idle_s=0.0,
        run=closed.wait,
        close=closed.set,
    )
    connection = SimpleNamespace(session=session, events=None, extensions=True)
    settings = load_settings({"resume_s": RESUME_S}, {}).sessions
    live = LiveSession("id", cast(Connection, connection), settings, OWNER, now)
    life = asyncio.create_task(live.run())
    await live.attach(Cut())  # type: ignore[arg-type]
    now.tick()
    await rounds()
    clock.advance(HOUR)
    now.tick()
    await rounds()
    assert live.can_resume(""), "nobody could come back to a process that stood still"
    for _ in range(round(RESUME_S)):
        clock.advance(1.0)
        now.tick()
        await rounds()
    assert (live.can_resume(""), life.done()) == (False, True)


class Slow(Cut):
    """A connection whose client takes the first event after a while."""

    def __init__(self) -> None:
        self.taken, self.closed = asyncio.Event(), list[int]()

    async def receive(self) -> str:
        await asyncio.Event().wait()
        raise AssertionError

    async def send_event(self, _event: str) -> None:
        await self.taken.wait()

    async def close(self, code: int, reason: str) -> None:
        self.closed.append(code)


@pytest.mark.asyncio(loop_scope="function")
async def test_a_client_is_not_too_slow_while_the_process_stands_still() -> None:
    clock = LoopClock()
    session = SimpleNamespace(outbox=Outbox(4.0), attach=lambda: None, detach=lambda: None)
    connection = SimpleNamespace(session=session, events=None, resumed=dict, take_at_once=None, extensions=True)
    live = LiveSession("id", cast(Connection, connection), load_settings({}, {}).sessions, OWNER)
    transport = Slow()
    serving = asyncio.create_task(live.attach(transport, []))  # type: ignore[arg-type]
    await rounds()
    clock.advance(HOUR)
    await rounds()
    early = list(transport.closed)
    clock.advance(SEND_S)
    await rounds()
    await serving

    assert (early, transport.closed) == ([], [CLOSE_TOO_SLOW])
