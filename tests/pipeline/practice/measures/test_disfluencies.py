"""Fillers and repairs by their place, possible fillers by voice without words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.practice.measures.turn import LATE_MS
from pipeline.practice.speech import Clip, Span
from tests.pipeline.practice.measures.saying import found, quotes, saying

ENOUGH = " so we took the train to the small town and had a look at all the old houses there"
ENOUGH_CHINESE = "然后大家一起坐火车去北京看了很多很老的房子"


@pytest.mark.parametrize(
    ("said", "fillers"),
    [
        ("Um, I was, uh, at home", ["Um", "uh"]),
        ("I was, you know, at home", ["you know"]),
        ("it is hard, you know", ["you know"]),
        ("do you know the way", []),
        ("as you know the shop is closed", []),
        ("you know what I want", []),
        ("I mean, it was late", ["I mean"]),
        ("what do I mean by that", []),
        ("it was like really good", ["like"]),
        ("it was, like, ten o'clock", ["like"]),
        ("I like really good bread", []),
        ("it looks like rain", []),
        ("I was kind of tired", ["kind of"]),
        ("it is a kind of bread", []),
        ("what kind of bread is it", []),
    ],
)
def test_english_fillers_are_told_by_their_place(said: str, fillers: list[str]) -> None:
    assert sorted(quotes(found(saying(said + "." + ENOUGH))["fillers"])) == sorted(fillers)


@pytest.mark.parametrize(
    ("said", "fillers"),
    [
        ("嗯，我想买票", ["嗯"]),
        ("我想/400/呃/300/买票", ["呃"]),
        ("我想买那个/400/嗯/300/票", ["嗯"]),
        ("然后那个/400/我们去了", ["那个"]),
        ("那个人是我朋友", []),
        ("我要那个。", []),
        ("那个那个我想买票", ["那个那个"]),
        ("这就是我的家", []),
        ("我觉得就是/400/有点贵", ["就是"]),
        ("就是有点儿贵", []),
        ("额外的钱不要", []),
        ("额，我不知道", ["额"]),
        ("好啊", []),
    ],
)
def test_chinese_fillers_are_told_by_their_place(said: str, fillers: list[str]) -> None:
    assert sorted(quotes(found(saying(said + "。" + ENOUGH_CHINESE, "zh"))["fillers"])) == sorted(fillers)


@pytest.mark.parametrize(
    ("said", "repairs"),
    [
        ("I I went home", ["I I"]),
        ("I um I went home", ["I um I"]),
        ("we wanted to we wanted to go home", ["we wanted to we wanted to"]),
        ("she go she goes home", ["she go"]),
        ("he she went home", ["he she"]),
        ("I took a the bus", ["a the"]),
        ("he took th- the bus", ["th- the"]),
        ("on Monday, sorry I mean Tuesday", ["sorry I mean"]),
        ("it was very very good", []),
        ("he had had enough", []),
        ("the number is zero zero seven", []),
        ("I think I know", []),
        ("No. No, thank you", []),
        ("we went home. We went to bed", []),
    ],
)
def test_english_repairs_are_words_said_again_or_begun_anew(said: str, repairs: list[str]) -> None:
    turn = saying(said + "." + ENOUGH)

    assert [quote[: len(repairs[0])] if repairs else quote for quote in quotes(found(turn)["repairs"])] == repairs


@pytest.mark.parametrize(
    ("said", "repairs"),
    [
        ("我我想买票", ["我我"]),
        ("我们我们去买票", ["我们我们"]),
        ("我想呃我想买票", ["我想呃我想"]),
        ("他去不是我是说她去买票", ["不是我是说"]),
        ("你看看这个", []),
        ("谢谢妈妈", []),
        ("我们研究研究", []),
        ("房间干干净净", []),
    ],
)
def test_chinese_repairs_are_no_reduplications(said: str, repairs: list[str]) -> None:
    assert quotes(found(saying(said + "。" + ENOUGH_CHINESE, "zh"))["repairs"]) == repairs


def test_fillers_and_repairs_are_counted_for_a_hundred_other_words() -> None:
    # 24 words, of which "um" is the filler
    measures = found(saying("um I I went home." + ENOUGH))

    assert measures["fillers"].value == pytest.approx(100 / 23)
    assert measures["repairs"].value == pytest.approx(100 / 23)


def test_the_commonest_filler_is_told_first() -> None:
    measures = found(saying("uh I was um at um home." + ENOUGH))

    assert quotes(measures["fillers"]) == ["um", "um", "uh"]


def test_a_voice_that_no_word_covers_may_be_a_filler() -> None:
    turn = saying("we went home" + ENOUGH)
    end = turn.words[-1].end_ms
    longer = replace(turn, voiced=[Span(0, end + 300 + LATE_MS), Span(end + 1_000, end + 1_400 + LATE_MS)])
    measures = found(longer)

    assert measures["fillers"].value == 0
    assert measures["possible_fillers"].count == 2
    assert measures["possible_fillers"].clips == (
        Clip("line", end + 1_000, end + 1_400),
        Clip("line", end, end + 300),
    )


def test_a_voice_between_two_words_may_be_a_filler_and_a_short_one_is_none() -> None:
    turn = saying("we went home" + ENOUGH)
    later = [replace(word, start_ms=word.start_ms + 300, end_ms=word.end_ms + 300) for word in turn.words[3:]]
    moved = [*turn.words[:3], *later]
    late = replace(turn, words=moved, voiced=[Span(0, moved[-1].end_ms + LATE_MS)])
    early = replace(turn, words=turn.words, voiced=[Span(-200, turn.words[-1].end_ms + LATE_MS)])

    assert found(late)["possible_fillers"].clips == (Clip("line", 900, 1_200),)
    assert found(early)["possible_fillers"].count == 0


def test_a_word_that_is_told_to_last_for_seconds_covers_no_more_than_it_can() -> None:
    turn = saying("we went home" + ENOUGH)
    last = turn.words[-1]
    drawn = replace(last, end_ms=last.start_ms + 3_000)
    measures = found(replace(turn, words=[*turn.words[:-1], drawn], voiced=[Span(0, last.start_ms + 3_000 + LATE_MS)]))

    assert measures["possible_fillers"].clips == (Clip("line", last.start_ms + 700, last.start_ms + 3_000),)
