from __future__ import annotations

import pytest

from pipeline.turn_wait import FACTORS, OPEN_ENDINGS, Eagerness, adaptive_wait, is_unfinished


@pytest.mark.parametrize(
    "text",
    [
        "I would like to order a pizza",
        "What time is the train?",
        "Yes.",
        "I have two brothers",
        "There are seven",
        "我想点一个披萨",
        "今天星期一",
        "我有三",
        "你好！",
    ],
)
def test_a_sentence_that_sounds_finished_is(text: str) -> None:
    assert not is_unfinished(text)


@pytest.mark.parametrize(
    "text",
    [
        "I went to the shop and",
        "I like it because...",
        "Well, um",
        "I'm",
        "I think they're",
        "She says he's",
        "My name is",
        "AND",
        "我喜欢，因为",
        "嗯",
        "我觉得",
        "如果明天下雨的话",
    ],
)
def test_a_sentence_that_breaks_off_is_unfinished(text: str) -> None:
    assert is_unfinished(text)


@pytest.mark.parametrize(
    "text",
    [
        "My number is five five",
        "double seven",
        "It is oh eight",
        "我的号码是一三",
        "一三八，零零",
        "一 三",
    ],
)
def test_a_number_that_is_being_dictated_is_unfinished(text: str) -> None:
    assert is_unfinished(text)


@pytest.mark.parametrize("text", ["", " ", "…", "?!"])
def test_no_words_are_not_unfinished(text: str) -> None:
    assert not is_unfinished(text)


def test_every_ending_is_spelled_as_words_are_compared() -> None:
    assert [ending for ending in sorted(OPEN_ENDINGS) if not is_unfinished(ending)] == []


@pytest.mark.parametrize(
    ("eagerness", "finished_ms", "unfinished_ms"),
    [("low", 900, 2160), ("medium", 500, 1200), ("auto", 500, 1200), ("high", 300, 720)],
)
def test_the_wait_follows_the_eagerness_and_what_was_said(
    eagerness: Eagerness, finished_ms: int, unfinished_ms: int
) -> None:
    wait_ms = adaptive_wait(eagerness, 500)

    assert (wait_ms("That is all."), wait_ms("That is all and"), wait_ms("")) == (
        finished_ms,
        unfinished_ms,
        finished_ms,
    )


def test_the_usual_silence_scales_every_wait() -> None:
    assert [adaptive_wait(eagerness, 1000)("Yes.") for eagerness in FACTORS] == [1800, 1000, 1000, 600]
