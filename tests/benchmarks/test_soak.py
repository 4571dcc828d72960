"""What `bench soak` makes of a run, and that it runs: two people, for a turn each, with a real server."""

from __future__ import annotations

import asyncio

import pytest

from benchmarks import soak
from benchmarks.serving import Cost, pinned, server
from pipeline.audio.samples import samples_of
from tests.speech import sentence

INTERRUPTS, DROPS = 4, 8
"""Two people: what the first one does in the first turn, and the second one."""

FIRST_WORDS = samples_of(1_500)


def test_memory_that_grows_after_the_warm_up_is_told_and_growth_before_it_is_not() -> None:
    flat = soak.Soaked(megabytes=[50.0, 80.0, 90.0, *[100.0] * 97])
    rising = soak.Soaked(megabytes=[100.0 + second for second in range(100)])
    assert soak.summary(flat, 1.0)["growth_percent"] == 0.0
    assert soak.summary(rising, 1.0)["growth_percent"] > 20


def test_an_answer_that_is_longer_or_shorter_than_the_others_is_uneven() -> None:
    run = soak.Soaked(spoken_s=[5.0, 5.0, 5.0, 4.0, 6.0], megabytes=[1.0])
    assert soak.summary(run, 1.0)["uneven"] == 2


@pytest.mark.timeout(80)
def test_people_who_talk_interrupt_and_drop_lose_nothing() -> None:
    with pinned(server("--engines", "stub")) as (address, cost):
        assert isinstance(cost, Cost)
        run = asyncio.run(soak.soak(address, (INTERRUPTS, DROPS), 0.02, sentence()[:FIRST_WORDS], cost))
    assert run.lost == []
    assert (run.counts["turns"], run.counts["interruptions"], run.counts["drops"]) == (2, 1, 1)
