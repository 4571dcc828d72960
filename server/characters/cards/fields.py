"""What a card says, with the names of V3 ↔ a character's file, field by field. Pure.

Creator, version, tags and notes of a card are in no field of the file, so that nothing of them gets to a language model.
What our file has and no card has a field for stands under `extensions.kaikou`, as a part of the file.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

import orjson

from server.characters.answers import LONGEST_TAG, MOST_TAGS
from server.characters.cards import wording
from server.characters.cards.book import MOST_LETTERS, book_of, written_book
from server.characters.cards.examples import examples_of, exchanges_of
from server.characters.cards.formats import About, Data, ImportWarnings, too_large
from server.characters.cards.wording import cut, first, language_in, said_in, text_of, texts_of, without_empty
from server.characters.file_format import LIST_LIMIT, CharacterFile, is_visible
from server.characters.reading import FILE_LIMIT

OURS = "kaikou"
"""The name of our extension."""

MOST_NAME, MOST_SPEECH = 80, 20_000
LONGEST_LINE, LONGEST_NOTES = 200, 20_000

LARGEST_FILE = FILE_LIMIT - 10_000
"""Bytes as JSON."""

PLAIN = {
    "who": "description",
    "manner": "personality",
    "scenario": "scenario",
    "instructions": "system_prompt",
    "after": "post_history_instructions",
}
"""Texts of a language's table, and what cards call them."""

SAID_BY_CARDS = (*PLAIN, "name", "nickname", "greeting", "greetings", "exchanges")
"""Of the table of the language that the character speaks unless told otherwise."""


def file_of(data: Data, name: str, warnings: ImportWarnings) -> dict[str, Any]:
    """A character's file of what a card says. name: what it is called if the card does not say so.

    It holds to the format of files, whatever the card has in it.
    """
    book = book_of(data.get("character_book"), warnings)
    ours = _ours(data)
    language = _language(data, book, ours)
    table = _table(data, language, name, warnings)
    if not table.get("who"):
        warnings.add("description", "missing", "The card does not say who the character is.")
        table["who"] = said_in(wording.NARRATOR, language) if book and not table.get("manner") else table["name"]
    head = {"id": _id(table["name"]), "languages": [language], "book": book}
    alone = _fitting(without_empty(head | {language: table}), language, warnings)
    if not ours:
        return alone
    theirs = ours.get(language)
    whole = ours | alone | {language: _with_ours(theirs if isinstance(theirs, dict) else {}, table)}
    whole["languages"] = [tag for tag in ours.get("languages", [language]) if isinstance(tag, str)]
    try:
        CharacterFile.model_validate(whole)
        if _size(whole) > LARGEST_FILE:
            raise ValueError
    except ValueError:  # pydantic's own is one
        warnings.add(
            f"extensions.{OURS}", "not_used", "What the card holds for Kaikou is not right, so it is not used."
        )
        return alone
    return whole


def _fitting(file: dict[str, Any], language: str, warnings: ImportWarnings) -> dict[str, Any]:
    """The file with so much of its lists as fits. Raises `TooLarge`."""
    over = _size(file) - LARGEST_FILE
    table, book = file[language], file.get("book", {})
    for lists, field, theirs in (
        (book, "entries", "book"),
        (table, "greetings", "alternate_greetings"),
        (table, "exchanges", "mes_example"),
    ):
        values = list(lists.get(field, []))
        while over > 0 and values:
            over -= _size(values.pop()) + 1
            warnings.add(
                theirs, "cut", "There is more of it than a character's file may hold; the last of it is not used."
            )
        if len(values) < len(lists.get(field, [])):
            lists[field] = values
    if over > 0:
        raise too_large("The card's texts are longer than a character's file may be.")
    return file


def _size(value: Any) -> int:
    return len(orjson.dumps(value))


def _with_ours(theirs: dict[str, Any], table: dict[str, Any]) -> dict[str, Any]:
    """The table of a card, with what no card has a field for. Exchanges that were not changed elsewhere are whole again."""
    whole = {field: value for field, value in theirs.items() if field not in SAID_BY_CARDS} | table
    if "exchanges" in theirs and _same_examples(theirs["exchanges"], table.get("exchanges", [])):
        whole["exchanges"] = theirs["exchanges"]
    return whole


def _same_examples(theirs: Any, table: list[dict[str, Any]]) -> bool:
    try:
        firsts = [{"heard": [one["heard"][0]], "says": [one["says"][0]]} for one in theirs]
    except (TypeError, KeyError, IndexError):
        return False
    return firsts == table


def _ours(data: Data) -> dict[str, Any]:
    """The part of a file that the card holds for us; {} for none. Of books it holds none: cards have a field for them."""
    extensions = data.get("extensions")
    ours = extensions.get(OURS) if isinstance(extensions, dict) else None
    file = ours.get("file") if isinstance(ours, dict) else None
    return {name: value for name, value in file.items() if name != "book"} if isinstance(file, dict) else {}


