"""The rules that find slips: each finds its own examples, and none finds anything in what is right."""

from __future__ import annotations

import re
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.practice.mistake import Mistake
from pipeline.practice.mistakes.kinds import kinds_of, label_of
from pipeline.practice.mistakes.mistakes import LONGEST, mistakes_in, most_important
from pipeline.practice.mistakes.rules import FILES, Rule, rules_of

ROOT = Path(__file__).resolve().parents[4]
LANGUAGES = tuple(FILES)
ALL = [pytest.param(language, rule, id=rule.id) for language in LANGUAGES for rule in rules_of(language)]

NO_SLIPS = ("数东西说两个，不说二个。",)
"""Lines that name a slip in order to explain it."""


@pytest.mark.parametrize(("language", "rule"), ALL)
def test_a_rule_finds_the_slip_of_each_of_its_examples_and_no_other_rule_finds_more(language: str, rule: Rule) -> None:
    for sentence, said, better in rule.examples:
        found = mistakes_in(sentence, language, "en", spoken=False)
        assert [(one.said, one.better, one.kind) for one in found] == [(said, better, rule.kind)], sentence


@pytest.mark.parametrize(("language", "rule"), ALL)
def test_no_rule_finds_anything_in_the_sentences_that_are_right(language: str, rule: Rule) -> None:
    found = {sentence: mistakes_in(sentence, language, "en", spoken=False) for sentence in rule.right}
    assert not any(found.values()), found


@pytest.mark.parametrize(("language", "rule"), ALL)
def test_a_rule_has_a_known_kind_reasons_in_both_languages_and_places_that_are_there(language: str, rule: Rule) -> None:
    assert rule.kind in kinds_of(language)
    assert set(rule.reason) == {"en", "zh"}
    assert rule.examples
    assert rule.right
    unnamed = rule.pattern.groups - len(rule.pattern.groupindex)
    for table, number in re.findall(r"\{(?:(\w+):)?(\d)\}", rule.better):
        assert int(number) <= unnamed
        assert not table or table in rule.tables


def test_nothing_is_found_in_what_the_built_in_characters_say() -> None:
    found = [
        (line, one.said)
        for language, line in _native_lines()
        if line not in NO_SLIPS
        for one in mistakes_in(line, language, "en")
    ]
    assert found == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_found_in_ordinary_speech_that_is_right(language: str) -> None:
    right = _sentences(f"right.{language}.txt")
    assert len(right) >= 400
    assert [(one, mistakes_in(one, language, "en")) for one in right if mistakes_in(one, language, "en")] == []


@pytest.mark.parametrize(("language", "fewest"), [("en", 50), ("zh", 30)])
def test_of_the_typical_slips_so_many_are_found_as_the_page_of_practices_says(language: str, fewest: int) -> None:
    wrong = _sentences(f"wrong.{language}.txt")
    assert len(wrong) == 60
    assert sum(bool(mistakes_in(one, language, "en")) for one in wrong) >= fewest


@pytest.mark.parametrize("subject", ["I", "we", "they", "you", "he", "she", "it"])
@pytest.mark.parametrize(
    "said",
    [
        "if {} will be late I will call",
        "when {} will come I will call",
        "{} is living here since 2010",
        "{} don't went there",
        "he wants that {} goes",
        "{} have seen him yesterday",
        "{} am agree",
    ],
)
def test_what_is_told_as_better_is_no_slip_itself(subject: str, said: str) -> None:
    sentence = said.format(subject)
    for one in mistakes_in(sentence, "en", "en"):
        better = f"{sentence[: one.at]}{one.better}{sentence[one.at + len(one.said) :]}"
        assert mistakes_in(better, "en", "en") == []
        assert not re.search(
            r"\b(?:(?:we|they|you|he|she|it) am|(?:he|she|it) (?:come|have)|I is|(?:I|we|they) has)\b", better
        )


def test_only_what_does_not_overlap_is_told_and_each_stands_exactly_where_it_says() -> None:
    text = "Yesterday I go to the doctor and he don't know, three year ago I have went there"
    found = mistakes_in(text, "en", "en")
    assert [one.said for one in found] == ["Yesterday I go", "he don't", "three year", "have went"]
    ends = [0, *(one.at + len(one.said) for one in found)]
    assert all(one.at >= end for one, end in zip(found, ends, strict=False))
    assert all(text[one.at : one.at + len(one.said)] == one.said for one in found)


def test_reasons_are_in_the_persons_own_language() -> None:
    assert mistakes_in("she don't know", "en-GB", "zh-CN")[0].reason == "he、she、it 用 doesn't。"
    assert mistakes_in("三个书", "zh", "de")[0].reason == "This noun has a measure word of its own."


def test_what_only_writing_has_is_told_of_nobody_who_spoke() -> None:
    assert mistakes_in("他说的很流利。", "zh", "en") == []
    assert [one.better for one in mistakes_in("他说的很流利。", "zh", "en", spoken=False)] == ["说得很流利"]


def test_a_language_without_rules_has_no_slips_that_are_known() -> None:
    assert mistakes_in("Ich bin einverstanden", "de", "en") == []


def test_what_hinders_understanding_comes_first_and_may_come_alone() -> None:
    small, large = (
        Mistake("a", 0, "b", "", "R:DET"),
        Mistake("c", 5, "d", "", "R:VERB", hinders=True),
    )
    assert most_important([small, large]) is large
    assert most_important([small]) is small
    assert most_important([small], only_hindering=True) is None


def test_a_kind_is_called_by_its_name_where_it_is_not_known() -> None:
    assert label_of("R:PREP", "en", "zh") == "介词"
    assert label_of("R:PREP", "en", "fr") == "Another preposition"
    assert label_of("R:UNHEARD-OF", "en", "en") == "R:UNHEARD-OF"


@given(st.text(max_size=200), st.sampled_from([*LANGUAGES, "de", ""]))
def test_any_text_is_looked_at_without_a_fault(text: str, language: str) -> None:
    for one in mistakes_in(text, language, "zh"):
        assert text[one.at : one.at + len(one.said)] == one.said
        assert one.better


@pytest.mark.parametrize(
    "piece", ["I go ", "although it ", "three year ", "a b ", "because I ", "他 我是很", "个", "比我"]
)
def test_no_text_takes_long(piece: str) -> None:
    text, language = piece * LONGEST, "en" if piece.isascii() else "zh"
    begun = time.thread_time()
    mistakes_in(text, language, "en")
    assert time.thread_time() - begun < 1.0


def _native_lines() -> Iterator[tuple[str, str]]:
    for path in sorted((ROOT / "personas").rglob("*.toml")):
        data = tomllib.loads(path.read_text("utf-8"))
        for language in LANGUAGES:
            yield from ((language, line) for line in _lines(data.get(language)))


def _lines(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case list():
            yield from (line for one in value for line in _lines(one))
        case dict():
            # What is listened for, and what is put right, is wrong on purpose.
            listened = ("corrections", "heard", "expects", "words", "listen_for")
            yield from (line for key, one in value.items() if key not in listened for line in _lines(one))


def _sentences(name: str) -> list[str]:
    return (Path(__file__).parent / name).read_text("utf-8").splitlines()
