from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError, Future
from threading import Barrier, Event, Thread
from time import monotonic
from weakref import ref

import pytest

from models.support.batching import Batcher
from pipeline.errors import EngineBusy, EngineError

SOON_S = 5.0
NEVER_S = 1000.0


class Doubling:
    """Doubles numbers; remembers its batches, and holds each until it may go on. Negative ones it refuses."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.called, self.may_go_on = Event(), Event()
        self.may_go_on.set()

    def __call__(self, items: Sequence[int]) -> list[int | Exception]:
        self.batches.append(list(items))
        self.called.set()
        assert self.may_go_on.wait(SOON_S)
        if 13 in items:
            raise ValueError("thirteen")
        return [2 * item if item >= 0 else EngineError("negative") for item in items]


class Clock:
    """Time that stands still until it is set."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def doubling() -> Doubling:
    return Doubling()


@pytest.fixture
def batcher(doubling: Doubling) -> Iterator[Batcher[int, int]]:
    batcher = Batcher(doubling, size=3, wait_s=0.0, queue=4, name="doubling")
    yield batcher
    doubling.may_go_on.set()
    batcher.close()


def held(batcher: Batcher[int, int], doubling: Doubling) -> Future[int]:
    """Keep the worker busy with the number 1 until it may go on."""
    doubling.may_go_on.clear()
    doubling.called.clear()
    future = batcher.submit(1)
    assert doubling.called.wait(SOON_S)
    return future


def test_what_comes_while_it_is_busy_is_run_together(batcher: Batcher[int, int], doubling: Doubling) -> None:
    first = held(batcher, doubling)
    futures = [first, *map(batcher.submit, (2, 3, 4, 5))]
    doubling.may_go_on.set()

    assert [future.result(SOON_S) for future in futures] == [2, 4, 6, 8, 10]
    assert doubling.batches == [[1], [2, 3, 4], [5]]


def test_a_full_batch_does_not_wait_for_time_to_pass(doubling: Doubling) -> None:
    batcher = Batcher(doubling, size=2, wait_s=NEVER_S, queue=4, name="doubling")
    futures = [batcher.submit(1), batcher.submit(2)]

    assert [future.result(SOON_S) for future in futures] == [2, 4]
    batcher.close()


def test_the_first_waits_for_company_no_longer_than_it_was_told(doubling: Doubling) -> None:
    clock = Clock()
    batcher = Batcher(doubling, size=9, wait_s=8.0, queue=9, name="doubling", clock=clock)
    first = batcher.submit(1)
    clock.now = 7.9
    second = batcher.submit(2)
    batches_before = list(doubling.batches)
    clock.now = 8.0
    third = batcher.submit(3)  # wakes the worker, which looks at the clock

    assert [future.result(SOON_S) for future in (first, second, third)] == [2, 4, 6]
    assert (batches_before, doubling.batches) == ([], [[1, 2, 3]])
    batcher.close()


def test_alone_it_runs_after_the_wait(doubling: Doubling) -> None:
    batcher = Batcher(doubling, size=9, wait_s=0.02, queue=9, name="doubling")
    began = monotonic()

    assert batcher.submit(1).result(SOON_S) == 2
    assert monotonic() - began >= 0.02
    batcher.close()


def test_a_full_queue_is_busy_and_a_cancelled_place_is_free_again(
    batcher: Batcher[int, int], doubling: Doubling
) -> None:
    held(batcher, doubling)
    futures = [batcher.submit(number) for number in (2, 3, 4, 5)]
    with pytest.raises(EngineBusy, match="4 requests"):
        batcher.submit(6)
    futures[1].cancel()

    last = batcher.submit(6)
    doubling.may_go_on.set()
    assert last.result(SOON_S) == 12
    assert doubling.batches == [[1], [2, 4, 5], [6]]


def test_one_that_is_being_run_can_be_cancelled_and_the_others_do_not_notice(
    batcher: Batcher[int, int], doubling: Doubling
) -> None:
    first = held(batcher, doubling)
    other = batcher.submit(2)

    assert first.cancel()
    with pytest.raises(CancelledError):
        first.result(0)
    doubling.may_go_on.set()
    assert other.result(SOON_S) == 4


def test_cancelling_lets_go_of_who_waits(batcher: Batcher[int, int], doubling: Doubling) -> None:
    first = held(batcher, doubling)
    answers: list[type[BaseException]] = []

    def wait() -> None:
        try:
            first.result(SOON_S)
        except BaseException as error:  # noqa: BLE001 - an answer like any other
            answers.append(type(error))

    waiting = Thread(target=wait)
    waiting.start()
    first.cancel()
    waiting.join(SOON_S)

    assert answers == [CancelledError]


