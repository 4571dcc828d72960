"""A card that is imported and exported again is the same, and what was changed here is written into it."""

from __future__ import annotations

import json
import tomllib
from base64 import b64decode
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZIP_STORED

import pytest
from PIL import Image

from server.characters.cards.archive import Archive
from server.characters.cards.editing import Changes
from server.characters.cards.formats import ImportedCard, Original
from server.characters.cards.png import card_in, pixels_of, texts_in
from server.characters.cards.reading import read_card
from server.characters.cards.writing import Format, exported
from server.characters.file_format import CharacterFile
from server.characters.transfer.pictures import blank
from tests.server.characters.cards import making

PERSONAS = sorted((Path(__file__).parents[4] / "personas").glob("*.toml"))


def file_of(card: ImportedCard) -> CharacterFile:
    return CharacterFile.model_validate(card.file)


def again(card: ImportedCard, format: Format, **how: Any) -> bytes:
    """The card exported, after it was kept and read from where it was kept."""
    original = card.original and Original.of(json.loads(json.dumps(card.original.stored())))
    return exported(file_of(card), original, format, **how).content


@pytest.mark.parametrize(
    ("card", "format"),
    [
        (making.V1, "v1"),
        (making.V2, "v2"),
        (making.V3, "v3"),
        (making.PYGMALION, "pygmalion"),
        (making.BOOK_ALONE, "book"),
        (making.BOOK, "book"),
        (making.WORLD, "book"),
    ],
    ids=["V1", "V2", "V3", "Pygmalion", "lorebook V3", "lorebook without a head", "world of SillyTavern"],
)
def test_a_card_is_the_same_after_import_and_export(card: making.Card, format: Format) -> None:
    content = making.text(card)

    assert again(read_card(content, "wren.json"), format) == content


@pytest.mark.parametrize("kind", ["tEXt", "zTXt", "iTXt", "iTXt, packed"])
@pytest.mark.parametrize(("card", "keyword"), [(making.V1, "chara"), (making.V2, "Chara"), (making.V3, "ccv3")])
def test_a_card_in_a_picture_is_the_same_and_so_are_its_pixels(card: making.Card, keyword: str, kind: str) -> None:
    content = making.png(card, keyword, kind)
    found = again(read_card(content, "wren.png"), "png", picture=content)

    assert json.loads(card_in(texts_in(found)[keyword.lower()])) == card or card is making.V1
    assert pixels_of(found) == pixels_of(content)
    assert read_card(found, "wren.png").file == read_card(content, "wren.png").file


def test_a_picture_with_two_cards_keeps_both() -> None:
    found = again(read_card(making.BOTH, "wren.png"), "png", picture=making.BOTH)

    texts = {keyword: json.loads(b64decode(text)) for keyword, text in texts_in(found).items()}
    assert texts == {"chara": making.V2, "ccv3": making.V3}


@pytest.mark.parametrize(
    ("content", "format", "picture"),
    [(making.CHARX, "charx", b""), (making.JPEG, "jpeg", making.image("JPEG"))],
    ids=["CHARX", "JPEG"],
)
def test_an_archive_is_the_same_file_by_file(content: bytes, format: Format, picture: bytes) -> None:
    found = Archive(again(read_card(content, "w.charx"), format, picture=picture, archive=Archive(content), own=True))

    assert {name: found.read(name, 1 << 20) for name in found.names} == making.CHARX_FILES
    assert found.prefix == picture


def test_a_broken_file_of_an_archive_is_left_out_of_the_export() -> None:
    content = making.archive(
        {"card.json": making.text(making.V3), "a.bin": b"a" * 99, "b.bin": b"b" * 99}, packing=ZIP_STORED
    )
    broken = content.replace(b"a" * 99, b"x" * 99)
    found = Archive(again(read_card(broken, "w.charx"), "charx", archive=Archive(broken), own=True))

    assert found.names == ["card.json", "b.bin"]


@pytest.mark.parametrize("content", [making.png(making.V2), making.CHARX, making.text(making.V1)])
@pytest.mark.parametrize("format", ["v2", "v3", "png", "charx", "jpeg"])
def test_a_card_of_any_kind_becomes_one_of_any_other(content: bytes, format: Format) -> None:
    card = read_card(content, "wren")
    picture = blank("#aabbcc", "jpeg" if format == "jpeg" else "png")

    assert read_card(again(card, format, picture=picture), "wren").file == {
        **card.file,
        "en": {name: value for name, value in card.file["en"].items() if format != "v2" or name != "nickname"},
    }


