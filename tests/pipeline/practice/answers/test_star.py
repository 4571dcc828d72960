"""The parts of an answer that rules find, in both languages."""

from __future__ import annotations

import pytest

from pipeline.practice.answers.star import Structure, judged
from pipeline.practice.speech import SpokenTurn


def turns(*texts: str, language: str = "en") -> list[SpokenTurn]:
    return [SpokenTurn(f"item_{n}", text, language, n * 1000, n * 1000 + 900) for n, text in enumerate(texts)]


def quotes(structure: Structure) -> dict[str, str]:
    parts = ("situation", "task", "action", "result")
    return {part: clip.quote for part in parts if (clip := getattr(structure, part))}


WHOLE = (
    "At my last company our website was very slow. My task was to find out why before the sale began.",
    "So I measured every page and I rewrote the search with a colleague. In the end it took only 2 seconds.",
)
WHOLE_ZH = (
    "去年我们公司的网站非常慢。我负责在促销之前找到原因。",
    "我先分析了每个页面，然后我重写了搜索功能。结果时间缩短了百分之五十。",
)


def test_a_whole_answer_has_all_four_parts_with_the_words_that_show_them() -> None:
    found = judged(turns(*WHOLE), "en")

    assert quotes(found.structure) == {
        "situation": "At my last company our website was very slow",
        "task": "My task was to find out why before the sale began",
        "action": "So I measured every page and I rewrote the search with a colleague",
        "result": "In the end it took only 2 seconds",
    }
    assert found.strength is not None
    assert (found.strength[0], found.strength[1].quote) == ("numbers", "In the end it took only 2 seconds")
    assert found.change is None


def test_a_whole_answer_in_chinese_has_all_four_parts() -> None:
    found = judged(turns(*WHOLE_ZH, language="zh"), "zh")

    assert quotes(found.structure) == {
        "situation": "去年我们公司的网站非常慢",
        "task": "我负责在促销之前找到原因",
        "action": "我先分析了每个页面，然后我重写了搜索功能",
        "result": "结果时间缩短了百分之五十",
    }
    assert found.strength is not None
    assert found.strength[0] == "numbers"


@pytest.mark.parametrize(
    ("said", "change"),
    [
        ([], "say_something"),
        ([""], "say_something"),
        (["Yes."], "longer"),
        ((WHOLE[0], "So I measured every page and I rewrote the search with a colleague of mine."), "say_result"),
        (
            (*WHOLE[:1], "It was done by all of us together and in the end everything was much faster."),
            "say_own_action",
        ),
        (
            (
                "At my last job we had a fault, we looked, we asked. I fixed it at night, and in the end we were fast too.",
            ),
            "say_i",
        ),
        ((WHOLE[0], "So I measured every page and I rewrote the search. In the end it was fast again."), "give_number"),
        ((*WHOLE, "I checked it again and again. " * 60), "shorter"),
    ],
)
def test_the_one_thing_to_change_is_what_is_missed_first(said: list[str], change: str) -> None:
    assert judged(turns(*said), "en").change == change


def test_an_answer_that_tells_of_nothing_that_was_done_has_no_parts() -> None:
    found = judged(turns("A cache keeps what was asked for, so that the second time it takes 1 ms."), "en", told=False)

    assert found.structure == Structure()
    assert found.change == "longer"


def test_an_hour_without_a_full_stop_is_judged_in_its_pieces() -> None:
    found = judged(turns("I checked the log, " * 3_000), "en")

    assert found.structure.action is not None
    assert found.structure.action.quote == "I checked the log"
