"""Single parts of a report by rules: what they tell, and what they keep to themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from pipeline.practice.practice import LanguageSetup, Phrase, Practice, PracticeStep
from pipeline.practice.speech import Span, Spoken, SpokenTurn
from server.practice.report.answers import CONTENTS
from server.practice.report.heard import Heard
from server.practice.report.numbers import without_words
from server.practice.report.parts.next import Others, next_of
from server.practice.report.parts.understood import understood_in
from server.practice.report.sentences import sentence


def heard(phrases: Sequence[str], *said: str, language: str = "en", own: str = "en", typed: bool = False) -> Heard:
    """A talk in which these phrases could be said."""
    step = PracticeStep("order", "Order", ["?"], phrases=[Phrase(text) for text in phrases])
    practice = Practice("p", "language", language, own, "c", "t", scene=LanguageSetup("x"), steps=(step,))
    voice: Sequence[Any] = () if typed else [Span(0, 900)]
    turns = [SpokenTurn(f"item_{n}", text, language, 0, 1000, voiced=voice) for n, text in enumerate(said)]
    return Heard(None, practice, turns, Spoken([] if typed else turns))


def misheard(talk: Heard) -> list[tuple[str, str]]:
    found = understood_in(talk)
    assert found is not None
    return [(one.expected, one.heard) for one in found.items]


COFFEE = "I would like a coffee, please."


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("I would like a coffin please", [("coffee", "coffin")]),
        ("Um, I would like a coffee please", []),
        ("I would like a tea, please", []),
        ("I would like two coffees and a sandwich, please", []),
        ("What is the weather like?", []),
    ],
    ids=["taken for another", "understood", "another word was meant", "another sentence", "nothing like it"],
)
def test_a_word_counts_as_misunderstood_only_where_the_phrase_was_surely_said(
    said: str, found: list[tuple[str, str]]
) -> None:
    assert misheard(heard([COFFEE], said)) == found


def test_of_chinese_one_other_character_in_a_known_sentence_is_the_most() -> None:
    phrase = ["请给我一张地图好吗"]
    assert misheard(heard(phrase, "请给我一张地土好吗", language="zh")) == [("图", "土")]
    assert misheard(heard(phrase, "请给他一张白纸好吗", language="zh")) == []


def test_what_was_typed_was_not_understood_by_anybody() -> None:
    assert understood_in(heard([COFFEE], "I would like a coffin please", typed=True)) is None


@pytest.mark.parametrize("own", ["en", "zh"])
def test_every_sentence_is_there_in_both_languages_with_the_same_gaps(own: str) -> None:
    values = dict.fromkeys(("title", "change", "label", "count", "value", "words", "percent", "level"), "x")
    paths = [
        f"change.{name}" for name in ("say_something", "longer", "say_result", "say_own_action", "say_i", "nothing")
    ]
    paths += [f"change.{name}" for name in ("give_number", "shorter", "say_situation", "say_task")]
    paths += [f"strength.{name}" for name in ("numbers", "result", "own_action")]
    paths += [
        f"next.{kind}.{name}" for kind in ("text", "why") for name in ("unanswered", "change", "mistake", "fillers")
    ]
    paths += [f"next.{kind}.{name}" for kind in ("text", "why") for name in ("pauses", "again", "speak")]
    assert all(sentence(path, own, **values) for path in [*paths, "next.why.mistake_one", "level.share", "level.only"])


def test_where_nothing_stands_out_the_next_thing_is_to_do_it_again() -> None:
    (item,) = next_of(heard([COFFEE], "I would like a coffee please", own="zh"), Others()).items
    assert item.text == "同样的内容再练一次：第二次会轻松些。"


def test_only_parts_with_numbers_leave_something_behind() -> None:
    assert [name for name in CONTENTS if without_words(name, {"items": [], "groups": []})] == [
        "measures",
        "vocabulary",
        "mistakes",
    ]