def test_what_nobody_wants_any_more_is_never_begun_and_takes_no_place_in_a_batch(
    batcher: Batcher[int, int], doubling: Doubling
) -> None:
    held(batcher, doubling)
    futures = [batcher.submit(number) for number in (2, 3, 4, 5)]
    futures[0].cancel()
    doubling.may_go_on.set()

    assert [future.result(SOON_S) for future in futures[1:]] == [6, 8, 10]
    assert doubling.batches == [[1], [3, 4, 5]]


def test_as_many_batches_as_threads_are_run_side_by_side() -> None:
    together = Barrier(3)

    def meet(items: Sequence[int]) -> list[int | Exception]:
        together.wait(SOON_S)
        return list(items)

    batcher: Batcher[int, int] = Batcher(meet, size=1, wait_s=0.0, queue=3, name="meeting", threads=3)
    futures = [batcher.submit(number) for number in range(3)]

    assert [future.result(SOON_S) for future in futures] == [0, 1, 2]
    batcher.close()


class Audio:
    """Something that should not be kept."""


@pytest.mark.parametrize("failure", [None, EngineError("no"), ValueError("no")])
def test_a_thread_that_waits_keeps_nobodys_audio(failure: Exception | None) -> None:
    def hear(items: Sequence[Audio]) -> list[str | Exception]:
        if failure:
            raise failure
        return ["heard" for _ in items]

    batcher: Batcher[Audio, str] = Batcher(hear, size=1, wait_s=0.0, queue=1, name="hearing")
    done, gone = Event(), Event()
    audio = Audio()
    memory = ref(audio, lambda _: gone.set())
    future = batcher.submit(audio)
    future.add_done_callback(lambda _: done.set())
    assert done.wait(SOON_S)
    if failure:
        failure.__traceback__ = None  # who knows the error knows where it came from
    del audio, future

    assert gone.wait(SOON_S)
    assert memory() is None
    batcher.close()


def test_a_failed_batch_fails_its_own_and_nobody_else(batcher: Batcher[int, int], doubling: Doubling) -> None:
    held(batcher, doubling)
    together = [batcher.submit(13), batcher.submit(2)]
    doubling.may_go_on.set()

    failures = [future.exception(SOON_S) for future in together]
    assert [str(failure) for failure in failures] == 2 * ["doubling failed at its work."]
    assert all(isinstance(failure, EngineError) and str(failure.__cause__) == "thirteen" for failure in failures)
    assert batcher.submit(3).result(SOON_S) == 6


def test_one_item_can_fail_alone(batcher: Batcher[int, int], doubling: Doubling) -> None:
    held(batcher, doubling)
    bad, good = batcher.submit(-1), batcher.submit(2)
    doubling.may_go_on.set()

    assert (str(bad.exception(SOON_S)), good.result(SOON_S)) == ("negative", 4)


def test_too_few_results_fail_the_batch() -> None:
    batcher: Batcher[int, int] = Batcher(lambda items: [], size=1, wait_s=0.0, queue=1, name="forgetful")

    assert "0 results for 1" in str(getattr(batcher.submit(1).exception(SOON_S), "__cause__", ""))
    batcher.close()


@pytest.mark.parametrize("threads", [1, 3])
def test_closing_fails_what_waits_and_ends_the_threads(doubling: Doubling, threads: int) -> None:
    batcher = Batcher(doubling, size=1, wait_s=0.0, queue=4, name="doubling", threads=threads)
    doubling.may_go_on.clear()
    running = [batcher.submit(number) for number in range(threads)]
    while len(doubling.batches) < threads:
        assert doubling.called.wait(SOON_S)
    waiting = batcher.submit(2)
    batcher.close()
    batcher.close()
    doubling.may_go_on.set()
    for thread in batcher._threads:
        thread.join(SOON_S)

    assert isinstance(waiting.exception(SOON_S), EngineError)
    assert sorted(future.result(SOON_S) for future in running) == [2 * number for number in range(threads)]
    assert not any(thread.is_alive() for thread in batcher._threads)
    with pytest.raises(EngineError, match="closed"):
        batcher.submit(3)


def test_closing_wakes_threads_that_have_nothing_to_do(doubling: Doubling) -> None:
    batcher = Batcher(doubling, size=1, wait_s=0.0, queue=1, name="doubling", threads=3)
    batcher.close()
    for thread in batcher._threads:
        thread.join(SOON_S)

    assert not any(thread.is_alive() for thread in batcher._threads)
