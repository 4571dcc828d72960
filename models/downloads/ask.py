"""Asks sources that are as good as one another all at once, and tells which of them answer, the fastest first."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Thread
from typing import Generic, TypeVar

from models.downloads.catalogue.entry import Source
from models.downloads.files import Listing
from models.downloads.store import Stopped, WeightsError

GRACE_S = 2.0
"""How long the others are waited for once one has answered: one that is slower than that need not be known."""
LONGEST_S = 45.0
"""How long a first answer is waited for; each request gives up before."""
POLL_S = 0.1
"""How soon a stop is noticed."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of asking one source. listing: None where it did not answer, as `failure` says, or not yet."""

    source: Source
    listing: Listing | None = None
    failure: WeightsError | None = None


@dataclass(frozen=True, slots=True)
class _Outcome(Generic[T]):
    number: int
    value: T | None = None
    error: BaseException | None = None


def ask(sources: Sequence[Source], listed: Callable[[Source], Listing], stopped: Callable[[], bool]) -> list[Answer]:
    """Ask each source in a thread of its own: first those that answered, as they did, then the others as they are named.

    `listed` raises `WeightsError`; threads that still wait are left to their own time limits. Raises `Stopped`.
    """
    outcomes: queue.Queue[_Outcome[Listing]] = queue.Queue()
    for number, source in enumerate(sources):
        _start(outcomes, number, lambda source=source: listed(source))
    answers: dict[int, Answer] = {}
    deadline = time.monotonic() + LONGEST_S
    while len(answers) < len(sources) and time.monotonic() < deadline:
        if stopped():
            raise Stopped
        try:
            outcome = outcomes.get(timeout=POLL_S)
        except queue.Empty:
            continue
        if outcome.error is not None and not isinstance(outcome.error, WeightsError):
            raise outcome.error
        answers[outcome.number] = Answer(sources[outcome.number], outcome.value, outcome.error)
        if outcome.value is not None:
            deadline = min(deadline, time.monotonic() + GRACE_S)
    answered = [answer for answer in answers.values() if answer.listing]
    late = [Answer(source) for number, source in enumerate(sources) if number not in answers]
    return [*answered, *late, *(answer for answer in answers.values() if answer.failure)]


def until_stopped(work: Callable[[], T], stopped: Callable[[], bool]) -> T:
    """What `work` returns or raises. It runs in a thread, which is left behind, with `Stopped`, when `stopped` says so.

    So a stop is heeded at once, also while a library waits for a silent server. What is left behind has to notice by itself
    that it was stopped, and write nothing from then on.
    """
    outcomes: queue.Queue[_Outcome[T]] = queue.Queue()
    _start(outcomes, 0, work)
    while True:
        try:
            outcome = outcomes.get(timeout=POLL_S)
        except queue.Empty:
            if stopped():
                raise Stopped from None
            continue
        if outcome.error is not None:
            raise outcome.error
        return outcome.value  # type: ignore[return-value]


def _start(outcomes: queue.Queue[_Outcome[T]], number: int, work: Callable[[], T]) -> None:
    def run() -> None:
        try:
            outcomes.put(_Outcome(number, work()))
        except BaseException as error:  # noqa: BLE001 - it goes on in the thread that waits
            outcomes.put(_Outcome(number, error=error))

    Thread(target=run, name="weights", daemon=True).start()
