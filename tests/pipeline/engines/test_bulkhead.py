from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from pipeline.engines.bulkhead import BreakerState, Bulkhead, BulkheadLimits, CallObserver, CircuitBreaker, Outcome
from pipeline.errors import EngineBusy, EngineError, EngineKeyRefused, EngineTimeout, EngineUnavailable

CLOSED, HALF_OPEN, OPEN = BreakerState.CLOSED, BreakerState.HALF_OPEN, BreakerState.OPEN
LIMITS = BulkheadLimits(at_once=2, waiting=1, wait_s=0.01, failures=3, within_s=60, pause_s=15, refused_s=300)
SOON_S = 5.0
"""Far beyond what anything takes here."""

BROKEN = EngineError("The line is dead.", engine="parrot")
WRONG_KEY = EngineKeyRefused("The key was refused.", engine="parrot")


@dataclass
class Clock:
    """A clock that the test sets."""

    now: float = 100.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Told:
    """What a bulkhead told."""

    first: list[float] = field(default_factory=list)
    failed: list[Exception] = field(default_factory=list)
    opened: list[Exception] = field(default_factory=list)


def bulkhead_of(clock: Clock, limits: BulkheadLimits = LIMITS) -> tuple[Bulkhead, Told]:
    bulkhead, told = Bulkhead("synthesizer", "parrot", limits, clock), Told()
    bulkhead.watch = CallObserver(told.first.append, told.failed.append, told.opened.append)
    return bulkhead, told


async def fail(bulkhead: Bulkhead, error: Exception = BROKEN) -> None:
    with pytest.raises(type(error)), await bulkhead.enter(SOON_S):
        raise error


# --- The breaker ---------------------------------------------------------------------------------------------------------


def fails(breaker: CircuitBreaker, *times: float) -> CircuitBreaker:
    for now in times:
        breaker.failed(now, trial=False)
    return breaker


@pytest.mark.parametrize(
    ("times", "state"),
    [((0, 1), CLOSED), ((0, 1, 2), OPEN), ((0, 30, 60), OPEN), ((0, 30, 61), CLOSED), ((0, 30, 61, 62), OPEN)],
    ids=["two", "three", "as slow as counts", "too slow", "the last three"],
)
def test_so_many_failures_in_so_long_open_the_breaker(times: tuple[float, ...], state: BreakerState) -> None:
    assert fails(CircuitBreaker(LIMITS), *times).state(times[-1]) is state


def test_a_call_that_worked_begins_the_count_anew() -> None:
    breaker = fails(CircuitBreaker(LIMITS), 0, 1)
    breaker.worked(trial=False)

    assert fails(breaker, 2, 3).state(3) is CLOSED


def test_an_open_breaker_admits_nobody_until_its_pause_is_over_and_then_one() -> None:
    breaker = fails(CircuitBreaker(LIMITS), 0, 0, 0)

    assert [breaker.admits(now) for now in (0, 14.9, 15, 15)] == [False, False, True, False]


def test_a_trial_that_works_closes_it_and_one_that_fails_opens_it_again() -> None:
    breaker = fails(CircuitBreaker(LIMITS), 0, 0, 0)
    states = []
    for now, works in ((15.0, False), (30.0, True)):
        assert breaker.admits(now)
        breaker.tried()
        if works:
            breaker.worked(trial=True)
        else:
            breaker.failed(now, trial=True)
        states.append(breaker.state(now))

    assert states == [OPEN, CLOSED]


def test_a_call_from_before_does_not_close_an_open_breaker() -> None:
    breaker = fails(CircuitBreaker(LIMITS), 0, 0, 0)
    breaker.worked(trial=False)

    assert breaker.state(1) is OPEN


def test_a_refused_key_opens_it_at_once_and_for_long() -> None:
    breaker = CircuitBreaker(LIMITS)
    opened = breaker.failed(0, trial=False, refused=True)
    fails(breaker, 1, 1, 1)

    assert (opened, [breaker.state(now) for now in (0, 299, 300)]) == (True, [OPEN, OPEN, HALF_OPEN])


# --- The bulkhead: what counts ---------------------------------------------------------------------------------------------


async def test_calls_are_counted_by_how_they_end_and_only_failures_count_against_the_engine() -> None:
    bulkhead, told = bulkhead_of(Clock())
    with await bulkhead.enter(SOON_S):
        pass
    await fail(bulkhead, EngineTimeout("It did not answer.", engine="parrot"))
    await fail(bulkhead, EngineBusy("All its lines are taken.", engine="parrot"))
    with pytest.raises(asyncio.CancelledError), await bulkhead.enter(SOON_S):
        raise asyncio.CancelledError

    assert bulkhead.outcomes == {Outcome.WORKED: 1, Outcome.FAILED: 1, Outcome.BUSY: 1, Outcome.CANCELLED: 1}
    assert (len(told.failed), bulkhead.state, bulkhead.active) == (1, CLOSED, 0)


async def test_calls_that_stall_together_count_once_and_those_after_them_each() -> None:
    clock = Clock()
    bulkhead, told = bulkhead_of(clock, BulkheadLimits())
    states = []
    for _ in range(3):
        calls = [await bulkhead.enter(SOON_S) for _ in range(5)]
        clock.now += 2.0
        for call in calls:
            clock.now += 0.1
            call.end(EngineTimeout("It stalled.", engine="parrot"))
        states.append(bulkhead.state)

    assert (states, len(told.failed)) == ([CLOSED, CLOSED, OPEN], 15)


