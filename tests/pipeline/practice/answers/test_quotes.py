"""Quotes are spans of what was said, with their times, or nothing."""

from __future__ import annotations

import time

import pytest

from pipeline.practice.answers.quotes import Quotes, clip_of, span_in
from pipeline.practice.speech import Clip, SpokenTurn, TimedWord


def turn(text: str, line_id: str = "item_1", *words: TimedWord) -> SpokenTurn:
    return SpokenTurn(line_id, text, "en", 1_000, 9_000, words=words)


@pytest.mark.parametrize(
    ("quote", "text", "stands"),
    [
        ("I rewrote the cache.", "well,  I rewrote\nthe Cache and left", "I rewrote\nthe Cache"),
        ("i REWROTE, the cache!!", "I rewrote the cache", "I rewrote the cache"),
        ("dont go", "No, don’t go.", "don’t go"),
        ("follow up", "the follow-up call", "follow-up"),
        ("３０ percent", "some 30 percent", "30 percent"),
        ("我负责，后端。", "当时我负责后端，很忙", "我负责后端"),
        ("用python写", "我用 Python 写的", "用 Python 写"),
        ("a part", "apart from that", None),
        ("the cat", "the cats", None),
        ("I led the team", "I led the whole team", None),
        ("负责前端", "我负责后端", None),
        ("…", "anything … at all", None),
        ("", "anything", None),
        ("word " * 200, "word " * 300, None),
    ],
)
def test_a_quote_is_found_word_by_word_and_comes_out_as_it_was_said(quote: str, text: str, stands: str | None) -> None:
    found = span_in(quote, text)

    assert (text[slice(*found)] if found else None) == stands


def test_a_quote_has_the_time_of_its_words() -> None:
    words = [TimedWord("We", 0, 1_000, 1_200), TimedWord("shipped", 3, 1_300, 1_700), TimedWord("it", 11, 1_800, 1_900)]

    assert clip_of("shipped it", [turn("We shipped it.", "a", *words)]) == Clip("a", 1_300, 1_900, "shipped it")
    assert clip_of("shipped it", [turn("We shipped it.", "a")]) == Clip("a", 1_000, 9_000, "shipped it")


def test_a_line_that_is_named_wrongly_is_not_believed() -> None:
    turns = [turn("I was late.", "a"), turn("Then I was late again.", "b")]

    assert clip_of("I was late", turns, "b") == Clip("b", 1_000, 9_000, "I was late")
    assert clip_of("Then I was", turns, "a") == Clip("b", 1_000, 9_000, "Then I was")
    assert clip_of("I was late", turns, "made up") == Clip("a", 1_000, 9_000, "I was late")


def test_an_answer_of_which_more_than_a_quarter_of_the_quotes_is_nowhere_does_not_hold() -> None:
    quotes = Quotes([turn("one two three")])
    kept = quotes.clips([("one two", ""), ("two three", ""), ("One, two", ""), ("four", "")])
    held = quotes.hold
    quotes.clip("five")

    assert [clip.quote for clip in kept] == ["one two", "two three"]
    assert (held, quotes.hold) == (True, False)
    assert not Quotes([turn("one")], required=["answer"]).hold


def test_a_long_line_of_one_word_is_searched_quickly() -> None:
    began = time.process_time()
    assert span_in("no " * 150 + "yes", "no " * 30_000) is None
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    ("quote", "text"),
    [
        ("caf\u00e9", "the cafe\u0301 is"),
        ("cafe\u0301", "the caf\u00e9 is"),
        ("zero\u200bwidth", "a zerowidth"),
        ("zerowidth", "a zero\u00adwidth"),
    ],
)
def test_an_accent_written_otherwise_and_what_nobody_sees_makes_no_other_word(quote: str, text: str) -> None:
    assert span_in(quote, text) is not None
