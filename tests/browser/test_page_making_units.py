"""The pure modules of the form that makes characters: portraits of parts, files by path, and what differs between two."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("playwright", reason="playwright is not installed")
from playwright.sync_api import Browser, Page
from pydantic import TypeAdapter

from server.characters.file_format import Id
from tests.browser.modules import empty_page, run
from tests.browser.states import CHROMIUM

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]

FORM = "views/characters/form"
TEXTS = "i18n.js components/texts.js views/characters/texts.js views/characters/form/texts.js"


@pytest.fixture(scope="module")
def page(browser: Browser, address: str) -> Page:
    return empty_page(browser, address)


def test_a_file_takes_every_portrait_of_parts_and_the_page_draws_it(page: Page) -> None:
    script = """
      const longest = (all) => all.reduce((one, other) => (other.length > one.length ? other : one));
      const long = Object.fromEntries(Object.entries(m.CHOICES).map(([name, all]) => [name, longest(all)]));
      const texts = [m.portraitText(long), ...Array.from({ length: 20 }, () => m.randomPortrait())];
      return texts.filter((text) => m.portraitText(m.parsePortrait(text)) === text && m.drawPortrait(text).shapes);
    """
    portraits = run(page, "components/portrait-parts.js", script)
    assert len(portraits) == 21
    assert [TypeAdapter(Id).validate_python(text) for text in portraits] == portraits


@pytest.mark.parametrize(
    "text", ["drawn", "drawn-oval", "assistant", "drawn-<svg>", "drawn-constructor-x-x-x-x-x-1-2-3"]
)
def test_what_is_no_portrait_of_parts_is_not_taken_for_one(page: Page, text: str) -> None:
    assert run(page, "components/portrait-parts.js", "return m.parsePortrait(arg)", text) is None


def test_what_is_empty_is_left_out_of_a_file_and_what_the_form_does_not_know_stays(page: Page) -> None:
    script = """
      const en = { name: "Ada", questions: [{ ask: "Why?" }], phrases: { nods: ["Yes."] } };
      const file = { languages: ["en"], engine: "separate", en };
      m.putAt(file, "en.line", "Hello.");
      m.putAt(file, "en.name", "");
      m.putAt(file, "en.questions.0.then", ["And then?"]);
      m.putAt(file, "en.greetings", ["", "Welcome."]);
      m.putAt(file, "book.entries", [{ keys: [], content: "" }]);
      return m.tidied(file);
    """
    assert run(page, f"{FORM}/paths.js", script) == {
        "languages": ["en"],
        "engine": "separate",
        "en": {
            "line": "Hello.",
            "questions": [{"ask": "Why?", "then": ["And then?"]}],
            "phrases": {"nods": ["Yes."]},
            "greetings": ["Welcome."],
        },
        "book": {"entries": []},
    }


@pytest.mark.parametrize(
    ("before", "after", "pieces"),
    [
        ("The soup is hot.", "The fish soup is hot.", [("same", "The "), ("new", "fish "), ("same", "soup is hot.")]),
        ("汤好了", "汤还没好", [("same", "汤"), ("new", "还没"), ("same", "好"), ("gone", "了")]),
        ("", "New.", [("new", "New.")]),
        ("a " * 2000, "b", [("gone", "a " * 2000), ("new", "b")]),
    ],
)
def test_texts_are_compared_word_by_word(page: Page, before: str, after: str, pieces: list[tuple[str, str]]) -> None:
    found = run(page, "views/characters/difference.js", "return m.textDifference(...arg)", [before, after])
    assert [(piece["mark"], piece["text"]) for piece in found] == pieces


def test_what_is_cropped_stays_within_the_picture(page: Page) -> None:
    script = """
      const squares = [{ left: -50, top: 900, size: 5000 }, { left: 790, top: 0, size: 1 }];
      return squares.map((square) => m.within(square, 800, 600));
    """
    assert run(page, f"{FORM}/crop.js", script) == [
        {"left": 0, "top": 0, "size": 600},
        {"left": 700, "top": 0, "size": 100},
    ]


def test_whatever_the_server_says_of_cards_and_characters_has_words_in_both_languages(page: Page) -> None:
    asked = set(codes_of_the_server())
    assert {"reason.not_a_card", "card.cut", "fault.unprintable"} <= asked
    assert asked - set(run(page, TEXTS, "return Object.keys(m.TABLES.zh)")) == set()


def codes_of_the_server() -> Iterator[str]:
    """Names of the page's texts for the codes of refused files, of what is different in a card, and of wrong fields."""
    for path in (Path(__file__).parents[2] / "server" / "characters").rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(call, ast.Call):
                continue
            name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            texts = [part.value if isinstance(part, ast.Constant) else None for part in call.args]
            yield from (f"reason.{one.value.value}" for one in call.keywords if told(name, one))  # type: ignore[attr-defined]
            if name in ("add", "CardWarning") and len(texts) == 3 and texts[1]:
                yield f"card.{texts[1]}"
            if name == "unreadable" and len(texts) == 2:
                yield f"reason.{texts[1]}"
            if name == "PydanticCustomError":
                yield f"fault.{texts[0]}"


def told(raised: str, keyword: ast.keyword) -> bool:
    """Whether it is the code of an error, not of a finding, which is told by its field."""
    return keyword.arg == "code" and raised != "Finding" and isinstance(keyword.value, ast.Constant)


def test_any_draft_can_be_opened_and_none_puts_markup_into_the_page(page: Page) -> None:
    drafts = [
        {},
        {"languages": "en", "en": None},
        {"languages": ["<b>", 5, "en"], "default_language": "zh", "en": [], "book": 5},
        {"languages": ["en"], "en": {"exchanges": ["a", {}], "questions": [None, 3], "greetings": {"a": 1}}},
        {"languages": ["en"], "portrait": 7, "accent": '"><img src=x>', "book": {"entries": [None, {}]}},
    ]
    script = """
      return arg.map((draft) => {
        const file = m.spelledOut(draft);
        m.isBlank(file);
        return [file.languages, m.faceOf({ portrait: file.portrait ?? "x", accent: file.accent ?? "" }).includes("<img")];
      });
    """
    opened = run(page, "views/characters/form/paths.js components/portraits.js", script, drafts)
    assert opened == [[["en"], False]] * len(drafts)


def test_a_name_does_not_turn_the_sentence_that_it_stands_in(page: Page) -> None:
    names = ["\u202eevil\u2069", "علي", "Ann"]
    texts = run(page, TEXTS, """return arg.map((name) => m.t("mine.talk", { name }));""", names)
    assert texts == ["Talk to \u2068\u202eevil\u2069", "Talk to \u2068علي\u2069", "Talk to Ann"]
