from __future__ import annotations

import pytest

from pipeline.turns.finished import (
    ASKED,
    COMPLETE,
    HALF_OPEN,
    HALF_OPEN_ENDINGS,
    OPEN,
    OPEN_ENDINGS,
    SEARCHING,
    SEARCHING_ENDINGS,
    finished,
)


@pytest.mark.parametrize(
    "text",
    [
        "i would like to order a pizza",
        "I would like to order a pizza.",
        "I WOULD LIKE TO ORDER A PIZZA",
        "10 of clubs",
        "I was born in 1984.",
        "See you at 7:30.",
        "It costs 2,000 dollars.",
        "Yes.",
        "Thank you, goodbye!",
        "i have two brothers",
        "There are seven",
        "我想点一个披萨",
        "今天星期一",
        "我有三",
        "你好！",
        "是",
        "我也是",
        "我不是",
    ],
)
def test_words_that_could_be_all_are_complete(text: str) -> None:
    assert finished(text) == COMPLETE


@pytest.mark.parametrize(
    "text",
    [
        "What time is the train?",
        "What time is it",
        "So where are you from",
        "Do you know what I mean",
        "Can you help me",
        "Okay, how much does it cost",
        "What's that",
        "Why",
        "You are here?",
        "你叫什么名字？",
        "你是哪里人呢",
        "他来了吗",
    ],
)
def test_a_question_waits_for_its_answer(text: str) -> None:
    assert finished(text) == ASKED


@pytest.mark.parametrize(
    "text",
    [
        "I'm",
        "I think they're",
        "She says he's",
        "My name is",
        "Can you tell me the",
        "What is the",
        "我觉得",
        "如果明天下雨的话",
        "你喜欢茶还是",
        "I went to the shop...",
        "我昨天去了…",
    ],
)
def test_a_sentence_that_breaks_off_is_open(text: str) -> None:
    assert finished(text) == OPEN


@pytest.mark.parametrize(
    "text",
    [
        "I went to the shop and",
        "I like it because...",
        "Well, um",
        "AND",
        "What is the, uh",
        "我喜欢，因为",
        "嗯",
        "他是，嗯",
        "我昨天去了商店，然后",
    ],
)
def test_whoever_stops_at_a_conjunction_or_a_sound_of_thought_is_searching(text: str) -> None:
    assert finished(text) == SEARCHING


@pytest.mark.parametrize(
    "text",
    [
        "I like that",
        "I wonder what",
        "Do you",
        "First of all, you see,",
        "我昨天去了，",
        "It was the first great sorrow",
        "And Mr. John Dashwood had then leisure to consider how much",
    ],
)
def test_a_sentence_that_may_go_on_is_half_open(text: str) -> None:
    assert finished(text) == HALF_OPEN


@pytest.mark.parametrize("text", ["Well", "So, well", "Right", "Actually", "那么", "那个"])
def test_words_that_only_take_the_floor_are_open(text: str) -> None:
    assert finished(text) == OPEN


@pytest.mark.parametrize(
    "text",
    [
        "My number is five five",
        "double seven",
        "It is oh eight",
        "我的号码是一三",
        "一三八，零零",
        "一 三",
        "10001 902",
        "My number is 90210.",
        "我的号码是 138 00",
    ],
)
def test_a_number_that_is_being_dictated_is_open(text: str) -> None:
    assert finished(text) == OPEN


@pytest.mark.parametrize("text", ["", " ", "…", "!"])
def test_no_words_say_nothing(text: str) -> None:
    assert finished(text) == 0


def test_every_ending_is_spelled_as_words_are_compared() -> None:
    endings = sorted(SEARCHING_ENDINGS | OPEN_ENDINGS | HALF_OPEN_ENDINGS)
    assert [word for word in endings if finished(f"he asked {word}") > HALF_OPEN] == []


def test_an_ending_is_of_one_kind() -> None:
    kinds = [SEARCHING_ENDINGS, OPEN_ENDINGS, HALF_OPEN_ENDINGS]
    assert len(frozenset[str]().union(*kinds)) == sum(map(len, kinds))
