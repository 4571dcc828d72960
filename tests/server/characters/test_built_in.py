"""The characters that come with Kaikou: complete, distinct, and short-spoken."""

import re
from pathlib import Path

import pytest

from pipeline.characters.character import Character
from server.characters.reading import load_characters

BUILT_IN = load_characters(Path(__file__).parents[3] / "personas")

MARKUP = re.compile(r"[*_#`<>\[\]|~]|https?:|[\U0001F000-\U0001FAFF☀-➿]")
PLACEHOLDERS = {"offer": "{topics}", "recall": "{answer}"} | dict.fromkeys(
    ("hello_name", "by_name", "your_name"), "{name}"
)


def spoken(character: Character) -> list[tuple[str, str]]:
    """Every line the character may speak, with its language."""
    lines = [(language, text) for language, text in character.greeting.items()]
    for language in character.languages:
        lines += [(language, line) for e in character.exchanges[language] for line in (*e.says, *e.then)]
        lines += [(language, line) for q in character.questions[language] for line in (q.ask, *q.then)]
        lines += [(language, line) for phrases in character.phrases[language].values() for line in phrases]
    for language, plan in character.plan.items():
        lines += [(language, line) for step in plan.steps for line in (*step.ask, *(r.says for r in step.follow_ups))]
        lines += [(language, remark.says) for turn in plan.closing for remark in turn]
        lines += [(language, line) for line in (*plan.praise, *plan.hints, *plan.move_on)]
    return lines


def contrast(accent: str, ground: float) -> float:
    channels = [int(accent[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return (max(luminance, ground) + 0.05) / (min(luminance, ground) + 0.05)


def test_there_are_seven_and_each_has_its_own_voice_colour_and_name() -> None:
    expected = ["assistant", "detective", "english-coach", "interviewer", "mandarin-coach", "philosopher", "wizard"]

    assert list(BUILT_IN) == expected
    for language in ("en", "zh"):
        assert len({c.voice[language] for c in BUILT_IN.values()}) == 7
    assert len({c.accent for c in BUILT_IN.values()}) == len({c.name["en"] for c in BUILT_IN.values()}) == 7


@pytest.mark.parametrize("character", BUILT_IN.values(), ids=lambda character: character.id)
class TestEveryBuiltInCharacter:
    def test_is_at_home_in_both_languages(self, character: Character) -> None:
        for language in ("en", "zh"):
            assert len(character.exchanges[language]) >= 25
            assert len(character.questions[language]) >= 6
            assert len(character.topics[language]) >= 6

    def test_greets_with_a_question(self, character: Character) -> None:
        for greeting in character.greeting.values():
            assert re.search(r"[?？]", greeting[-40:])

    def test_speaks_in_few_short_plain_sentences(self, character: Character) -> None:
        for language, line in spoken(character):
            assert not MARKUP.search(line), line
            assert len(line) <= (300 if language == "en" else 130), line
            assert len(re.findall(r"[.!?。！？]+(?:\s|”|$)", line)) <= 6, line

    def test_fills_its_placeholders_only_where_something_can_be_filled_in(self, character: Character) -> None:
        for phrases in character.phrases.values():
            for kind, lines in phrases.items():
                expected = [PLACEHOLDERS[kind]] if kind in PLACEHOLDERS else []
                assert all(re.findall(r"\{\w+\}", line) == expected for line in lines)

    def test_never_says_one_line_in_two_places(self, character: Character) -> None:
        for language in character.languages:
            says = [line for e in character.exchanges[language] for line in (*e.says, *e.then)]
            asks = [line for q in character.questions[language] for line in (q.ask, *q.then)]
            assert len({*says, *asks}) == len(says) + len(asks)

    def test_can_be_read_on_light_and_dark(self, character: Character) -> None:
        assert min(contrast(character.accent, 1.0), contrast(character.accent, 0.0)) >= 4.5

    def test_leads_the_same_plan_in_both_languages(self, character: Character) -> None:
        plans = [
            ([(step.id, step.when) for step in plan.steps], {g: list(o) for g, o in plan.choices.items()})
            for plan in character.plan.values()
        ]
        assert all(plan == plans[0] for plan in plans)
