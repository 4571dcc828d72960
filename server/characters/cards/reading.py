"""Bytes that somebody has → the character in them, whatever kind of card they are. Pure; all of it is hostile."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pipeline.errors import InvalidRequest, KaikouError
from server.characters.cards import png
from server.characters.cards.archive import CARD, Archive, is_archive
from server.characters.cards.assets import picture_in, voice_in
from server.characters.cards.fields import about, file_of
from server.characters.cards.formats import (
    LARGEST_CARD,
    LARGEST_JSON,
    Container,
    Data,
    ImportedCard,
    ImportWarnings,
    Original,
    Spec,
    card_json,
    too_large,
    unreadable,
)
from server.characters.cards.specs import data_of, spec_of
from server.characters.cards.toml_text import table_of
from server.characters.file_format import CharacterFile
from server.characters.reading import FILE_LIMIT, parse_character

JPEG = b"\xff\xd8\xff"
ZIP = b"PK\3\4"
PICTURES = (JPEG, b"GIF8", b"RIFF")

KNOWN = "a PNG picture with a card in it, CHARX, JPEG with an archive behind it, JSON or TOML"


def read_card(content: bytes, name: str) -> ImportedCard:
    """The character in a file. name: the file's. Raises `InvalidRequest`, `TooLarge`."""
    if len(content) > LARGEST_CARD:
        raise too_large(f"A card may have {LARGEST_CARD >> 20} MiB at most.")
    stem = _stem(name)
    if content.startswith(png.SIGNATURE):
        return _in_png(content, stem)
    if is_archive(content):
        return _in_archive(content, stem)
    if content.startswith(PICTURES):
        raise _no_card_in_picture()
    text = content.removeprefix(b"\xef\xbb\xbf").strip()
    if text.startswith((b"{", b"[{")):
        return _in_json(text, stem)
    return _in_toml(text, name.lower().endswith(".toml"))


def _in_png(content: bytes, stem: str) -> ImportedCard:
    texts, warnings = png.texts_in(content), ImportWarnings()
    if not texts and is_archive(content):
        return _in_archive(content, stem)
    cards: dict[Spec, str] = {}
    refused: KaikouError | None = None
    for keyword in png.CARDS:
        if keyword not in texts:
            continue
        try:
            text = png.card_in(texts[keyword])
            cards.setdefault(spec_of(card_json(text), warnings), _as_text(text))
        except InvalidRequest as error:
            refused = refused or error
    if not cards:
        raise refused or _no_card_in_picture()
    if refused:
        warnings.add("card", "not_used", f"One of the two cards in the picture is not right: {refused.message}")
    return replace(_imported(Original("png", cards, stem), None, warnings), picture=png.pixels_of(content), packed=True)


def _in_archive(content: bytes, stem: str) -> ImportedCard:
    archive, warnings = Archive(content), ImportWarnings()
    text = archive.read(CARD, LARGEST_JSON)
    if text is None:
        raise unreadable(f"There is no card in this archive: it has no {CARD}.", "no_card_in_archive")
    container: Container = "jpeg" if archive.prefix.startswith(JPEG) else "charx"
    original = Original(container, {spec_of(card_json(text), warnings): _as_text(text)}, stem)
    card = _imported(original, archive, warnings)
    if card.picture is None and archive.prefix.startswith((*PICTURES, png.SIGNATURE)):
        card = replace(card, picture=archive.prefix)
    return replace(card, packed=True)


def _in_json(text: bytes, stem: str) -> ImportedCard:
    card, warnings = card_json(text), ImportWarnings()
    if "languages" in card and "spec" not in card:
        return ImportedCard(_checked(card))
    return _imported(Original("json", {spec_of(card, warnings): _as_text(text)}, stem), None, warnings)


def _imported(original: Original, archive: Archive | None, warnings: ImportWarnings) -> ImportedCard:
    """What the card that was read says, with what it carries."""
    spec = original.spec
    data = data_of(original.card(spec), spec)
    file = _checked(file_of(data, original.name, warnings))
    if spec in ("book", "world"):
        warnings.found = {key: one for key, one in warnings.found.items() if one.code != "missing"}
        warnings.add("book", "book_alone", "This is a lorebook without a character: somebody who tells of it was made.")
    picture, voice = picture_in(data, archive, warnings), voice_in(data, archive, warnings)
    return ImportedCard(file, original, about(data), tuple(warnings.found.values()), picture, voice)


def imported_file(original: Original) -> tuple[Data, CharacterFile]:
    """What the card says, with the names of V3, and the file that was made of it when it was imported."""
    data = data_of(original.card(original.spec), original.spec)
    return data, CharacterFile.model_validate(file_of(data, original.name, ImportWarnings()))


def _in_toml(text: bytes, named: bool) -> ImportedCard:
    """named: whether it is called so, and thus no other file is meant."""
    if len(text) > FILE_LIMIT:
        raise too_large(f"The file may have {FILE_LIMIT:,} bytes at most.") if named else _unknown()
    try:
        data = table_of(text.decode("utf-8"))
    except (ValueError, RecursionError) as error:  # numbers that are too long, nesting that is too deep
        raise (
            unreadable(f"This is no TOML file: {str(error)[:200]}.", "invalid_toml") if named else _unknown()
        ) from None
    if not named and "languages" not in data:
        raise _unknown()
    return ImportedCard(_checked(data))


def _no_card_in_picture() -> InvalidRequest:
    return unreadable(
        "There is no card in this picture: sites and chats often take it out, so fetch the original file.",
        "no_card_in_picture",
    )


def _unknown() -> InvalidRequest:
    return unreadable(f"This is no card that is known here: {KNOWN}.", "not_a_card")


def _checked(file: Mapping[str, Any]) -> dict[str, Any]:
    """The file, without anything that is as it is anyhow. Raises `InvalidRequest` naming the field."""
    parse_character(file)
    return CharacterFile.model_validate(file).model_dump(mode="json", exclude_defaults=True)


def _as_text(content: bytes) -> str:
    return content.removeprefix(b"\xef\xbb\xbf").decode("utf-8")


def _stem(name: str) -> str:
    """A file's name without folder and ending."""
    return re.split(r"[\\/]", name)[-1].rpartition(".")[0] or name
