from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.scoring import Player, percentile, word_errors

LAW = settings(max_examples=80, deadline=None, derandomize=True, database=None)

WORDS = st.lists(st.sampled_from("one two three four".split()), max_size=8).map(" ".join)


# --- Word errors ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expected", "heard", "errors", "words"),
    [
        ("", "", 0, 0),
        ("Hello, world!", "hello world", 0, 2),
        ("hello world", "", 2, 2),
        ("", "hello world", 2, 0),
        ("the cat sat", "the hat sat", 1, 3),
        ("the cat sat", "the cat sat down", 1, 3),
        ("the cat sat", "the sat", 1, 3),
        ("one two three", "three two one", 2, 3),
        ("a b c d", "b c d e", 2, 4),
        ("mister smith has ten of forty two clubs", "Mr. Smith has 10 of 42 clubs.", 0, 8),
        ("nine oh two one oh", "90210", 0, 5),
    ],
)
def test_word_errors_are_substitutions_insertions_and_deletions(
    expected: str, heard: str, errors: int, words: int
) -> None:
    assert word_errors(expected, heard) == (errors, words)


@LAW
@given(one=WORDS, other=WORDS)
def test_word_errors_are_a_distance(one: str, other: str) -> None:
    errors, lengths = word_errors(one, other)[0], (len(one.split()), len(other.split()))

    assert word_errors(other, one)[0] == errors
    assert (errors == 0) == (one == other)
    assert abs(lengths[0] - lengths[1]) <= errors <= max(lengths)


# --- Percentiles ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "share", "value"),
    [
        ([], 0.5, None),
        ([7], 0.0, 7),
        ([7], 0.5, 7),
        ([7], 1.0, 7),
        ([15, 20, 35, 40, 50], 0.05, 15),
        ([15, 20, 35, 40, 50], 0.3, 20),
        ([15, 20, 35, 40, 50], 0.4, 20),
        ([15, 20, 35, 40, 50], 0.5, 35),
        ([50, 15, 40, 20, 35], 1.0, 50),
        (range(1, 21), 0.95, 19),
        (range(1, 101), 0.95, 95),
        (range(1, 26), 0.28, 7),
    ],
)
def test_a_percentile_is_a_value_that_was_measured(values: list[float], share: float, value: float | None) -> None:
    assert percentile(values, share) == value


@LAW
@given(values=st.lists(st.integers(0, 100), min_size=1, max_size=50), percent=st.integers(1, 100))
def test_a_percentile_is_the_smallest_value_that_so_many_do_not_exceed(values: list[int], percent: int) -> None:
    enough = [value for value in values if sum(v <= value for v in values) * 100 >= percent * len(values)]

    assert percentile(values, percent / 100) == min(enough)


# --- The player ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("prebuffer_ms", "arrivals", "underruns"),
    [
        (0, [], 0),
        (0, [10.0], 0),
        (0, [10.0, 10.5, 11.0], 0),
        (0, [10.0, 11.25], 1),
        (0, [10.0, 11.25, 12.0], 1),
        (0, [10.0, 12.0, 12.5], 1),
        (0, [10.0, 11.25, 12.5, 13.0], 2),
        (250, [10.0, 11.25], 0),
        (250, [10.0, 11.5], 1),
    ],
)
def test_a_player_counts_how_often_it_has_nothing_to_play(
    prebuffer_ms: float, arrivals: list[float], underruns: int
) -> None:
    player = Player(prebuffer_ms)
    for at in arrivals:
        player.arrived(1.0, at)

    assert (player.underruns, player.first_at) == (underruns, arrivals[0] if arrivals else None)