def _language(data: Data, book: dict[str, Any], ours: dict[str, Any]) -> str:
    if isinstance(languages := ours.get("languages"), list) and languages:
        tag = ours.get("default_language") or languages[0]
        if isinstance(tag, str) and re.fullmatch("[a-z]{2,3}", tag):
            return tag
    said = [
        text_of(data.get(field)) for field in ("first_mes", "description", "personality", "scenario", "mes_example")
    ]
    if not any(said):
        said = [entry["content"] for entry in book.get("entries", [])[:20]]
    return language_in(*said)


def _table(data: Data, language: str, name: str, warnings: ImportWarnings) -> dict[str, Any]:
    """The table of a language, without what is not said; `name` and `greeting` always are."""
    table: dict[str, Any] = {
        field: cut(text_of(data.get(theirs)), MOST_LETTERS, theirs, warnings) for field, theirs in PLAIN.items()
    }
    called = " ".join(text_of(data.get("name")).split()) or " ".join(text_of(name).split())
    if len(called) > MOST_NAME:
        warnings.add("name", "cut", f"The name is longer than {MOST_NAME} letters.")
    short = called[:MOST_NAME].strip()
    table["name"] = short if is_visible(short) else said_in(wording.NAMES, language)
    table["nickname"] = " ".join(text_of(data.get("nickname")).split())[:MOST_NAME].strip()
    table["greeting"] = cut(text_of(data.get("first_mes")), MOST_SPEECH, "first_mes", warnings)
    others = [
        cut(text, MOST_SPEECH, "alternate_greetings", warnings) for text in texts_of(data.get("alternate_greetings"))
    ]
    if not table["greeting"] and others:
        table["greeting"] = others.pop(0)
    table["greetings"] = first(others, LIST_LIMIT, "alternate_greetings", warnings)
    if not table["greeting"]:
        warnings.add("first_mes", "missing", "The card has no greeting; a plain one is said.")
        table["greeting"] = said_in(wording.GREETINGS, language)
    if not table["who"]:
        table["who"], table["manner"] = table["manner"], ""
    if texts_of(data.get("group_only_greetings")):
        warnings.add(
            "group_only_greetings", "not_used", "Greetings for talks of several characters are kept, not used."
        )
    _examples(text_of(data.get("mes_example")), table, language, warnings)
    return without_empty(table)


def _examples(text: str, table: dict[str, Any], language: str, warnings: ImportWarnings) -> None:
    """Example talks as exchanges; those that are no talks as part of the manner."""
    exchanges = exchanges_of(text, (table["name"], table["nickname"]))
    for one in exchanges:
        for side in ("heard", "says"):
            one[side] = [cut(one[side][0], MOST_SPEECH, "mes_example", warnings)]
    table["exchanges"] = first(exchanges, LIST_LIMIT, "mes_example", warnings)
    if text and not exchanges:
        shown = f"{table['manner']}\n\n{said_in(wording.EXAMPLES, language)}\n{text}".strip()
        table["manner"] = cut(shown, MOST_LETTERS, "mes_example", warnings)


def _id(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub("[^a-z0-9]+", "-", plain)[:60].strip("-") or "character"


def about(data: Data) -> About:
    """What the card says about itself. data: what it says, with the names of V3."""
    tags = [" ".join(tag.split())[:LONGEST_TAG].strip() for tag in texts_of(data.get("tags"))]
    return About(
        text_of(data.get("creator"))[:LONGEST_LINE],
        text_of(data.get("character_version"))[:LONGEST_LINE],
        text_of(data.get("creator_notes"))[:LONGEST_NOTES],
        list(dict.fromkeys(tag for tag in tags if tag))[:MOST_TAGS],
    )


def written(file: CharacterFile) -> Data:
    """What a card says of a character with this file: every field that there is for it, empty ones among them."""
    language, table = next(iter(file.tables.items()))
    said = {theirs: getattr(table, field) for field, theirs in PLAIN.items()}
    return {
        **said,
        "name": table.name,
        "nickname": table.nickname,
        "first_mes": table.greeting,
        "alternate_greetings": list(table.greetings),
        "mes_example": examples_of(table.exchanges),
        "character_book": written_book(file.book),
        OURS: _no_card_says(file, language),
    }


def _no_card_says(file: CharacterFile, language: str) -> dict[str, Any]:
    """The part of the file that no card has a field for; {} if there is none but the language."""
    table = next(iter(file.tables.values()))
    whole: dict[str, Any] = file.model_dump(mode="json", exclude={"id", "book"}, exclude_defaults=True)
    exchanges = whole[language].pop("exchanges", [])
    said = exchanges_of(examples_of(table.exchanges), (table.name, table.nickname))
    whole[language] = {field: value for field, value in whole[language].items() if field not in SAID_BY_CARDS}
    if exchanges != said:
        whole[language]["exchanges"] = exchanges
    if whole.keys() <= {"languages", "default_language", language} and not whole[language]:
        return {}
    return without_empty(whole)
