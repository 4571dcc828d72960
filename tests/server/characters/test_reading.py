"""Characters from tables and files, and what is said about those that are wrong."""

from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.characters.book import Book, BookEntry
from pipeline.characters.character import Character, Exchange, Question, text_in
from pipeline.errors import InvalidRequest, SettingError
from pipeline.prompt.system_prompt import system_prompt
from server.characters.answers import ListedFields
from server.characters.file_format import CharacterFile, LanguageTable
from server.characters.reading import load_characters, parse_character

PERSONAS = Path(__file__).parents[3] / "personas"

STEP = {"id": "role", "ask": "What do you do?"}


def written(**changes: Any) -> dict[str, Any]:
    """The least a file must say, with changes."""
    return {
        "id": "baker",
        "languages": ["en"],
        "en": {"name": "Bo", "who": "Bo bakes bread.", "greeting": "Fresh bread! What would you like?"},
    } | changes


def english(**changes: Any) -> dict[str, Any]:
    return written(en=written()["en"] | changes)


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


def test_every_field_of_a_file_reaches_the_character() -> None:
    in_a_file = {*CharacterFile.model_fields, *LanguageTable.model_fields} - {"default_language"}
    of_the_file = {"version"}

    character = parse_character(written(accent="#123456", engine="separate", portrait="baker-2"))

    assert in_a_file | of_the_file == {field.name for field in fields(Character)}
    assert (character.accent, character.engine, character.portrait) == ("#123456", "separate", "baker-2")


def test_what_cards_of_other_systems_need_has_its_fields() -> None:
    book = {
        "entries": [{"keys": "moon", "content": "@@depth 2\nIt  is cheese.", "insertion_order": 3}],
        "scan_depth": 2,
    }
    table = {"who": "One.\r\n\n\n\nTwo.", "greetings": ["Hi!", "Ho!\nHum."], "instructions": "x" * 50_000}

    character = parse_character(english(**table) | {"book": book, "speed": 1.2, "pitch": -2, "purpose": "story"})

    assert (character.speed, character.pitch, character.purpose) == (1.2, -2.0, "story")
    assert character.book == Book((BookEntry("@@depth 2\nIt is cheese.", ("moon",), insertion_order=3),), scan_depth=2)
    assert character.who == {"en": "One.\n\nTwo."}
    assert character.greetings == {"en": ("Hi!", "Ho!\nHum.")}


def test_equal_files_are_equal_and_can_be_kept_in_a_cache() -> None:
    assert {parse_character(written())} == {parse_character(written())}


@pytest.mark.parametrize(
    ("data", "param"),
    [
        (written(engine="both"), "engine"),
        (written(speed=3), "speed"),
        (written(pitch="low"), "pitch"),
        (written(purpose="war"), "purpose"),
        (written(book={"entries": [{"content": "x", "position": "top"}]}), "book.entries.0.position"),
        (english(who="x" * 50_001), "en.who"),
        ({}, "id"),
        ({"id": "baker"}, "languages"),
        (written(id="../etc"), "id"),
        (written(id=7), "id"),
        (written(accent="red"), "accent"),
        (written(languages=["english"]), "languages.0"),
        (written(languages=["en", "en"]), "languages"),
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
        (english(plan={"steps": [], "closing": []}), "en.plan.steps"),
        (
            english(plan={"steps": [STEP], "closing": [{"remarks": [{"when": "never", "says": "x"}]}]}),
            "en.plan.closing.0.remarks.0.when",
        ),
    ],
)
def test_what_is_wrong_is_named_by_its_path(data: dict[str, Any], param: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        parse_character(data)

    assert caught.value.param == param


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (english(greting="Hello."), "`en.greting` is not a known field. Did you mean `greeting`?"),
        (written(acent="#000000"), "`acent` is not a known field. Did you mean `accent`?"),
        (english(phrases={"nodds": "Hm."}), "`en.phrases.nodds` is not a known field. Did you mean `nods`?"),
        (written(fr={}), "`fr.name` is missing."),
        (written(zh=written()["en"]), "`zh` is not one of `languages`."),
        (written(accent="red"), "`accent` must be a colour such as #5b6470."),
        (written(engine="both"), "`engine` must be speech_model or separate."),
        (written(id=7), "`id` must be text."),
        (english(name="x" * 81), "`en.name` should have at most 80 characters."),
        (english(exchanges={"heard": "hi"}), "`en.exchanges` must be a list."),
        (written(en="Bo"), "`en` must be a table."),
    ],
)
def test_what_is_wrong_is_told_with_what_would_be_right(data: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        parse_character(data)

    assert caught.value.message == message


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

    with pytest.raises(SettingError, match=r"baker\.toml: `en.who` is missing"):
        load_characters(tmp_path)


def test_a_file_that_is_no_toml_is_named(tmp_path: Path) -> None:
    (tmp_path / "baker.toml").write_text("id = ")

    with pytest.raises(SettingError, match=r"baker\.toml: not a TOML file"):
        load_characters(tmp_path)


def test_two_files_cannot_share_an_id(tmp_path: Path) -> None:
    text = (PERSONAS / "wizard.toml").read_text(encoding="utf-8")
    for name in ("a.toml", "b.toml"):
        (tmp_path / name).write_text(text, encoding="utf-8")

    with pytest.raises(SettingError, match=r"b\.toml: the id 'wizard' is taken"):
        load_characters(tmp_path)


@pytest.mark.parametrize("name", ["\u200b", "\u202e\u2066", "\u0301", "\ufeff \u00ad"], ids=ascii)
def test_a_name_in_which_nothing_can_be_seen_is_refused(name: str) -> None:
    with pytest.raises(InvalidRequest, match="nothing in it that can be seen"):
        parse_character(english(name=name))


def test_lists_show_a_line_as_it_is_read() -> None:
    line = "*winks* Hey {{user}}! I am {{char}}."
    assert ListedFields.of(parse_character(english(line=line))).line == {"en": "Hey friend! I am Bo."}
    assert ListedFields.of(parse_character(english(line="Tea at 5 🍵 (always)"))).line == {"en": "Tea at 5 🍵 (always)"}
