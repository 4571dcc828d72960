"""Who is decoded when there are more who want it than slots."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import Event

import pytest

from models.whisper.slots import WAITING, Slots
from pipeline.errors import EngineBusy, EngineError

SOON_S = 10.0


@pytest.fixture
def slots() -> Iterator[Slots]:
    slots = Slots(2)
    yield slots
    slots.close()


@pytest.fixture
def finish() -> Iterator[Event]:
    event = Event()
    yield event
    event.set()


def until(event: Event) -> Callable[[], str]:
    def work() -> str:
        event.wait(SOON_S)
        return "done"

    return work


def test_a_partial_text_does_not_take_the_last_slot(slots: Slots, finish: Event) -> None:
    first = slots.offer(until(finish))
    second = slots.offer(lambda: "partial")
    final = slots.submit(lambda: "final")

    assert (first is not None, second) == (True, None)
    assert final.result(SOON_S) == "final"


def test_a_partial_text_is_had_again_when_the_slot_is_free(slots: Slots) -> None:
    for number in range(20):
        future = slots.offer(lambda number=number: number)
        assert future is not None
        assert future.result(SOON_S) == number


def test_the_only_slot_does_partial_texts_while_nobody_needs_it(finish: Event) -> None:
    slots = Slots(1)
    partial = slots.offer(until(finish))
    refused = slots.offer(lambda: "partial")
    finish.set()

    assert (partial and partial.result(SOON_S), refused) == ("done", None)
    slots.close()


def test_final_texts_wait_in_turn(finish: Event) -> None:
    slots, order = Slots(1), list[int]()
    futures = [slots.submit(until(finish)), *[slots.submit(lambda n=n: order.append(n) or "done") for n in range(5)]]
    finish.set()

    assert [future.result(SOON_S) for future in futures] == ["done"] * 6
    assert order == [0, 1, 2, 3, 4]
    slots.close()


def test_too_many_that_wait_are_refused(slots: Slots, finish: Event) -> None:
    for _ in range(WAITING + 2):
        slots.submit(until(finish))

    with pytest.raises(EngineBusy):
        slots.submit(until(finish))


def test_a_wait_can_be_cancelled_while_the_work_goes_on(slots: Slots, finish: Event) -> None:
    future = slots.submit(until(finish))

    assert future.cancel()


def test_what_goes_wrong_in_a_slot_is_an_engine_error(slots: Slots) -> None:
    def fail() -> str:
        raise RuntimeError("out of memory")

    with pytest.raises(EngineError) as raised:
        slots.submit(fail).result(SOON_S)

    assert isinstance(raised.value.__cause__, RuntimeError)


def test_closing_refuses_what_waits_and_what_comes(slots: Slots, finish: Event) -> None:
    running = [slots.submit(until(finish)) for _ in range(2)]
    waiting = slots.submit(lambda: "never")
    slots.close()
    finish.set()

    assert [future.result(SOON_S) for future in running] == ["done", "done"]
    with pytest.raises(EngineError):
        waiting.result(SOON_S)
    with pytest.raises(EngineError):
        slots.submit(lambda: "never")
