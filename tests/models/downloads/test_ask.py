"""Sources that are asked all at once, and work that can be left behind."""

from __future__ import annotations

import time
from threading import Event

import pytest

from models.downloads.ask import GRACE_S, Answer, ask, until_stopped
from models.downloads.catalogue.entry import Source
from models.downloads.download import never
from models.downloads.files import Listing
from models.downloads.store import Stopped, WeightsError

ONE, TWO, THREE = (Source("huggingface", f"a/{name}") for name in ("one", "two", "three"))


def listing(source: Source) -> Listing:
    return Listing(source, "1", ())


def test_those_that_answer_are_told_as_they_did_and_then_those_that_failed() -> None:
    later, failure = Event(), WeightsError("gone.")

    def listed(source: Source) -> Listing:
        if source is ONE:
            later.wait(10)
        if source is TWO:
            raise failure
        if source is THREE:
            later.set()
        return listing(source)

    answers = ask([ONE, TWO, THREE], listed, never)

    assert sorted(answer.source.repository for answer in answers[:2]) == ["a/one", "a/three"]
    assert answers[2] == Answer(TWO, None, failure)


def test_one_that_stays_silent_is_not_waited_for_once_another_has_answered() -> None:
    silent, began = Event(), time.monotonic()

    def listed(source: Source) -> Listing:
        if source is ONE:
            silent.wait(60)
        return listing(source)

    assert ask([ONE, TWO], listed, never) == [Answer(TWO, listing(TWO)), Answer(ONE)]
    assert GRACE_S <= time.monotonic() - began < 30
    silent.set()


def test_a_fault_of_ours_is_not_taken_for_a_source_that_failed() -> None:
    def listed(source: Source) -> Listing:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        ask([ONE], listed, never)


def test_a_stop_is_heeded_while_nobody_answers() -> None:
    silent, asked = Event(), Event()

    def listed(source: Source) -> Listing:
        asked.set()
        silent.wait(60)
        return listing(source)

    with pytest.raises(Stopped):
        ask([ONE], listed, asked.is_set)
    with pytest.raises(Stopped):
        until_stopped(lambda: silent.wait(60), asked.is_set)
    silent.set()


def test_work_that_is_not_stopped_returns_or_raises_as_ever() -> None:
    assert until_stopped(lambda: 7, never) == 7
    with pytest.raises(OSError, match="disk"):
        until_stopped(lambda: (_ for _ in ()).throw(OSError("disk")), never)
