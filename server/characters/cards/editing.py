"""A character's file → the JSON of a card: the card that it came from, with what was changed here written into it. Pure."""

from __future__ import annotations

from typing import Any, TypeAlias

import orjson

from server.characters.cards.book import changed_book, changed_world
from server.characters.cards.fields import OURS, written
from server.characters.cards.formats import Data, Original, Spec
from server.characters.cards.reading import imported_file
from server.characters.cards.specs import PYGMALION, V1_FIELDS, laid_out
from server.characters.file_format import CharacterFile

NOTHING = CharacterFile.model_validate(
    {"id": "nobody", "languages": ["en"], "en": {"name": "-", "who": "-", "greeting": "-"}}
)
"""What a character that was made here is compared with."""

Lost: TypeAlias = list[str]
"""Fields of cards that would say more of the character, and that the kind of card does not have."""


class Changes:
    """What was changed here since a card was imported; for a character that was made here, all of it.

    data: what the card said, with the names of V3. `before` and `now`: what a card says, before and after.
    """

    def __init__(self, file: CharacterFile, original: Original | None) -> None:
        self.original = original
        self.data, came = imported_file(original) if original else ({}, NOTHING)
        self.before, self.now = written(came), written(file)
        self.fields = {field: value for field, value in self.now.items() if self.before[field] != value}

    def card(self, spec: Spec) -> tuple[bytes, Lost]:
        """The JSON of a card that is laid out so. What was not changed is as it came, to the letter."""
        original = self.original
        if original and spec == "book" and "world" in original.cards:
            spec = "world"
        if original is None or spec not in original.cards:
            card, lost = laid_out(self._edited(self.data), spec)
            return _json(card), lost
        if not self.fields:
            return original.cards[spec].encode(), []
        return self._edited_card(original.card(spec), spec)

    def _edited(self, data: Data) -> Data:
        """`data` with the changes."""
        edited = dict(data)
        for field, value in self.fields.items():
            if field == "character_book":
                edited[field] = changed_book(data.get(field), self.before[field], value)
            elif field == OURS:
                edited["extensions"] = _with_ours(data.get("extensions"), value)
            else:
                edited[field] = value
        return edited

    def _edited_card(self, card: Data, spec: Spec) -> tuple[bytes, Lost]:
        match spec:
            case "v2" | "v3":
                data = card["data"]
                edited = self._edited(data)
                lost = ["nickname"] if spec == "v2" and "nickname" in self.fields else []
                if lost:
                    edited = {name: value for name, value in edited.items() if name != "nickname" or name in data}
                # SillyTavern writes what V1 has beside the data, too.
                copies = {field: edited[field] for field in V1_FIELDS if field in self.fields and field in card}
                return _json({**card, **copies, "data": edited}), lost
            case "v1":
                places = {field: self.now[field] for field in self.fields if field in (*V1_FIELDS, *card)}
                return _json({**card, **places}), [field for field in self.fields if field not in places]
            case "pygmalion":
                fresh, lost = laid_out(self.now, "pygmalion")
                ours = {"description", "personality"} & self.fields.keys()
                changed = {
                    theirs: fresh[theirs]
                    for theirs, field in PYGMALION.items()
                    if field in self.fields or (field == "description" and ours)
                }
                return _json({**card, **changed}), [field for field in lost if field in self.fields]
            case "book" | "world":
                return _json(self._edited_book(card, spec)), [name for name in self.fields if name != "character_book"]

    def _edited_book(self, card: Data, spec: Spec) -> Data:
        if "character_book" not in self.fields:
            return card
        before, now = self.before["character_book"], self.now["character_book"]
        if spec == "world":
            return changed_world(card, before, now)
        if isinstance(book := card.get("data"), dict):
            return {**card, "data": changed_book(book, before, now)}
        return changed_book(card, before, now)


def _with_ours(extensions: Any, part: Data) -> Data:
    """A card's extensions, with the part of our file that cards have no field for."""
    extensions = extensions if isinstance(extensions, dict) else {}
    ours = extensions.get(OURS)
    return {**extensions, OURS: {**(ours if isinstance(ours, dict) else {}), "file": part}}


def _json(card: Data) -> bytes:
    return orjson.dumps(card, option=orjson.OPT_INDENT_2)
