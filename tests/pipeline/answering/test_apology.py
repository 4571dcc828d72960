from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.answering.apology import GENERAL, PAUSE_S, Apologies
from server.characters.reading import load_characters

WIZARD = load_characters(Path(__file__).parents[3] / "personas")["wizard"]
SILENT = replace(WIZARD, phrases={"en": {}, "zh": {"failed": ()}})


@pytest.mark.parametrize(
    ("language", "general"), [("en", "en"), ("zh-CN", "zh"), ("ja", "ja"), ("xx", "en"), ("", "en")]
)
def test_the_general_line_is_in_the_language_of_the_conversation_or_else_in_english(
    language: str, general: str
) -> None:
    texts = {Apologies().text(character, language) for character in (None, SILENT)}

    assert texts == {GENERAL[general]}


def test_a_character_uses_its_own_lines_one_after_the_other_in_its_own_languages_only() -> None:
    apologies, character = Apologies(), replace(WIZARD, phrases={"en": {"failed": ("Oh.", "Oh no.")}})
    said = []
    for language in ("en", "en-GB", "en", "fr"):
        said.append(apologies.text(character, language))
        apologies.said(0)

    assert said == ["Oh.", "Oh no.", "Oh.", GENERAL["fr"]]


def test_the_next_one_is_due_after_a_while_or_once_an_answer_came() -> None:
    apologies = Apologies()
    before = apologies.due(0)
    apologies.said(0)
    meanwhile = [apologies.due(now) for now in (1, PAUSE_S - 1, PAUSE_S)]
    apologies.answered()

    assert (before, meanwhile, apologies.due(2)) == (True, [False, False, True], True)
