"""When each word of a turn was said, whatever a recogniser tells of it."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.engines.protocols import WordTime
from pipeline.practice.speech import Span, SpokenTurn
from pipeline.practice.timing import spoken_turn, tokens_of

Times = list[tuple[str, int, int]]


def turn(
    text: str,
    words: Times = [],  # noqa: B006 — never changed
    voiced: list[tuple[int, int]] = [],  # noqa: B006
    length_ms: int = 4_000,
    start_ms: int = 0,
) -> SpokenTurn:
    heard = [WordTime(*word) for word in words]
    return spoken_turn("item_1", text, "en", Span(start_ms, start_ms + length_ms), words=heard, voiced=voiced)


def times(spoken: SpokenTurn) -> Times:
    return [(word.text, word.start_ms, word.end_ms) for word in spoken.words]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Well, don't go!", ["Well", "don't", "go"]),
        ("It’s 3.5 or 1,000 — at 7:30.", ["It’s", "3.5", "or", "1,000", "at", "7:30"]),
        ("a well-known 'quote'", ["a", "well", "known", "quote"]),
        ("我用Python写 3 个。", ["我", "用", "Python", "写", "3", "个"]),
        ("…!?", []),
        ("", []),
    ],
)
def test_words_are_what_is_said_without_punctuation_and_each_chinese_character(text: str, expected: list[str]) -> None:
    tokens = tokens_of(text)

    assert [token.text for token in tokens] == expected
    assert all(text[token.at : token.at + len(token.text)] == token.text for token in tokens)


def test_words_have_the_recognisers_times_on_the_conversations_line() -> None:
    heard: Times = [("hello", 300, 600), ("you", 900, 1_200)]
    spoken = turn("Hello, you!", heard, [(300, 620), (880, 1_240)], start_ms=10_000)

    assert times(spoken) == [("Hello", 10_300, 10_600), ("you", 10_900, 11_200)]
    assert (spoken.voiced, spoken.estimated) == ([Span(10_300, 10_620), Span(10_880, 11_240)], False)


def test_a_word_does_not_last_through_the_pause_behind_it() -> None:
    spoken = turn("One two.", [("One", 100, 1_100), ("two.", 1_100, 1_500)], [(100, 480), (1_100, 1_480)])

    assert times(spoken) == [("One", 100, 480), ("two", 1_100, 1_480)]


def test_a_word_that_is_told_to_begin_in_the_silence_before_it_begins_with_the_voice() -> None:
    spoken = turn("One two.", [("One", 0, 500), ("two", 500, 1_500)], [(200, 500), (1_100, 1_500)])

    assert times(spoken) == [("One", 200, 500), ("two", 1_100, 1_500)]


def test_words_without_times_are_spread_over_the_voice_alone_and_the_turn_is_estimated() -> None:
    spoken = turn("one two three four", voiced=[(0, 1_000), (2_000, 3_000)])

    assert spoken.estimated
    assert [(start < 1_000, start >= 2_000) for _, start, _ in times(spoken)] == [(True, False)] * 2 + [
        (False, True)
    ] * 2
    assert (times(spoken)[0][1], times(spoken)[-1][2]) == (0, 3_000)


def test_a_word_that_is_written_otherwise_lies_between_its_neighbours() -> None:
    heard: Times = [("I", 0, 200), ("have", 200, 500), ("twenty", 500, 1_000), ("books", 1_000, 1_500)]
    spoken = turn("I have 20 books.", heard, [(0, 1_500)])

    assert times(spoken)[2] == ("20", 500, 1_000)
    assert not spoken.estimated


def test_one_absurd_time_costs_one_word() -> None:
    heard: Times = [("a", 0, 200), ("red", 3_900, 4_000), ("old", 700, 1_000), ("house", 1_000, 1_500)]
    spoken = turn("a red old house", heard, [(0, 1_500)])

    assert times(spoken) == [("a", 0, 200), ("red", 200, 700), ("old", 700, 1_000), ("house", 1_000, 1_500)]


def test_words_at_the_same_time_share_it() -> None:
    heard: Times = [("so", 0, 300), ("it", 300, 900), ("is", 300, 900), ("good", 900, 1_400)]
    found = times(turn("so it is good", heard, [(0, 1_400)]))

    assert [text for text, start, end in found if end - start < 100] == []
    assert found[0][1:] == (0, 300)


def test_words_that_have_no_room_push_their_neighbours() -> None:
    heard: Times = [("yes", 0, 900), ("there", 900, 1_500)]
    found = times(turn("yes of course there", heard, [(0, 1_500)]))

    assert all(end - start >= 100 for _, start, end in found)


def test_chinese_is_timed_by_character() -> None:
    spoken = turn("我想喝茶。", [("我想", 100, 500), ("喝茶", 900, 1_300)], [(100, 500), (900, 1_300)])

    assert times(spoken) == [("我", 100, 300), ("想", 300, 500), ("喝", 900, 1_100), ("茶", 1_100, 1_300)]


def test_without_a_voice_detector_the_voice_is_where_the_words_are() -> None:
    spoken = turn("one two three", [("one", 0, 300), ("two", 340, 700), ("three", 1_500, 2_000)])

    assert spoken.voiced == [Span(0, 700), Span(1_500, 2_000)]


def test_without_anything_words_are_spread_over_the_whole_turn() -> None:
    spoken = turn("one two", length_ms=1_000)

    assert (spoken.voiced, spoken.estimated, times(spoken)[-1][2]) == ([], True, 1_000)


def test_a_turn_without_words_is_no_estimate() -> None:
    spoken = turn("", voiced=[(0, 500)])

    assert (spoken.words, spoken.voiced, spoken.estimated) == ([], [Span(0, 500)], False)


def test_a_long_turn_is_timed_at_once() -> None:
    text = " ".join(["the", "same", "thing"] * 5_000)
    heard: Times = [(word, 100 * n, 100 * n + 90) for n, word in enumerate(text.split())]
    began = time.process_time()

    spoken = turn(text, heard, [(0, 1_500_000)], length_ms=1_500_000)

    assert len(spoken.words) == 15_000
    assert time.process_time() - began < 5


_WORDS = st.sampled_from(["one", "two", "three", "don't", "20", "好", "你好", "…", ""])
_HEARD = st.tuples(_WORDS, st.integers(-2_000, 9_000), st.integers(-2_000, 9_000))


@given(
    st.lists(_WORDS, max_size=25),
    st.lists(_HEARD, max_size=25),
    st.lists(st.tuples(st.integers(-500, 6_000), st.integers(-500, 6_000)), max_size=8),
    st.integers(0, 5_000),
    st.integers(0, 100_000),
)
def test_whatever_is_told_all_words_are_there_in_order_and_within_the_turn(
    text: list[str], heard: Times, voiced: list[tuple[int, int]], length_ms: int, start_ms: int
) -> None:
    said = " ".join(text)
    spoken = turn(said, heard, voiced, length_ms, start_ms)
    edges = [edge for word in spoken.words for edge in (word.start_ms, word.end_ms)]

    assert [(word.text, word.at) for word in spoken.words] == [(token.text, token.at) for token in tokens_of(said)]
    assert edges == sorted(edges)
    assert all(start_ms <= edge <= start_ms + length_ms for edge in edges)
    assert all(one.end_ms < other.start_ms for one, other in zip(spoken.voiced, spoken.voiced[1:], strict=False))


@given(st.lists(_WORDS, max_size=20), st.lists(st.integers(100, 900), min_size=1, max_size=6))
def test_estimated_words_never_lie_over_a_pause(text: list[str], lengths: list[int]) -> None:
    voiced, at = [], 0
    for length in lengths:
        voiced.append((at, at + length))
        at += length + 400
    spoken = turn(" ".join(text), voiced=voiced, length_ms=at)

    assert all(any(start <= word.start_ms <= word.end_ms <= end for start, end in voiced) for word in spoken.words)
