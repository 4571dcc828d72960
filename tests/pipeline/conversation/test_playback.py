from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.conversation.playback import Playback

LAW = settings(max_examples=150, deadline=None, derandomize=True, database=None)

Action = Callable[[Playback, float], None]


def positions(playback: Playback, *readings: float) -> list[int]:
    return [playback.position(now) for now in readings]


def playing(milliseconds: float, now: float = 0.0, not_before: float = 0.0) -> Playback:
    playback = Playback(not_before)
    playback.sent(milliseconds, now)
    return playback


# --- By the clock --------------------------------------------------------------------------------------------------------


def test_nothing_is_heard_before_something_is_sent() -> None:
    assert positions(Playback(), 0, 5) == [0, 0]


def test_hearing_starts_with_the_first_piece_and_ends_with_the_last() -> None:
    playback = playing(1000, now=7)

    assert positions(playback, 6, 7, 7.25, 8, 9) == [0, 0, 250, 1000, 1000]


def test_pieces_sent_ahead_are_heard_one_after_the_other() -> None:
    playback = playing(1000, now=1)
    playback.sent(1000, 1.5)

    assert positions(playback, 1.5, 2.5, 3, 4) == [500, 1500, 2000, 2000]


def test_hearing_waits_until_what_was_sent_earlier_has_been_played() -> None:
    playback = playing(1000, now=4, not_before=5)

    assert positions(playback, 4.5, 5, 5.5, 6) == [0, 0, 500, 1000]


def test_a_player_that_ran_dry_goes_on_when_the_next_piece_comes() -> None:
    playback = playing(1000)
    playback.sent(1000, 3)

    assert positions(playback, 3, 3.5, 4, 5) == [1000, 1500, 2000, 2000]


def test_a_held_player_stands_still_and_goes_on_where_it_stood() -> None:
    playback = playing(2000)
    playback.pause(0.5)
    held = positions(playback, 0.5, 3)
    playback.resume(4)

    assert (held, positions(playback, 4, 4.5, 6)) == ([500, 500], [500, 1000, 2000])


def test_holding_and_going_on_twice_is_holding_and_going_on_once() -> None:
    playback = playing(2000)
    playback.pause(0.5)
    playback.pause(1)
    playback.resume(2)
    playback.resume(3)

    assert positions(playback, 2, 3) == [500, 1500]


def test_a_piece_that_comes_while_a_dry_player_is_held_is_heard_when_it_goes_on() -> None:
    playback = playing(1000)
    playback.pause(2)
    playback.sent(500, 3)
    held = positions(playback, 3, 4)
    playback.resume(4)

    assert (held, positions(playback, 4, 4.25, 5)) == ([1000, 1000], [1000, 1250, 1500])


def test_what_is_held_before_it_begins_begins_that_much_later() -> None:
    playback = playing(1000, now=1, not_before=5)
    playback.pause(2)
    playback.resume(4)

    assert positions(playback, 5, 7, 7.5) == [0, 0, 500]


def test_what_is_queued_is_ahead_of_the_player_and_not_heard_before_it_is_sent() -> None:
    playback = Playback()
    playback.queued(1000)
    queued = (positions(playback, 0, 5), playback.lead_s(5), playback.runs(5))
    playback.sent(400, 5)

    assert queued == ([0, 0], 1.0, False)
    assert (positions(playback, 5.25, 7), playback.lead_s(7), playback.total_ms) == ([250, 400], 0.6, 1000)


def test_what_was_taken_back_is_never_heard() -> None:
    playback = Playback()
    playback.queued(1000)
    playback.sent(600, 0)
    playback.taken_back(400)

    assert (positions(playback, 0.5, 2), playback.total_ms) == ([500, 600], 600)


@pytest.mark.parametrize("milliseconds", [1000.0, 1000.7, 2999.99])
def test_what_was_played_is_over_also_where_it_is_no_whole_number_of_milliseconds(milliseconds: float) -> None:
    playback = playing(milliseconds)

    assert (playback.runs(3.0), playback.lead_s(3.0)) == (False, 0.0)


# --- By the client's reports ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("reported", "position"), [(200, 200), (900, 900), (-5, 0), (99_999, 1000)])
def test_a_report_wins_over_the_clock_but_not_over_what_was_sent(reported: float, position: int) -> None:
    playback = playing(1000)
    playback.reported(reported, playing=True, now=0.5)

    assert playback.position(0.5) == position