async def test_however_often_it_is_cancelled_or_busy_an_engine_is_not_left_alone() -> None:
    bulkhead, _told = bulkhead_of(Clock())
    for _ in range(10):
        (await bulkhead.enter(SOON_S)).leave()
        await fail(bulkhead, EngineBusy("All its lines are taken.", engine="parrot"))

    assert bulkhead.state is CLOSED


async def test_an_engine_that_keeps_failing_is_refused_without_being_asked_and_the_operator_is_told_once() -> None:
    clock = Clock()
    bulkhead, told = bulkhead_of(clock)
    for _ in range(3):
        await fail(bulkhead)
    with pytest.raises(EngineUnavailable, match="left alone for a while: The line is dead"):
        await bulkhead.enter(SOON_S)
    clock.now += 15
    await fail(bulkhead)

    assert (bulkhead.state, told.opened, bulkhead.outcomes[Outcome.REFUSED]) == (OPEN, [BROKEN], 1)


async def test_the_first_result_of_a_trial_lets_the_others_in_again() -> None:
    clock = Clock()
    bulkhead, _told = bulkhead_of(clock)
    for _ in range(3):
        await fail(bulkhead)
    clock.now += 15
    with await bulkhead.enter(SOON_S) as trial:
        with pytest.raises(EngineUnavailable):
            await bulkhead.enter(SOON_S)
        trial.answered()
        (await bulkhead.enter(SOON_S)).end()

    assert bulkhead.state is CLOSED


async def test_a_trial_that_is_cancelled_leaves_the_next_call_to_try() -> None:
    clock = Clock()
    bulkhead, _told = bulkhead_of(clock)
    for _ in range(3):
        await fail(bulkhead)
    clock.now += 15
    (await bulkhead.enter(SOON_S)).leave()
    with await bulkhead.enter(SOON_S) as trial:
        trial.answered()

    assert bulkhead.state is CLOSED


async def test_a_refused_key_is_told_once_and_never_tried_again_within_five_minutes() -> None:
    clock = Clock()
    bulkhead, told = bulkhead_of(clock)
    await fail(bulkhead, WRONG_KEY)
    for clock.now in (101, 200, 399):
        with pytest.raises(EngineUnavailable) as caught:
            await bulkhead.enter(SOON_S)
        assert caught.value.code == "engine_key_refused"
    clock.now = 400
    await fail(bulkhead, WRONG_KEY)

    assert (told.opened, bulkhead.state, bulkhead.error) == ([WRONG_KEY], OPEN, "The key was refused.")


async def test_what_an_engine_did_not_mean_to_say_is_not_shown() -> None:
    bulkhead, told = bulkhead_of(Clock())
    await fail(bulkhead, ValueError("sk-planted"))

    assert ("planted" in bulkhead.error, len(told.failed)) == (False, 1)


async def test_the_time_to_the_first_result_is_told_once_a_call() -> None:
    clock = Clock()
    bulkhead, told = bulkhead_of(clock)
    with await bulkhead.enter(SOON_S) as call:
        for clock.now in (100.25, 100.5):
            call.answered()

    assert told.first == [0.25]


# --- The bulkhead: places --------------------------------------------------------------------------------------------------


async def test_so_many_calls_go_on_at_once_and_the_next_waits_for_a_place() -> None:
    bulkhead, _told = bulkhead_of(Clock(), BulkheadLimits(at_once=2, wait_s=SOON_S))
    first, second = await bulkhead.enter(SOON_S), await bulkhead.enter(SOON_S)
    third = asyncio.create_task(bulkhead.enter(SOON_S))
    await asyncio.sleep(0)
    before = (bulkhead.active, bulkhead.waiting, third.done())
    first.end()
    (await third).end()
    second.end()

    assert (before, bulkhead.active, bulkhead.waiting) == ((2, 1, False), 0, 0)


async def test_who_waits_too_long_or_in_too_long_a_line_is_told_that_it_is_busy() -> None:
    bulkhead, _told = bulkhead_of(Clock())
    calls = [await bulkhead.enter(SOON_S), await bulkhead.enter(SOON_S)]
    waiting = asyncio.create_task(bulkhead.enter(SOON_S))
    await asyncio.sleep(0)
    with pytest.raises(EngineBusy):
        await bulkhead.enter(SOON_S)
    with pytest.raises(EngineBusy):
        await waiting
    for call in calls:
        call.end()

    assert (bulkhead.waiting, bulkhead.outcomes[Outcome.REFUSED], bulkhead.state) == (0, 2, CLOSED)


async def test_a_call_that_is_cancelled_frees_its_place_at_once_whether_it_has_one_or_waits() -> None:
    bulkhead, _told = bulkhead_of(Clock(), BulkheadLimits(at_once=1, wait_s=SOON_S))
    holding = await bulkhead.enter(SOON_S)
    waiting = asyncio.create_task(bulkhead.enter(SOON_S))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait({waiting})
    holding.leave()
    holding.end()
    with await bulkhead.enter(0):
        active = bulkhead.active

    assert (active, bulkhead.active, bulkhead.waiting) == (1, 0, 0)


async def test_a_call_that_answered_before_it_was_cancelled_ends_a_row_of_failures() -> None:
    bulkhead, _ = bulkhead_of(Clock())
    await fail(bulkhead)
    await fail(bulkhead)
    call = await bulkhead.enter(SOON_S)
    call.answered()
    call.end(asyncio.CancelledError())
    await fail(bulkhead)

    assert (bulkhead.state, bulkhead.outcomes[Outcome.CANCELLED]) == (CLOSED, 1)
