import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from models.batches import LONGEST_QUEUE, Batches, Job
from pipeline.errors import EngineBusy, EngineError

SOON_S = 5.0


class Gate:
    """Work that lasts until it is let through; keeps what was done together."""

    def __init__(self) -> None:
        self.batches: list[list[Any]] = []
        self.begun, self.opened = threading.Event(), threading.Event()

    def __call__(self, pieces: list[Any]) -> None:
        self.batches.append(pieces)
        self.begun.set()
        assert self.opened.wait(SOON_S)


@pytest.fixture
def batches() -> Iterator[Callable[..., Batches]]:
    made: list[Batches] = []

    def make(do: Callable[[list[Any]], object], **how: int) -> Batches:
        made.append(Batches(do, **{"threads": 1, "name": "tests", **how}))
        return made[-1]

    yield make
    for each in made:
        each.close()


def occupied(make: Callable[..., Batches], **how: int) -> tuple[Batches, Gate, Job]:
    """Batches whose only thread is at work, until the gate opens."""
    gate = Gate()
    busy = make(gate, **how)
    first = busy.submit("first")
    assert gate.begun.wait(SOON_S)
    return busy, gate, first


def test_what_waits_at_the_same_time_is_done_together(batches: Callable[..., Batches]) -> None:
    busy, gate, first = occupied(batches, largest=3)
    jobs = [busy.submit(number) for number in range(4)]

    gate.opened.set()

    assert all(job.wait(SOON_S) for job in (first, *jobs))
    assert gate.batches == [["first"], [0, 1, 2], [3]]


def test_what_nobody_wants_any_more_is_never_begun(batches: Callable[..., Batches]) -> None:
    busy, gate, _ = occupied(batches)
    unwanted, wanted = busy.submit("unwanted"), busy.submit("wanted")
    unwanted.drop()

    gate.opened.set()

    assert (wanted.wait(SOON_S), unwanted.wait(SOON_S)) == (True, False)
    assert gate.batches == [["first"], ["wanted"]]


def test_dropping_wakes_who_waits(batches: Callable[..., Batches]) -> None:
    busy, gate, _ = occupied(batches)
    job = busy.submit("slow")
    answers: list[bool] = []
    waiting = threading.Thread(target=lambda: answers.append(job.wait(60)))
    waiting.start()

    job.drop()
    waiting.join(SOON_S)
    gate.opened.set()

    assert answers == [False]


def test_a_failure_reaches_who_waits_and_the_thread_lives_on(batches: Callable[..., Batches]) -> None:
    def fail(pieces: list[Any]) -> None:
        if "bad" in pieces:
            raise ValueError("no")

    busy = batches(fail)

    with pytest.raises(EngineError, match="tests failed"):
        busy.submit("bad").wait(SOON_S)
    assert busy.submit("good").wait(SOON_S)


def test_too_much_waiting_is_refused(batches: Callable[..., Batches]) -> None:
    busy, gate, _ = occupied(batches)
    for number in range(LONGEST_QUEUE):
        busy.submit(number)

    with pytest.raises(EngineBusy):
        busy.submit("one more")
    gate.opened.set()


def test_closing_drops_what_waits_and_takes_nothing_more(batches: Callable[..., Batches]) -> None:
    busy, gate, _ = occupied(batches)
    waiting = busy.submit("waiting")

    busy.close()
    gate.opened.set()

    assert not waiting.wait(SOON_S)
    with pytest.raises(EngineError, match="closed"):
        busy.submit("late")
