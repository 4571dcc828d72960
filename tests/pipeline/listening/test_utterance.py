from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from pipeline.audio.samples import LINE_RATE, Samples
from pipeline.conversation.limits import RecognitionLimits
from pipeline.engines.protocols import EngineInfo, Recognition
from pipeline.engines.workers import Workers
from pipeline.errors import EngineBusy, EngineError, EngineTimeout
from pipeline.listening.utterance import LONGEST_PIECE, PIECE, Utterance
from tests.loop_clock import LoopClock

LIMITS = RecognitionLimits(settle_s=0.5, open_s=100, stall_s=100)
"""Passed only where the clock is moved."""

LONG_S = 10.0
"""How long a test waits for another thread before it has failed."""


def speech(pieces: float = 1) -> Samples:
    return np.ones(round(pieces * PIECE), np.int16)


class Gate:
    """A blocking call that begins, waits for `open`, and then ends."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self._opened = threading.Event()

    def __call__(self) -> None:
        self.begun.set()
        assert self._opened.wait(LONG_S), "nobody opened this gate"

    def open(self) -> None:
        self._opened.set()

    async def reached(self) -> None:
        await asyncio.to_thread(self.begun.wait, LONG_S)


@dataclass
class Scripted:
    """A recogniser that hears what its script says, and its one stream. `calls` is what was asked of it.

    partials, finals: what `accept` and `settle` return, one after the other, the last one again and again; an exception
    is raised. before: what to do first, by the name of the call.
    """

    partials: Sequence[str | Exception] = ("",)
    finals: Sequence[str | Exception] = ("",)
    before: dict[str, Callable[[], None]] = field(default_factory=dict)
    info: EngineInfo = EngineInfo("scripted", "recognizer")
    calls: list[tuple[str, object]] = field(default_factory=list)
    closed: threading.Event = field(default_factory=threading.Event)

    def open(self, language: str = "") -> Scripted:
        self._called("open", language)
        return self

    def accept(self, pcm: Samples) -> str:
        self._called("accept", len(pcm))
        return self._next("accept", self.partials)

    def settle(self, budget_s: float) -> Recognition:
        self._called("settle", budget_s)
        return Recognition(self._next("settle", self.finals), "en")

    def close(self) -> None:
        self._called("close", None)
        self.closed.set()

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.calls]

    def _called(self, name: str, argument: object) -> None:
        self.calls.append((name, argument))
        self.before.get(name, lambda: None)()

    def _next(self, name: str, script: Sequence[str | Exception]) -> str:
        result = script[min(self.names.count(name), len(script)) - 1]
        if isinstance(result, Exception):
            raise result
        return result


async def quiet() -> None:
    """Let every task go as far as it can."""
    for _ in range(20):
        await asyncio.sleep(0)


class Hearing:
    """An utterance and what it reported, in order; `next` waits for the next report."""

    def __init__(
        self,
        recognizer: Scripted,
        workers: Workers,
        limits: RecognitionLimits = LIMITS,
    ) -> None:
        self.reports: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
        self.utterance = Utterance(
            recognizer,
            workers,
            limits,
            on_partial=lambda text: self.reports.put_nowait(("partial", text)),
            on_drafted=lambda text: self.reports.put_nowait(("drafted", text)),
            language="en",
        )
        self._task: asyncio.Task[Recognition] | None = None

    def start(self) -> asyncio.Task[Recognition]:
        self._task = asyncio.create_task(self.utterance.run())
        return self._task

    async def next(self) -> tuple[str, str]:
        return await asyncio.wait_for(self.reports.get(), LONG_S)

    def rest(self) -> list[tuple[str, str]]:
        return [self.reports.get_nowait() for _ in range(self.reports.qsize())]


@pytest.fixture
def workers() -> Iterator[Workers]:
    workers = Workers(2)
    yield workers
    workers.close()


# --- A turn without pauses -----------------------------------------------------------------------------------------------


async def test_a_turn_is_opened_heard_settled_and_closed(workers: Workers) -> None:
    recognizer = Scripted(partials=["hello"], finals=["hello there"])
    hearing = Hearing(recognizer, workers)
    hearing.utterance.accept_audio(speech(2))
    hearing.utterance.close()
    recognition = await hearing.utterance.run()

    assert recognition == Recognition("hello there", "en")
    assert recognizer.calls == [("open", "en"), ("accept", 2 * PIECE), ("settle", 0.5), ("close", None)]
    assert hearing.rest() == [("partial", "hello")]


async def test_partial_texts_are_reported_when_they_change(workers: Workers) -> None:
    recognizer = Scripted(partials=["", "hello", "hello", "hello world"])
    hearing = Hearing(recognizer, workers)
    running, accepted = hearing.start(), asyncio.Semaphore(0)
    loop = asyncio.get_running_loop()

    def report() -> None:
        loop.call_soon_threadsafe(accepted.release)

    recognizer.before["accept"] = report
    for _ in range(4):
        hearing.utterance.accept_audio(speech())
        await asyncio.wait_for(accepted.acquire(), LONG_S)
    hearing.utterance.close()
    await running

    assert hearing.rest() == [("partial", "hello"), ("partial", "hello world")]


async def test_less_than_a_piece_waits_for_more_or_for_the_end(workers: Workers) -> None:
    recognizer = Scripted(partials=["a", "b"])
    hearing = Hearing(recognizer, workers)
    running = hearing.start()
    hearing.utterance.accept_audio(speech(0.5))
    hearing.utterance.accept_audio(speech(0.75))
    await hearing.next()
    hearing.utterance.accept_audio(speech(0.25))
    hearing.utterance.close()
    await running

    assert [size for name, size in recognizer.calls if name == "accept"] == [1.25 * PIECE, 0.25 * PIECE]


async def test_a_backlog_is_given_in_pieces_that_a_call_can_finish(workers: Workers) -> None:
    recognizer = Scripted()
    hearing = Hearing(recognizer, workers)
    for _ in range(4):
        hearing.utterance.accept_audio(speech(3))
    hearing.utterance.close()
    await hearing.utterance.run()

    assert [size for name, size in recognizer.calls if name == "accept"] == [LONGEST_PIECE, LONGEST_PIECE, 2 * PIECE]


async def test_a_turn_without_any_audio_is_settled_all_the_same(workers: Workers) -> None:
    recognizer = Scripted()
    hearing = Hearing(recognizer, workers)
    hearing.utterance.close()

    assert (await hearing.utterance.run(), recognizer.names) == (Recognition("", "en"), ["open", "settle", "close"])


async def test_what_follows_the_end_of_a_turn_is_left_out(workers: Workers) -> None:
    recognizer = Scripted()
    hearing = Hearing(recognizer, workers)
    hearing.utterance.accept_audio(speech())
    hearing.utterance.close()
    hearing.utterance.accept_audio(speech())
    await hearing.utterance.run()

    assert recognizer.calls[1] == ("accept", PIECE)


async def test_what_exceeds_the_longest_turn_is_left_out(workers: Workers) -> None:
    recognizer = Scripted()
    hearing = Hearing(recognizer, workers, replace(LIMITS, longest_s=2 * PIECE / LINE_RATE))
    for _ in range(3):
        hearing.utterance.accept_audio(speech())
    hearing.utterance.close()
    await hearing.utterance.run()

    assert (hearing.utterance.seconds, recognizer.calls[1]) == (2 * PIECE / LINE_RATE, ("accept", 2 * PIECE))


async def test_the_seconds_of_a_turn_count_what_waits_and_what_was_taken(workers: Workers) -> None:
    hearing = Hearing(Scripted(partials=["a"]), workers)
    running = hearing.start()
    hearing.utterance.accept_audio(speech(2))
    await hearing.next()
    hearing.utterance.accept_audio(speech(0.5))
    seconds = hearing.utterance.seconds
    hearing.utterance.close()
    await running

    assert seconds == 2.5 * PIECE / LINE_RATE


# --- Drafts --------------------------------------------------------------------------------------------------------------


async def test_a_draft_is_the_final_text_when_only_silence_follows(workers: Workers) -> None:
    recognizer = Scripted(partials=["good"], finals=["good morning", "never asked for"])
    hearing = Hearing(recognizer, workers)
    running = hearing.start()
    hearing.utterance.accept_audio(speech())
    hearing.utterance.draft()
    reports = [await hearing.next(), await hearing.next()]
    hearing.utterance.accept_audio(speech(3))
    hearing.utterance.close()

    assert (await running, reports) == (
        Recognition("good morning", "en"),
        [("partial", "good"), ("drafted", "good morning")],
    )
    assert recognizer.names == ["open", "accept", "settle", "accept", "close"]


async def test_a_draft_is_worth_nothing_when_speech_goes_on(workers: Workers) -> None:
    recognizer = Scripted(finals=["good", "good morning"])
    hearing = Hearing(recognizer, workers)
    running = hearing.start()
    hearing.utterance.accept_audio(speech())
    hearing.utterance.draft()
    drafted = await hearing.next()
    hearing.utterance.resume()
    hearing.utterance.accept_audio(speech())
    hearing.utterance.close()

    assert (drafted, await running) == (("drafted", "good"), Recognition("good morning", "en"))


async def test_every_pause_gets_its_own_draft(workers: Workers) -> None:
    hearing = Hearing(Scripted(finals=["good", "good morning", "never asked for"]), workers)
    running = hearing.start()
    hearing.utterance.draft()
    first = await hearing.next()
    hearing.utterance.resume()
    hearing.utterance.draft()
    second = await hearing.next()
    hearing.utterance.close()

    assert [first, second] == [("drafted", "good"), ("drafted", "good morning")]
    assert await running == Recognition("good morning", "en")


async def test_a_draft_that_is_overtaken_by_speech_is_not_announced(workers: Workers) -> None:
    gate = Gate()
    hearing = Hearing(Scripted(finals=["good", "good morning"], before={"settle": gate}), workers)
    running = hearing.start()
    hearing.utterance.draft()
    await gate.reached()
    hearing.utterance.resume()
    hearing.utterance.accept_audio(speech())
    gate.open()
    hearing.utterance.close()

    assert (await running, hearing.rest()) == (Recognition("good morning", "en"), [])


async def test_a_draft_that_is_not_wanted_any_more_is_not_made(workers: Workers) -> None:
    recognizer = Scripted(finals=["good morning"])
    hearing = Hearing(recognizer, workers)
    hearing.utterance.draft()
    hearing.utterance.resume()
    hearing.utterance.close()
    await hearing.utterance.run()

    assert (recognizer.names, hearing.rest()) == (["open", "settle", "close"], [])


async def test_a_turn_that_ends_while_its_draft_is_made_ends_with_that_draft(workers: Workers) -> None:
    gate = Gate()
    recognizer = Scripted(finals=["good morning", "never asked for"], before={"settle": gate})
    hearing = Hearing(recognizer, workers)
    running = hearing.start()
    hearing.utterance.draft()
    await gate.reached()
    hearing.utterance.close()
    gate.open()

    assert await running == Recognition("good morning", "en")


async def test_a_draft_covers_all_that_was_heard_before_it(workers: Workers) -> None:
    recognizer = Scripted()
    hearing = Hearing(recognizer, workers)
    hearing.utterance.accept_audio(speech(0.5))
    hearing.utterance.draft()
    running = hearing.start()
    await hearing.next()
    hearing.utterance.close()
    await running

    assert recognizer.calls == [("open", "en"), ("accept", PIECE // 2), ("settle", 0.5), ("close", None)]


# --- Errors --------------------------------------------------------------------------------------------------------------

FAILURE = EngineError("It broke.", engine="scripted")


@pytest.mark.parametrize(
    ("recognizer", "names"),
    [
        (Scripted(partials=[FAILURE]), ["open", "accept", "close"]),
        (Scripted(finals=[FAILURE]), ["open", "accept", "settle", "close"]),
    ],
    ids=["accept", "settle"],
)
async def test_an_error_passes_through_and_frees_the_recogniser(
    workers: Workers, recognizer: Scripted, names: list[str]
) -> None:
    hearing = Hearing(recognizer, workers)
    hearing.utterance.accept_audio(speech())
    hearing.utterance.close()
    with pytest.raises(EngineError) as caught:
        await hearing.utterance.run()

    assert (caught.value is FAILURE, recognizer.names) == (True, names)


async def test_a_recogniser_that_is_taken_is_an_error_with_nothing_to_free(workers: Workers) -> None:
    def refuse() -> None:
        raise EngineBusy("All are taken.", engine="scripted")

    recognizer = Scripted(before={"open": refuse})
    with pytest.raises(EngineBusy, match="All are taken"):
        await Hearing(recognizer, workers).utterance.run()

    assert recognizer.names == ["open"]


@pytest.mark.parametrize(
    ("call", "bound_s"),
    [("open", LIMITS.open_s), ("accept", LIMITS.stall_s), ("settle", LIMITS.settle_s + LIMITS.stall_s)],
)
async def test_a_recogniser_that_stalls_is_a_timeout_and_is_freed(workers: Workers, call: str, bound_s: float) -> None:
    gate, clock = Gate(), LoopClock()
    recognizer = Scripted(before={call: gate})
    hearing = Hearing(recognizer, workers)
    running = hearing.start()
    hearing.utterance.accept_audio(speech())
    hearing.utterance.close()
    await gate.reached()
    clock.advance(bound_s)
    with pytest.raises(EngineTimeout) as caught:
        await running
    gate.open()
    freed = await asyncio.to_thread(recognizer.closed.wait, LONG_S)

    assert (caught.value.engine, freed, recognizer.names.count("close")) == ("scripted", True, 1)


@pytest.mark.parametrize("call", ["open", "accept", "settle"])
async def test_a_turn_that_is_forgotten_frees_the_recogniser(workers: Workers, call: str) -> None:
    gate = Gate()
    recognizer = Scripted(before={call: gate})
    hearing = Hearing(recognizer, workers)
    running = hearing.start()
    hearing.utterance.accept_audio(speech())
    hearing.utterance.close()
    await gate.reached()
    running.cancel()
    await asyncio.wait({running}, timeout=LONG_S)
    gate.open()
    freed = await asyncio.to_thread(recognizer.closed.wait, LONG_S)

    assert (running.cancelled(), freed, recognizer.names.count("close")) == (True, True, 1)
