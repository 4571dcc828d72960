"""Every measure is defined, in both languages, on the page and in the documentation."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipeline.practice.measures.definitions import definitions, missing_label
from pipeline.practice.measures.measures import measured
from pipeline.practice.speech import Spoken

ROOT = Path(__file__).parents[4]


def test_each_measure_has_a_definition_and_each_definition_a_measure() -> None:
    assert [one.id for one in measured(Spoken(()))] == [one.id for one in definitions("en")]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_definition_says_everything(language: str) -> None:
    for one in definitions(language):
        assert all((one.label, one.definition, one.formula, one.source, one.not_said)), one.id
        assert one.part in ("measures", "vocabulary"), one.id


def test_the_unit_of_pace_is_that_of_what_is_spoken() -> None:
    assert [definitions("en", spoken)[0].unit for spoken in ("en", "zh-CN")] == ["words/min", "characters/min"]
    assert [definitions("zh", spoken)[0].unit for spoken in ("en", "zh")] == ["词/分钟", "字/分钟"]


def test_why_a_measure_is_missing_is_a_sentence_in_both_languages() -> None:
    codes = {one.missing for one in measured(Spoken(()))}

    assert codes == {"no_speech"}
    assert missing_label("no_speech", "en") == "Nothing was spoken."
    assert missing_label("no_speech", "zh") == "没有说话。"


def test_every_code_that_is_used_has_a_sentence() -> None:
    sources = (ROOT / "pipeline/practice/measures").rglob("*.py")
    used = {code for path in sources for code in re.findall(r'"((?:no|too)_\w+)"', path.read_text("utf-8"))}

    assert used >= {"no_speech", "too_short", "no_word_times"}
    assert [code for code in sorted(used) if missing_label(code, "zh") == code] == []


def test_the_documentation_has_every_measure() -> None:
    text = (ROOT / "docs/practice.md").read_text("utf-8")

    assert [one.id for one in definitions("en") if f"`{one.id}`" not in text] == []
