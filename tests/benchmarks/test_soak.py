"""What `bench soak` makes of a run, and that it runs: two people, for a few seconds, with a real server."""

from __future__ import annotations

import asyncio

import pytest

from benchmarks import soak
from benchmarks.serving import Cost, pinned, server
from tests.speech import sentence


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
        run = asyncio.run(soak.soak(address, 2, 0.15, sentence(), cost))
    assert run.lost == []
    assert run.counts["turns"] >= 2
