"""When written words sound, by the times of the words that are said in their place."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.text.spoken_forms import Piece, as_written, spoken_of, written_of
from pipeline.text.word_times import WordTime, align, interpolate

same = lambda text: Piece(text, text)  # noqa: E731
COSTS = (same("It costs "), Piece("$20.50", "twenty dollars and fifty cents"), same(" today."))
SPOKEN = ["It", "costs", "twenty", "dollars", "and", "fifty", "cents", "today"]


def timed(*words: str) -> list[WordTime]:
    """The words one after the other, 100 ms each."""
    return [WordTime(word, 100 * index, 100 * index + 100) for index, word in enumerate(words)]


def test_several_spoken_words_are_one_written_word() -> None:
    assert as_written(COSTS, timed(*SPOKEN)) == (
        WordTime("It", 0, 100),
        WordTime("costs", 100, 200),
        WordTime("$20.50", 200, 700),
        WordTime("today.", 700, 800),
    )


def test_the_caption_lights_up_the_written_word_while_its_spoken_ones_sound() -> None:
    words = as_written(COSTS, timed(*SPOKEN))
    assert align(" It costs $20.50 today.", words, 800) == [
        WordTime(" It", 0, 100),
        WordTime(" costs", 100, 200),
        WordTime(" $20.50", 200, 700),
        WordTime(" today.", 700, 800),
    ]


def test_words_that_are_one_piece_share_its_time() -> None:
    pieces = (same("On "), Piece("July 4, 1976", "July fourth, nineteen seventy-six"), same(" we met."))
    words = as_written(pieces, timed("On", "July", "fourth", "nineteen", "seventy-six", "we", "met"))
    assert words[1] == WordTime("July 4, 1976", 100, 500)
    assert [word.text for word in align("On July 4, 1976 we met.", words, 700)] == [
        *("On", " July", " 4,", " 1976", " we", " met.")
    ]


def test_a_part_of_a_word_belongs_to_the_whole_of_it() -> None:
    pieces = (same("A "), Piece("5", "five"), same("-year-old dog."))
    assert [word.text for word in as_written(pieces, timed("A", "five-year-old", "dog"))] == ["A", "5-year-old", "dog."]


def test_chinese_characters_are_timed_one_by_one_and_a_number_as_a_whole() -> None:
    pieces = (same("我花了"), Piece("20", "二十"), same("元。"))
    assert as_written(pieces, timed(*"我花了二十元")) == (
        *timed("我", "花", "了"),
        WordTime("20", 300, 500),
        WordTime("元。", 500, 600),
    )


def test_numbers_between_chinese_commas_light_up_one_by_one() -> None:
    pieces = (same("从"), Piece("-10℃", "零下十摄氏度"), same("，"), Piece("￥3.50", "三点五元"), same("，好。"))
    times = as_written(pieces, interpolate(spoken_of(pieces), 1000))
    assert [word.text for word in times] == ["从", "-10℃，", "￥3.50，", "好。"]


def test_words_that_the_engine_did_not_take_from_the_text_lengthen_the_one_before() -> None:
    assert as_written((same("one two"),), timed("one", "er", "two")) == (
        WordTime("one", 0, 200),
        WordTime("two", 200, 300),
    )


def test_what_is_said_of_nothing_is_nothing() -> None:
    assert as_written((), timed("a", "b")) == ()
    assert as_written((Piece("–", ""), same("a")), timed("a")) == (WordTime("–a", 0, 100),)


pieces_of_text = st.lists(
    st.builds(
        Piece, st.sampled_from(["a ", "b", " $5", "你", "3", "–", "", " "]), st.sampled_from(["a ", "五 ", "x y", ""])
    )
)


@settings(max_examples=300, deadline=None)
@given(pieces_of_text, st.integers(0, 5000))
def test_word_times_follow_each_other_and_their_texts_the_written_one(pieces: list[Piece], duration_ms: int) -> None:
    words = as_written(pieces, interpolate(spoken_of(pieces), duration_ms))
    starts = [word.start_ms for word in words]
    assert starts == sorted(starts)
    at = 0
    for word in words:
        at = written_of(pieces).index(word.text, at) + len(word.text)


@pytest.mark.parametrize("text", ["It costs $20.50 today.", "我花了20元。"])
def test_a_text_that_is_said_as_it_is_written_keeps_its_words(text: str) -> None:
    words = interpolate(text, 900)
    assert [word.text for word in as_written((same(text),), words)] == [word.text.strip() for word in words]
