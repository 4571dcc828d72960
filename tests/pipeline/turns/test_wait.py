from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.turns.wait import FACTORS, Eagerness, Evidence, Habit, Waits, adaptive_wait, fixed_wait

WAITS = Waits(shortest_ms=200, longest_ms=2000)

DONE, NEUTRAL, MORE = "What do you think?", "", "I went to the"


@pytest.mark.parametrize("known", [Evidence(), Evidence(DONE), Evidence(MORE, 0.01, 1500, 3.0)])
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
        (DONE, 0.1, 337),
        (MORE, None, 1254),
        (MORE, 0.9, 833),
        (MORE, 0.0, 1343),
        (NEUTRAL, 0.0, 1281),
        (DONE, 1.0, 202),
    ],
)
def test_words_and_sound_together_place_the_wait_between_its_bounds(
    text: str, complete: float | None, wait_ms: int
) -> None:
    assert adaptive_wait("auto", WAITS)(Evidence(text, complete)) == wait_ms


@pytest.mark.parametrize(("pause_ms", "longest_ms"), [(100, 201), (400, 540), (1000, 1347), (1400, 1886), (9000, 1996)])
def test_a_speaker_of_longer_pauses_is_given_longer_ones_within_the_bounds(pause_ms: float, longest_ms: int) -> None:
    wait = adaptive_wait("auto", WAITS)(Evidence("and", 0.25, pause_ms))

    assert wait == pytest.approx(longest_ms, rel=0.04)


@pytest.mark.parametrize(
    ("eagerness", "done_ms", "more_ms"),
    [("low", 539, 2007), ("medium", 337, 1254), ("auto", 337, 1254), ("high", 236, 878)],
)
def test_eagerness_moves_every_wait(eagerness: Eagerness, done_ms: int, more_ms: int) -> None:
    judge = adaptive_wait(eagerness, WAITS)

    assert (judge(Evidence(DONE)), judge(Evidence(MORE))) == (done_ms, more_ms)


@pytest.mark.parametrize(("patience", "done_ms", "more_ms"), [(1.0, 202, 1339), (2.0, 401, 1341), (3.0, 601, 1343)])
def test_who_was_cut_off_is_given_longer_where_the_wait_was_short(patience: float, done_ms: int, more_ms: int) -> None:
    judge = adaptive_wait("auto", WAITS)
    waits_ms = judge(Evidence(DONE, 0.99, patience=patience)), judge(Evidence(MORE, 0.1, patience=patience))

    assert waits_ms == (done_ms, more_ms)


@given(
    text=st.sampled_from([DONE, NEUTRAL, MORE]),
    complete=st.none() | st.floats(0, 1),
    pause_ms=st.floats(0, 60_000),
    patience=st.floats(1, 100),
    eagerness=st.sampled_from(list(FACTORS)),
)
def test_no_evidence_leads_out_of_the_bounds(
    text: str, complete: float | None, pause_ms: float, patience: float, eagerness: Eagerness
) -> None:
    known, factor = Evidence(text, complete, pause_ms, patience), FACTORS[eagerness]
    wait = adaptive_wait(eagerness, WAITS)(known)

    assert round(WAITS.shortest_ms * factor) <= wait <= round(WAITS.longest_ms * factor)


def learned(*pauses_ms: float) -> int:
    habit = Habit()
    for pause_ms in pauses_ms:
        habit.went_on(pause_ms)
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


def test_patience_grows_with_every_cut_off_and_wears_off_within_bounds() -> None:
    habit, patience = Habit(), list[float]()
    for cut_off in [True] * 6 + [False] * 4:
        if cut_off:
            habit.was_cut_off(600)
        else:
            habit.was_heard_out()
        patience.append(round(habit.patience, 2))

    assert patience == [1.25, 1.56, 1.95, 2.44, 3.0, 3.0, 2.1, 1.47, 1.03, 1.0]
