"""Rates, pauses and turns, over talks whose figures were counted by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.practice.measure import Measure
from pipeline.practice.speech import Clip, Span
from tests.pipeline.practice.measures.saying import found, quotes, saying

SAID = "we went to the park /500/ and then we ate um /1000/ some bread near the old river with my dear little sister"


def test_rates_of_a_turn_are_those_counted_by_hand() -> None:
    # 21 words of 300 ms, one of them a filler; 23 syllables without it; pauses of 500 and 1,000 ms: 6.3 s of 7.8 s.
    measures = found(saying(SAID))
    values = {
        id: round(measures[id].value or 0, 3)
        for id in ("pace", "speech_rate", "articulation_rate", "phonation_ratio", "run_length")
    }

    assert values == {
        "pace": round(60 * 20 / 7.8, 3),
        "speech_rate": round(23 / 7.8, 3),
        "articulation_rate": round(23 / 6.3, 3),
        "phonation_ratio": round(100 * 6.3 / 7.8, 3),
        "run_length": round(23 / 3, 3),
    }


def test_pauses_are_counted_by_the_minute_and_told_apart_by_the_words_around_them() -> None:
    measures = found(saying(SAID))
    counted = {id: measures[id].value for id in ("pauses", "pauses_within", "pauses_between", "pause_length")}

    assert counted == pytest.approx(
        {"pauses": 60 * 2 / 7.8, "pauses_within": 60 / 7.8, "pauses_between": 60 / 7.8, "pause_length": 0.75}
    )
    assert measures["pauses"].clips == (Clip("line", 3_500, 4_500), Clip("line", 1_500, 2_000))


@pytest.mark.parametrize(
    ("said", "between"),
    [
        ("i went home, /400/ then i slept until the late evening", True),
        ("i went home /400/ because i wanted to sleep until late", True),
        ("i went home and /400/ i wanted to sleep until late", False),
        ("i got home /400/ she was waiting at the front door", True),
        ("what do /400/ they want from a man who is so old", False),
        ("i went to the /400/ big house at the end of town", False),
        ("i went to the... /400/ big house at the end of town", False),
        ("i went home.. /400/ the house was at the end of town", True),
        ("i went home um /400/ and slept until the late evening", True),
        ("um /400/ i went home and slept until the late evening", True),
    ],
)
def test_a_pause_stands_between_clauses_where_one_ends_or_begins(said: str, between: bool) -> None:
    measures = found(saying(said, word_ms=600))

    assert (measures["pauses_within"].count, measures["pauses_between"].count) == ((0, 1) if between else (1, 0))


@pytest.mark.parametrize(
    ("said", "between"),
    [
        ("我昨天去北京看朋友/400/因为他生日到了", True),
        ("我昨天去北京的时候/400/看见一个老朋友", True),
        ("你昨天去北京了吗/400/今天天气真的很好", True),
        ("我昨天去北京看了/400/一个很老的老朋友", False),
        ("我昨天去北京但是/400/我没看见那个朋友", False),
    ],
)
def test_chinese_clauses_begin_with_conjunctions_and_end_with_particles(said: str, between: bool) -> None:
    measures = found(saying(said, "zh", word_ms=400))

    assert (measures["pauses_within"].count, measures["pauses_between"].count) == ((0, 1) if between else (1, 0))


def test_a_silence_shorter_than_a_quarter_of_a_second_is_no_pause() -> None:
    short, long = (found(saying(SAID.replace("500", str(ms))))["pauses"].count for ms in (249, 250))

    assert (short, long) == (1, 2)


def test_chinese_is_counted_by_the_character_and_a_latin_word_is_one() -> None:
    measures = found(saying("我最近在学Python和怎么写一个好的程序", "zh", word_ms=400))

    # 15 characters and one word, of two syllables
    assert measures["pace"].value == pytest.approx(60 * 16 / 6.4)
    assert measures["speech_rate"].value == pytest.approx(17 / 6.4)


def test_measures_are_of_the_language_that_was_heard_longest() -> None:
    english = saying(SAID)
    chinese = saying("你好请问这个用英语怎么说", "zh", at=20_000)

    assert found(english, chinese)["pace"] == found(english)["pace"]
    assert found(english, chinese)["monologue"].count == 2


def test_turn_taking_is_of_all_turns() -> None:
    first = saying(SAID, at=2_000, asked_ms=1_200)
    second = saying("yes i would like to have some bread", at=20_000, asked_ms=18_000)
    third = saying("no thank you", at=30_000)
    measures = found(first, second, third, character_ms=11_100)

    assert measures["answer_delay"].value == pytest.approx(1.4)
    assert measures["answer_delay"].clips == (Clip("line", 18_000, 20_000), Clip("line", 1_200, 2_000))
    assert measures["monologue"].value == pytest.approx(7.8)
    assert measures["talk_share"].value == pytest.approx(100 * 11.1 / 22.2)


def test_who_begins_before_the_end_of_a_question_did_not_wait() -> None:
    assert found(saying(SAID, at=1_000, asked_ms=1_500))["answer_delay"].value == 0


def test_too_little_speech_has_no_rate_and_says_so() -> None:
    measures = found(saying("yes i think so"))

    assert measures["pace"] == Measure("pace", None, missing="too_short")
    assert measures["fillers"].missing == "too_short"
    assert measures["monologue"].value == pytest.approx(1.2)
    assert (measures["answer_delay"].missing, measures["talk_share"].missing) == ("no_answers", "no_character")


def test_without_a_voice_nothing_was_spoken() -> None:
    assert {one.missing for one in found().values()} == {"no_speech"}
    assert {one.missing for one in found(saying("")).values()} == {"no_speech"}


def test_spread_words_make_no_pauses_within_clauses_and_no_possible_fillers() -> None:
    measures = found(saying(SAID, estimated=True))

    assert measures["pauses_within"].missing == measures["possible_fillers"].missing == "no_word_times"
    assert [id for id, one in measures.items() if one.estimated] == ["run_length"]
    assert measures["pace"].value == pytest.approx(60 * 20 / 7.8)


def test_without_a_detector_the_voice_is_where_the_words_are() -> None:
    turn = saying(SAID)
    measures = found(replace(turn, voiced=()))

    assert measures["pauses"] == found(turn)["pauses"]
    assert found(replace(turn, voiced=(), estimated=True))["pace"].estimated


def test_other_languages_have_what_needs_no_syllables_and_no_list() -> None:
    measures = found(saying("je suis allé au marché ce matin avec ma petite sœur et nous avons acheté du pain", "fr"))
    known = {id for id, one in measures.items() if one.value is not None}

    assert known == {"pace", "phonation_ratio", "pauses", "monologue"}
    assert measures["speech_rate"].missing == measures["rarer_words"].missing == "language"


def test_the_turn_that_differs_most_is_told_first_and_quoted_as_it_was_said() -> None:
    slow = saying("Well, this one was a very slow answer to it.", at=50_000, word_ms=900)
    measures = found(saying(SAID), saying(SAID, at=20_000), slow)

    assert quotes(measures["pace"])[0] == "Well, this one was a very slow answer to it"


def test_overlapping_voice_is_heard_once() -> None:
    turn = saying(SAID)
    twice = replace(turn, voiced=(*turn.voiced, Span(0, 900), *turn.voiced[::-1]))

    assert found(twice) == found(turn)