@pytest.mark.parametrize("path", PERSONAS, ids=lambda path: path.stem)
@pytest.mark.parametrize("format", ["toml", "v2", "v3"])
def test_a_character_of_ours_is_the_same_after_export_and_import(path: Path, format: Format) -> None:
    file = CharacterFile.model_validate(tomllib.loads(path.read_text("utf-8")))
    found = read_card(exported(file, None, format).content, f"{path.stem}.{format}")

    assert file_of(found).model_dump(exclude={"id"}) == file.model_dump(exclude={"id"})


def changed(card: ImportedCard, **fields: Any) -> CharacterFile:
    """The file of a card with other fields in its language, or with other entries in its book."""
    file = json.loads(json.dumps(card.file))
    if (entries := fields.pop("entries", None)) is not None:
        file["book"]["entries"] = entries
    file["en"] |= fields
    return CharacterFile.model_validate(file)


@pytest.mark.parametrize("made", [making.V2, making.V3], ids=["V2", "V3"])
def test_what_was_changed_here_is_written_into_the_card_and_nothing_else(made: making.Card) -> None:
    card = read_card(making.text(made), "wren.json")
    file = changed(card, greeting="You came back.", voice="female-2")
    out = json.loads(exported(file, card.original, "v2" if made is making.V2 else "v3").content)

    ours = {"file": {"languages": ["en"], "en": {"voice": "female-2"}}}
    extensions = {**made["data"]["extensions"], "kaikou": ours}
    assert out == {**made, "data": {**made["data"], "first_mes": "You came back.", "extensions": extensions}}
    assert file_of(read_card(making.text(out), "wren.json")) == file


def test_an_entry_that_was_changed_keeps_what_our_file_does_not_say() -> None:
    card = read_card(making.text(making.V2), "wren.json")
    first, last = card.file["book"]["entries"]
    entries = [{**last, "constant": False}, {"content": "New.", "keys": ["new"]}, {**first, "content": "Changed."}]
    out = json.loads(exported(changed(card, entries=entries), card.original, "v2").content)

    was = making.BOOK["entries"]
    new = {"keys": ["new"], "content": "New.", "extensions": {}, "enabled": True, "insertion_order": 100}
    assert out["data"]["character_book"] == {
        **making.BOOK,
        "entries": [
            {**was[2], "constant": False},
            {**new, "use_regex": False},
            {**was[0], "content": "Changed."},
            was[1],
        ],
    }


def test_a_changed_world_stays_a_world() -> None:
    card = read_card(making.text(making.WORLD), "harbour.json")
    first, last = card.file["book"]["entries"]
    entries = [first, {**last, "content": "@@depth 2\nIt turns at seven.", "enabled": True}, {"content": "New."}]
    out = json.loads(exported(changed(card, entries=entries), card.original, "book").content)["entries"]

    assert out["0"] == making.WORLD["entries"]["0"]
    assert out["1"] == {**making.WORLD["entries"]["5"], "content": "It turns at seven.", "disable": False}
    assert (out["2"]["content"], out["2"]["uid"]) == ("New.", 2)


@pytest.mark.parametrize(
    ("format", "lost"),
    [
        ("v2", {"nickname", "group_only_greetings", "source", "assets"}),
        ("v1", {"character_book", "system_prompt", "alternate_greetings"}),
        ("pygmalion", {"character_book", "system_prompt"}),
        ("book", {"description", "first_mes"}),
    ],
)
def test_what_a_kind_of_card_has_no_field_for_is_told(format: Format, lost: set[str]) -> None:
    card = read_card(making.text(making.V3), "wren.json")

    assert lost <= set(exported(file_of(card), card.original, format).lost)


def test_a_card_without_a_name_is_called_as_its_file_and_stays_without_one() -> None:
    made = {**making.V2, "data": {**making.V2["data"], "name": ""}}
    card = read_card(making.text(made), "C:\\cards/old wren.v2.json")

    assert card.file["en"]["name"] == "old wren.v2"
    assert json.loads(again(card, "v2")) == made
    assert Changes(file_of(card), card.original).fields == {}


def test_the_picture_of_an_export_opens() -> None:
    card = read_card(making.text(making.V3), "wren.json")
    content = again(card, "png", picture=blank("#102030", "png"))

    with Image.open(BytesIO(content)) as image:
        assert (image.format, image.size, image.convert("RGB").getpixel((0, 0))) == ("PNG", (512, 512), (16, 32, 48))
