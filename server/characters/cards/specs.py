"""How each kind of card lays out what a character is: its JSON ↔ the names of V3. Pure."""

from __future__ import annotations

from typing import Any

from server.characters.cards.book import book_of_world
from server.characters.cards.formats import Data, ImportWarnings, Spec, unreadable
from server.characters.cards.wording import text_of

SPEC_NAMES = {"v2": ("chara_card_v2", "2.0"), "v3": ("chara_card_v3", "3.0"), "book": ("lorebook_v3", "")}

V1_FIELDS = ("name", "description", "personality", "scenario", "first_mes", "mes_example")

PYGMALION = {
    "char_name": "name",
    "char_persona": "description",
    "char_greeting": "first_mes",
    "example_dialogue": "mes_example",
    "world_scenario": "scenario",
}

V2_DEFAULTS: Data = {
    **dict.fromkeys(V1_FIELDS, ""),
    **dict.fromkeys(
        ("creator_notes", "system_prompt", "post_history_instructions", "creator", "character_version"), ""
    ),
    "alternate_greetings": [],
    "tags": [],
    "extensions": {},
}
"""What a V2 card must have, and V3 with `group_only_greetings`."""

V3_ONLY = (
    *("assets", "nickname", "creator_notes_multilingual", "source", "group_only_greetings"),
    *("creation_date", "modification_date"),
)


def spec_of(card: Data, warnings: ImportWarnings) -> Spec:
    """How a card is laid out. Raises `InvalidRequest` for what is none."""
    name, data = card.get("spec"), card.get("data")
    if isinstance(data, dict):
        if name == SPEC_NAMES["book"][0]:
            return "book"
        if name not in ("chara_card_v2", "chara_card_v3"):
            warnings.add("spec", "unknown_spec", "The card is of a kind that is not known; it is read as one of V2.")
        return "v3" if name == "chara_card_v3" else "v2"
    if any(field in card for field in ("char_name", "char_persona", "char_greeting")):
        return "pygmalion"
    if isinstance(card.get("name"), str) and any(field in card for field in V1_FIELDS[1:]):
        return "v1"
    match card.get("entries"):
        case dict():
            return "world"
        case list():
            return "book"
    raise unreadable("This is neither a character card nor a lorebook.", "not_a_card")


def data_of(card: Data, spec: Spec) -> Data:
    """What a card says, with the names of V3. What it says besides is there, too, for cards of V1 to V3."""
    match spec:
        case "v2" | "v3":
            return dict(card["data"])
        case "v1":
            return dict(card)
        case "pygmalion":
            return {ours: card[theirs] for theirs, ours in PYGMALION.items() if theirs in card}
        case "book":
            book = card["data"] if isinstance(card.get("data"), dict) else card
            return {"name": text_of(book.get("name")), "character_book": book}
        case "world":
            return {"name": text_of(card.get("name")), "character_book": book_of_world(card)}


def laid_out(data: Data, spec: Spec) -> tuple[Data, list[str]]:
    """A card of this kind that says what `data` does, and the fields that it has no place for."""
    match spec:
        case "v3":
            name, version = SPEC_NAMES["v3"]
            full = {**V2_DEFAULTS, "group_only_greetings": [], **data}
            if isinstance(book := data.get("character_book"), dict):
                full["character_book"] = _book_of_v3(book)
            return {"spec": name, "spec_version": version, "data": full}, []
        case "v2":
            name, version = SPEC_NAMES["v2"]
            kept = {field: value for field, value in data.items() if field not in V3_ONLY}
            return {"spec": name, "spec_version": version, "data": {**V2_DEFAULTS, **kept}}, _lost(data, kept)
        case "v1":
            kept = {field: data.get(field, "") for field in V1_FIELDS}
            return kept, _lost(data, kept)
        case "pygmalion":
            persona = [text for field in ("description", "personality") if (text := text_of(data.get(field)))]
            shared = {**data, "description": "\n".join(persona)}
            kept = dict.fromkeys(PYGMALION.values(), "") | {"personality": ""}
            return {theirs: shared.get(ours, "") for theirs, ours in PYGMALION.items()}, _lost(data, kept)
        case "book" | "world":
            book = data.get("character_book") or {"extensions": {}, "entries": []}
            return {"spec": SPEC_NAMES["book"][0], "data": _book_of_v3(book)}, _lost(data, {"character_book": book})


def _lost(data: Data, kept: Data) -> list[str]:
    """The fields of `data` that say something and are not in `kept`."""
    return [field for field, value in data.items() if field not in kept and value not in ("", [], {}, None)]


def _book_of_v3(book: Any) -> Data:
    """A book as V3 has it: each entry says whether its keys are regular expressions."""
    entries = book.get("entries")
    entries = entries if isinstance(entries, list) else []
    full = [{"use_regex": False, **entry} if isinstance(entry, dict) else entry for entry in entries]
    return {"extensions": {}, **book, "entries": full}
