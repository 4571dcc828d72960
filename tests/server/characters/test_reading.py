import re
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.character import (
    Character,
    Exchange,
    Question,
    load_characters,
    parse_character,
    text_in,
)
from pipeline.errors import InvalidRequest
from pipeline.styles import STYLES
from pipeline.system_prompt import system_prompt

PERSONAS = Path(__file__).parents[3] / "personas"
BUILT_IN = load_characters(PERSONAS)

MARKUP = re.compile(r"[*_#`<>\[\]|~]|https?:|[\U0001F000-\U0001FAFF☀-➿]")
PLACEHOLDERS = {"offer": "{topics}", "recall": "{answer}"} | dict.fromkeys(
    ("hello_name", "by_name", "your_name"), "{name}"
)


def written(**changes: Any) -> dict[str, Any]:
    """The least a file must say, with changes."""
    return {
        "id": "baker",
        "languages": ["en"],
        "en": {"name": "Bo", "who": "Bo bakes bread.", "greeting": "Fresh bread! What would you like?"},
    } | changes


def english(**changes: Any) -> dict[str, Any]:
    return written(en=written()["en"] | changes)


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


# --- Reading ---------------------------------------------------------------------------------------------------------


def test_a_name_a_description_and_a_greeting_are_enough() -> None:
    character = parse_character(written())

    assert character.engine == ""
    assert (character.portrait, character.voice, character.topics) == ("baker", {"en": "neutral"}, {"en": ()})


def test_the_default_language_comes_first_and_answers_for_what_is_missing() -> None:
    both = {"en": written()["en"], "zh": {"name": "小宝", "who": "做面包的。", "greeting": "要点什么？"}}

    character = parse_character(written(languages=["en", "zh"], default_language="zh", **both))

    assert character.languages == ("zh", "en")
    assert [text_in(character.name, tag) for tag in ("zh-CN", "en", "fr")] == ["小宝", "Bo", "小宝"]


def test_a_question_may_be_a_text_or_a_table() -> None:
    character = parse_character(english(questions=["Hungry?", {"ask": "Sweet?", "then": ["I knew it."]}]))

    assert character.questions["en"] == (Question("Hungry?"), Question("Sweet?", ("I knew it.",)))


def test_one_text_is_a_list_of_one_and_white_space_is_collapsed() -> None:
    character = parse_character(english(exchanges=[{"heard": "hi", "says": " Hello \n there. "}]))

    assert character.exchanges["en"] == (Exchange(("hi",), ("Hello there.",)),)


def test_equal_files_are_equal_and_can_be_kept_in_a_cache() -> None:
    assert {parse_character(written())} == {parse_character(written())}


@pytest.mark.parametrize(
    ("data", "param"),
    [
        (written(engine="both"), "engine"),
        ({}, "id"),
        ({"id": "baker"}, "languages"),
        (written(id="../etc"), "id"),
        (written(id=7), "id"),
        (written(accent="red"), "accent"),
        (written(languages=["english"]), "languages.0"),
        (written(languages=["en", "en"]), "languages.1"),
        (written(default_language="zh"), "default_language"),
        (written(languages=["en", "zh"]), "zh"),
        (written(en=[]), "en"),
        (written(acent="#000000"), "acent"),
        (english(name=""), "en.name"),
        (english(name="x" * 81), "en.name"),
        (english(name="a\x00b"), "en.name"),
        (english(name="\ud800"), "en.name"),
        (english(greeting=None), "en.greeting"),
        (english(topics="x" * 81), "en.topics.0"),
        (english(topics=["ok"] * 121), "en.topics"),
        (english(exchanges=[{"heard": [], "says": "Hi."}]), "en.exchanges.0.heard"),
        (english(exchanges=[{"heard": "hi", "says": "Hi.", "mood": "x"}]), "en.exchanges.0.mood"),
        (english(exchanges={"heard": "hi"}), "en.exchanges"),
        (english(questions=[3]), "en.questions.0"),
        (english(phrases={"node": ["Hm."]}), "en.phrases.node"),
        (english(plan={"steps": [], "closing": []}), "en.plan"),
        (
            english(plan={"closing": [{"remarks": [{"when": "never", "says": "x"}]}]}),
            "en.plan.closing.0.remarks.0.when",
        ),
    ],
)
def test_what_is_wrong_is_named_by_its_path(data: dict[str, Any], param: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        parse_character(data)

    assert caught.value.param == param


def test_an_unknown_field_is_answered_with_the_nearest_known_one() -> None:
    with pytest.raises(InvalidRequest, match="Did you mean `greeting`"):
        parse_character(english(greetings="Hello."))


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(st.sampled_from([*written(), "zh", "accent", "x"]), ANYTHING), st.dictionaries(st.text(), ANYTHING)
)
def test_whatever_is_sent_is_a_character_or_a_clear_refusal(top: dict[str, Any], inner: dict[str, Any]) -> None:
    for data in (top, written(**top), english(**inner)):
        with suppress(InvalidRequest):
            assert system_prompt(parse_character(data), "en")


def test_a_broken_file_is_named_with_its_field(tmp_path: Path) -> None:
    (tmp_path / "baker.toml").write_text('id = "baker"\nlanguages = ["en"]\n[en]\nname = "Bo"\n')

    with pytest.raises(InvalidRequest, match=r"baker\.toml: `en.who` is missing"):
        load_characters(tmp_path)


def test_a_file_that_is_no_toml_is_named(tmp_path: Path) -> None:
    (tmp_path / "baker.toml").write_text("id = ")

    with pytest.raises(InvalidRequest, match=r"baker\.toml: not a TOML file"):
        load_characters(tmp_path)


def test_two_files_cannot_share_an_id(tmp_path: Path) -> None:
    text = (PERSONAS / "wizard.toml").read_text(encoding="utf-8")
    for name in ("a.toml", "b.toml"):
        (tmp_path / name).write_text(text, encoding="utf-8")

    with pytest.raises(InvalidRequest, match=r"b\.toml: the id 'wizard' is taken"):
        load_characters(tmp_path)


# --- The prompt ------------------------------------------------------------------------------------------------------


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
    prompt = system_prompt(parse_character(english(name="{0.__class__}{name}")), "en")

    assert prompt.startswith("You are {0.__class__}{name}.")


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("character", BUILT_IN.values(), ids=lambda character: character.id)
def test_prompts_are_short_enough_to_be_read_by_a_small_model(character: Character, language: str) -> None:
    assert len(system_prompt(character, language, styles=True)) < 8000


# --- The built-in characters -----------------------------------------------------------------------------------------


def test_there_are_seven_and_each_has_its_own_voice_colour_and_name() -> None:
    expected = ["assistant", "detective", "english-coach", "interviewer", "mandarin-coach", "philosopher", "wizard"]

    assert list(BUILT_IN) == expected
    assert len({(c.voice["en"], c.voice["zh"]) for c in BUILT_IN.values()}) == 7
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