def test_a_player_that_says_it_plays_is_taken_to_play_on() -> None:
    playback = playing(1000)
    playback.reported(100, playing=True, now=0.5)

    assert positions(playback, 0.75, 1.25, 9) == [350, 850, 1000]


def test_a_player_that_stands_still_at_the_end_has_played_all_of_it() -> None:
    playback = playing(8042.6)
    playback.reported(8040, playing=False, now=8.0)  # whole milliseconds of what a resampler let through

    assert (playback.runs(8.0), playback.lead_s(8.0), playback.position(8.0)) == (False, 0.0, 8042)


def test_a_player_that_ran_dry_before_the_rest_was_sent_has_not_played_it() -> None:
    playback = Playback()
    playback.queued(1000)
    playback.sent(500, 0)
    playback.reported(499, playing=False, now=0.5)

    assert (playback.position(0.5), playback.lead_s(0.5) > 0.5) == (499, True)


def test_a_player_that_says_it_stands_stands_until_it_says_otherwise() -> None:
    playback = playing(1000)
    playback.reported(100, playing=False, now=0.5)
    playback.sent(500, 1)
    stood = positions(playback, 2, 9)
    playback.reported(150, playing=True, now=9)

    assert (stood, positions(playback, 9, 9.5)) == ([100, 100], [150, 650])


def test_a_piece_that_comes_late_has_not_been_heard_when_it_comes() -> None:
    playback = playing(1000)
    playback.reported(1000, playing=True, now=1)
    playback.sent(1000, 5)

    assert positions(playback, 5, 5.5) == [1000, 1500]


def test_a_player_that_reports_keeps_its_place_while_it_is_held() -> None:
    playback = playing(5000)
    playback.reported(0, playing=True, now=0)
    playback.pause(1)
    held = positions(playback, 1, 2)
    playback.resume(2)

    assert (held, positions(playback, 2, 3)) == ([1000, 1000], [1000, 2000])


def test_a_report_while_it_is_held_says_where_it_goes_on() -> None:
    playback = playing(5000)
    playback.pause(1)
    playback.reported(900, playing=True, now=2)
    held = positions(playback, 2, 3)
    playback.resume(4)

    assert (held, positions(playback, 4, 5)) == ([900, 900], [900, 1900])


# --- What follows from it ------------------------------------------------------------------------------------------------


def test_the_lead_is_what_was_sent_and_not_heard() -> None:
    playback = playing(2000)

    assert [playback.lead_s(now) for now in (0, 0.5, 2, 5)] == [2.0, 1.5, 0.0, 0.0]


@pytest.mark.parametrize(
    ("playback", "now", "end"),
    [
        (Playback(), 3, 3),
        (Playback(not_before=5), 3, 5),
        (playing(2000), 0.5, 2),
        (playing(2000), 7, 7),
        (playing(1000, not_before=5), 0, 6),
        (playing(1000, not_before=5), 5.5, 6),
    ],
    ids=["nothing", "nothing yet", "playing", "played", "waiting", "waited"],
)
def test_it_ends_when_the_last_of_it_was_heard(playback: Playback, now: float, end: float) -> None:
    assert playback.ends_at(now) == end


# --- Laws ----------------------------------------------------------------------------------------------------------------


def send(milliseconds: float) -> Action:
    return lambda playback, now: playback.sent(milliseconds, now)


def report(moving: bool) -> Action:
    """A player that agrees with what is known of it."""
    return lambda playback, now: playback.reported(playback.position(now), moving, now)


ACTIONS = st.one_of(
    st.floats(0.5, 3000).map(send),
    st.sampled_from([Playback.pause, Playback.resume]),
    st.booleans().map(report),
    st.just(lambda _playback, _now: None),
)


@LAW
@given(
    not_before=st.floats(0, 2),
    steps=st.lists(st.tuples(st.floats(0, 2), ACTIONS), max_size=40),
)
def test_what_was_heard_never_shrinks_never_outruns_the_clock_and_never_exceeds_what_was_sent(
    not_before: float, steps: list[tuple[float, Action]]
) -> None:
    playback, now, heard = Playback(not_before), 0.0, 0
    for delay, act in steps:
        now += delay
        before, heard = heard, playback.position(now)
        assert before <= heard <= before + delay * 1000 + 1
        act(playback, now)
        assert heard <= playback.position(now) <= playback.sent_ms
        heard = playback.position(now)
