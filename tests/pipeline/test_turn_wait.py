from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.turn_wait import FACTORS, Eagerness, Evidence, Habit, Waits, adaptive_wait, fixed_wait

WAITS = Waits(shortest_ms=200, longest_ms=2000)

DONE, NEUTRAL, MORE = "What do you think?", "", "I went there because"


def evidence(text: str = "", complete: float | None = None, pause_ms: float = 1000) -> Evidence:
    return Evidence(text, pause_ms, complete)


@pytest.mark.parametrize("known", [evidence(), evidence(DONE), evidence(MORE, 0.01, 1500)])
def test_a_fixed_wait_is_the_same_whatever_is_known(known: Evidence) -> None:
    assert fixed_wait(640)(known) == 640


@pytest.mark.parametrize(
    ("text", "complete", "wait_ms"),
    [
        (NEUTRAL, None, 775),
        (NEUTRAL, 0.5, 775),
        (NEUTRAL, 0.9, 315),
        (NEUTRAL, 0.1, 1235),
        (DONE, None, 337),
        (DONE, 0.9, 217),
        (MORE, None, 1254),
        (MORE, 0.9, 833),
        (MORE, 0.0, 1349),
        (DONE, 1.0, 202),
    ],
)
def test_words_and_sound_together_place_the_wait_between_its_bounds(
    text: str, complete: float | None, wait_ms: int
) -> None:
    assert adaptive_wait("auto", WAITS)(evidence(text, complete)) == wait_ms


@pytest.mark.parametrize(("pause_ms", "longest_ms"), [(100, 201), (400, 540), (1000, 1347), (1400, 1886), (9000, 1996)])
def test_a_speaker_of_longer_pauses_is_given_longer_ones_within_the_bounds(pause_ms: float, longest_ms: int) -> None:
    wait = adaptive_wait("auto", WAITS)(evidence("and", 0.25, pause_ms))

    assert wait == pytest.approx(longest_ms, rel=0.04)


@pytest.mark.parametrize(
    ("eagerness", "done_ms", "more_ms"),
    [("low", 539, 2007), ("medium", 337, 1254), ("auto", 337, 1254), ("high", 236, 878)],
)
def test_eagerness_moves_every_wait(eagerness: Eagerness, done_ms: int, more_ms: int) -> None:
    judge = adaptive_wait(eagerness, WAITS)

    assert (judge(evidence(DONE)), judge(evidence(MORE))) == (done_ms, more_ms)


@given(
    text=st.sampled_from([DONE, NEUTRAL, MORE]),
    complete=st.none() | st.floats(0, 1),
    pause_ms=st.floats(0, 60_000),
    eagerness=st.sampled_from(list(FACTORS)),
)
def test_no_evidence_leads_out_of_the_bounds(
    text: str, complete: float | None, pause_ms: float, eagerness: Eagerness
) -> None:
    wait, factor = adaptive_wait(eagerness, WAITS)(Evidence(text, pause_ms, complete)), FACTORS[eagerness]

    assert round(WAITS.shortest_ms * factor) <= wait <= round(WAITS.longest_ms * factor)


def learned(*pauses_ms: float) -> int:
    habit = Habit()
    for pause_ms in pauses_ms:
        habit.learn(pause_ms)
    return round(habit.pause_ms)


@pytest.mark.parametrize(
    ("pauses_ms", "pause_ms"),
    [
        ((), 1000),
        ((1400,), 1200),
        ((400,), 940),
        ((400,) * 10, 609),
        ((500, 500, 500, 500, 900) * 4, 800),
        ((5000,) * 20, 1500),
        ((100, 249) * 20, 1000),
    ],
)
def test_a_habit_follows_long_pauses_at_once_and_short_ones_slowly(pauses_ms: tuple[float, ...], pause_ms: int) -> None:
    assert learned(*pauses_ms) == pause_ms
