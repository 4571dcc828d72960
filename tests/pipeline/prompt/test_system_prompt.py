"""What the model is told of who it is."""

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.characters.character import Character
from pipeline.prompt.system_prompt import BUDGET, composed, system_prompt
from pipeline.text.styles import STYLES
from pipeline.text.tokens import tokens_of
from server.characters.reading import load_characters

BUILT_IN = load_characters(Path(__file__).parents[3] / "personas")


def test_the_prompt_says_who_speaks_how_and_within_which_limits() -> None:
    prompt = system_prompt(BUILT_IN["wizard"], "en")

    character = BUILT_IN["wizard"]
    for part in (character.who, character.manner, character.limits):
        assert part["en"] in prompt
    assert "no lists" in prompt
    assert "Stay Fennel." in prompt


def test_the_prompt_is_in_the_language_the_talk_begins_in() -> None:
    prompt = system_prompt(BUILT_IN["wizard"], "zh-CN")

    assert "你是小茴" in prompt
    assert "开始时用中文" in prompt


def test_the_prompt_of_a_guided_talk_holds_its_steps() -> None:
    character = BUILT_IN["interviewer"]

    prompt = system_prompt(character, "en")

    assert all(step.ask[0] in prompt for step in character.plan["en"].steps)


def test_a_language_the_character_does_not_speak_gets_its_default() -> None:
    assert system_prompt(BUILT_IN["mandarin-coach"], "fr") == system_prompt(BUILT_IN["mandarin-coach"], "zh")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_prompt_lists_every_style_mark_when_the_voice_follows_them(language: str) -> None:
    marks = [f"[{mark}]" for mark in STYLES]

    assert all(mark in system_prompt(BUILT_IN["wizard"], language, styles=True) for mark in marks)
    assert not any(mark in system_prompt(BUILT_IN["wizard"], language) for mark in marks)


def test_a_name_cannot_reach_into_the_prompt_template() -> None:
    prompt = system_prompt(replace(BUILT_IN["wizard"], name={"en": "{0.__class__}{name}"}), "en")

    assert prompt.startswith("You are {0.__class__}{name}.")


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("character", BUILT_IN.values(), ids=lambda character: character.id)
def test_prompts_are_short_enough_to_be_read_by_a_small_model(character: Character, language: str) -> None:
    assert len(system_prompt(character, language, styles=True)) < 8000


def test_a_card_of_fifty_thousand_characters_keeps_to_the_budget_and_loses_its_examples_first() -> None:
    wizard = BUILT_IN["wizard"]
    lost = composed(replace(wizard, scenario={"en": "It rains. " * 5_000}, after={"en": "Be brief."}), "en")

    assert lost.cut == ("scenario", "exchanges")
    assert BUDGET * 0.9 < tokens_of(lost.text) <= BUDGET
    assert wizard.who["en"] in lost.text
    assert "Stay Fennel." in lost.text
    assert "It rains.\n\n" in lost.text
    assert lost.after == "Be brief."
    assert composed(wizard, "en").cut == ()


def test_instructions_of_a_card_replace_who_one_is_told_to_be_but_not_the_rules() -> None:
    told = system_prompt(replace(BUILT_IN["wizard"], instructions={"en": "Write {{char}}'s next reply."}), "en")

    assert told.startswith("Write ")
    assert "You are Fennel." not in told
    assert "read aloud" in told
    assert "emergency services" in told


def test_a_nickname_is_what_the_character_stays() -> None:
    assert "Stay Fen." in system_prompt(replace(BUILT_IN["wizard"], nickname={"en": "Fen"}), "en")
