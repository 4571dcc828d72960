"""Variety, new words and levels, against figures worked out by hand."""

from __future__ import annotations

import pytest

from pipeline.practice.measures.vocabulary.diversity import mattr, mtld
from pipeline.practice.measures.vocabulary.levels import LEVELS, lemma_of, level_of, words_by_level
from pipeline.practice.measures.vocabulary.vocabulary import vocabulary_of, words_said
from pipeline.practice.speech import Spoken
from tests.pipeline.practice.measures.saying import found, quotes, saying

SIMPLE = (
    "one two three four five six seven eight nine ten morning water bread coffee mother father sister house garden "
    "table chair window door school teacher book pen paper student friend city street shop bus train plane ticket "
    "summer winter spring autumn river mountain tree flower dog cat bird horse cow"
)
RARE = "ambiguous meticulous ubiquitous pragmatic resilience scrutiny nuance"


def test_mattr_is_the_mean_over_all_windows() -> None:
    # windows of 4: abca bcab cabd: 3, 3 and 4 of 4 are different
    assert mattr(list("abcabd"), 4) == pytest.approx((3 + 3 + 4) / 12)
    with pytest.raises(ValueError, match="fewer"):
        mattr(["a"] * 49)


def test_mtld_counts_factors_forwards_and_backwards_with_what_is_left() -> None:
    # forwards: "a b a" has 2/3 < 0.72, one factor; "c d e" is left with 1: 6 / 1
    # backwards: "e d c a b a" ends with 5/6, so (1 - 5/6) / 0.28 = 0.595 factors: 6 / 0.595
    assert mtld(list("abacde")) == pytest.approx((6 + 6 / ((1 - 5 / 6) / 0.28)) / 2)
    assert mtld(list("abcd")) == 4


def test_variety_needs_as_many_words_as_its_definition_says() -> None:
    fifty, hundred = saying(SIMPLE), saying(f"{SIMPLE} {SIMPLE}")

    assert (found(fifty)["mattr"].value, found(fifty)["mtld"].missing) == (1.0, "too_short")
    # 50 words, then the same again: at the 70th the share falls to 50/70, and the 30 that are left differ
    assert found(hundred)["mtld"].value == pytest.approx(100)


def test_words_that_were_said_before_are_not_new_in_any_form() -> None:
    turn = saying("yesterday we walked to the old bridge and looked at three ships on the water")
    known = {"we", "walk", "to", "the", "look", "at", "on", "and", "old", "ship", "three"}
    measures = found(turn, known_words=known)

    assert measures["new_words"].value == 3
    assert quotes(measures["new_words"]) == ["bridge", "yesterday", "water"]


def test_what_was_said_is_known_to_the_next_talk() -> None:
    talk = Spoken([saying("yesterday we walked to the old bridge and looked at three ships on the water")])

    assert vocabulary_of(talk, known_words=words_said(talk)).new_words == []


def test_chinese_words_are_the_longest_of_the_list_and_fillers_part_them() -> None:
    said = words_said(Spoken([saying("我们明天去图书馆，图，书馆", "zh")]))

    assert said == {"我们", "明天", "去", "图书馆", "图", "书", "馆"}


def test_a_numeral_keeps_its_measure_word() -> None:
    assert words_said(Spoken([saying("四个人", "zh")])) == {"四", "个", "人"}
    assert words_said(Spoken([saying("个人简历", "zh")])) == {"个人", "简历"}


def test_levels_are_counted_by_different_words_and_the_rarest_are_told_first() -> None:
    talk = Spoken([saying(f"{SIMPLE} {RARE}, meticulous")])
    vocabulary = vocabulary_of(talk)

    assert {one.level: one.count for one in vocabulary.levels} == {"A1": 50, "A2": 0, "B1": 0, "B2": 1, "C1": 6}
    assert sum(one.share for one in vocabulary.levels) == pytest.approx(1)
    assert vocabulary.new_words[0].level == "C1"
    assert found(saying(f"{SIMPLE} {RARE}"))["rarer_words"].value == pytest.approx(100 * 7 / 57)


def test_the_range_is_two_levels_with_the_words_that_it_is_read_from() -> None:
    plain = vocabulary_of(Spoken([saying(SIMPLE)])).range
    rare = vocabulary_of(Spoken([saying(f"{SIMPLE} {RARE}")])).range

    assert plain
    assert rare
    assert (plain.low, plain.high) == ("A1", "A2")
    assert (rare.low, rare.high) == ("B2", "C1")
    assert {one.word for one in rare.rarest} <= set(RARE.split())
    assert vocabulary_of(Spoken([saying("only a few words")])).range is None


@pytest.mark.parametrize(
    ("form", "lemma"),
    [
        ("went", "go"), ("children", "child"), ("running", "run"), ("makes", "make"), ("making", "make"), ("tried", "try"),
        ("happily", "happy"), ("bigger", "big"), ("boxes", "box"), ("teacher's", "teacher"), ("don't", "do"), ("zzz", "zzz"),
    ],
)  # fmt: skip
def test_a_form_belongs_to_its_word(form: str, lemma: str) -> None:
    assert lemma_of(form, "en") == lemma


@pytest.mark.parametrize(("language", "least"), [("en", 2_500), ("zh", 2_000)])
def test_our_lists_have_each_word_once_and_enough_of_every_level(language: str, least: int) -> None:
    levels = words_by_level(language)
    counts = [list(levels.values()).count(level) for level in LEVELS]

    assert len(levels) >= least
    assert min(counts) >= 350
    assert level_of("咖啡" if language == "zh" else "coffee", language) == "A1"
    assert words_by_level("fr") == {}
