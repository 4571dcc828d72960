import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from models.neural_voices import computing
from models.neural_voices.computing import Cancellation, Clause, Places
from pipeline.engines.protocols import SpeechChunk
from pipeline.errors import EngineBusy, EngineError


def until(places: Places, count: int) -> None:
    """Return when so many wait."""
    event = threading.Event()
    while places.waiting != count:
        event.wait(0.001)


@pytest.mark.timeout(20)
def test_places_are_given_in_the_order_in_which_they_were_asked_for() -> None:
    places, order = Places(1, "tests"), list[int]()

    def take(number: int) -> None:
        with places.place(Cancellation()):
            order.append(number)

    with ThreadPoolExecutor(5) as pool, places.place(Cancellation()):
        for number in range(5):
            pool.submit(take, number)
            until(places, number + 1)

    assert order == [0, 1, 2, 3, 4]


@pytest.mark.timeout(20)
def test_a_clause_that_is_heard_already_goes_before_those_that_have_not_begun() -> None:
    places, order = Places(1, "tests"), list[str]()

    def take(name: str) -> None:
        cancellation = Cancellation()
        cancellation.heard = name.startswith("heard")
        with places.place(cancellation):
            order.append(name)

    with ThreadPoolExecutor(4) as pool, places.place(Cancellation()):
        for number, name in enumerate(("new 1", "heard 1", "new 2", "heard 2"), 1):
            pool.submit(take, name)
            until(places, number)

    assert order == ["heard 1", "heard 2", "new 1", "new 2"]


@pytest.mark.timeout(20)
def test_who_is_cancelled_in_the_queue_leaves_it_and_takes_no_place() -> None:
    places, cancellation = Places(1, "tests"), Cancellation()

    def take() -> None:
        with places.place(cancellation):
            raise AssertionError("it was given a place")

    with ThreadPoolExecutor(1) as pool, places.place(Cancellation()):
        taken = pool.submit(take)
        until(places, 1)
        cancellation.cancel()
        with pytest.raises(EngineError, match="cancelled"):
            taken.result(5)
    with places.place(Cancellation(), wait_s=0.0):
        assert places.waiting == 0


def test_a_wait_without_end_is_refused() -> None:
    places = Places(1, "tests")

    with places.place(Cancellation()), pytest.raises(EngineBusy), places.place(Cancellation(), wait_s=0.01):
        pass
    assert places.waiting == 0


def test_a_clause_that_is_not_heard_yet_has_one_bound_for_all_its_waits() -> None:
    places, cancellation = Places(1, "tests"), Cancellation()
    cancellation.waited_s = computing.WAIT_S

    with places.place(Cancellation()), pytest.raises(EngineBusy), places.place(cancellation):
        pass


@pytest.mark.timeout(20)
def test_a_queue_that_is_full_is_refused_at_once() -> None:
    places, end = Places(1, "tests"), Cancellation()

    def take() -> None:
        with places.place(end):
            pass

    with ThreadPoolExecutor(computing.LONGEST_QUEUE) as pool, places.place(Cancellation()):
        for _ in range(computing.LONGEST_QUEUE):
            pool.submit(take)
        until(places, computing.LONGEST_QUEUE)
        with pytest.raises(EngineBusy), places.place(Cancellation()):
            pass
        end.cancel()


def test_closing_a_clause_ends_its_generator() -> None:
    ended = []

    def chunks(_cancellation: Cancellation) -> Iterator[SpeechChunk]:
        try:
            yield SpeechChunk([])  # type: ignore[arg-type]
        finally:
            ended.append(True)

    clause = Clause(chunks)
    next(clause)
    clause.close()

    assert ended == [True]
