"""A character's file → the bytes of a card, of every kind that is read. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import orjson

from pipeline.errors import InvalidRequest
from server.characters.cards import png
from server.characters.cards.archive import CARD, MOST_UNPACKED, Archive, packed
from server.characters.cards.editing import Changes, Lost
from server.characters.cards.formats import Data, Original, card_json
from server.characters.cards.toml_text import toml_of
from server.characters.file_format import CharacterFile

Format: TypeAlias = Literal["toml", "v1", "v2", "v3", "png", "charx", "jpeg", "pygmalion", "book"]

PICTURED: Mapping[Format, Literal["png", "jpeg"]] = {"png": "png", "charx": "png", "jpeg": "jpeg"}
"""Formats that a picture belongs to, and of which kind."""

_TYPES: Mapping[Format, tuple[str, str]] = {
    "toml": ("application/toml", "toml"),
    "png": ("image/png", "png"),
    "charx": ("application/zip", "charx"),
    "jpeg": ("image/jpeg", "jpeg"),
}
_JSON = ("application/json", "json")

ICON = "assets/icon/image/main."
"""Where the picture lies in an archive of ours; its ending comes behind."""


@dataclass(frozen=True, slots=True)
class Exported:
    """A file to take away. ending: of its name, without a dot; lost: what this kind of card has no field for."""

    content: bytes
    type: str
    ending: str
    lost: Lost


def exported(
    file: CharacterFile,
    original: Original | None,
    format: Format,
    picture: bytes = b"",
    archive: Archive | None = None,
    *,
    own: bool = False,
) -> Exported:
    """The character as a card.

    original: the card that it came from, of which all is kept that was not changed. picture: for those of `PICTURED` a
    picture of that kind. archive: what the original came in, if it is one. own: whether the archive has the picture.
    """
    kind, ending = _TYPES.get(format, _JSON)
    if format == "toml":
        table: dict[str, Any] = file.model_dump(mode="json", exclude_defaults=True)
        return Exported(toml_of(table).encode(), kind, ending, [])
    changes, lost = Changes(file, original), Lost()
    match format:
        case "png":
            v2, v3 = (changes.card(spec)[0] for spec in ("v2", "v3"))
            content = png.with_cards(picture, {"chara": v2, "ccv3": v3})
        case "charx" | "jpeg":
            archived = _archived(changes.card("v3")[0], archive, b"" if own else picture)
            content = picture + archived if format == "jpeg" else archived
        case spec:
            content, lost = changes.card(spec)
    return Exported(content, kind, ending, lost)


def _archived(card: bytes, archive: Archive | None, icon: bytes) -> bytes:
    """An archive of the card with the files of the one that it came in, and with another picture if there is one."""
    files = dict(_readable(archive)) if archive else {}
    if not icon:
        return packed({**files, CARD: card})
    ending = "png" if icon.startswith(png.SIGNATURE) else "jpeg"
    shown = orjson.dumps(_with_icon(card_json(card), ending), option=orjson.OPT_INDENT_2)
    return packed({**files, CARD: shown, ICON + ending: icon})


def _readable(archive: Archive) -> Iterator[tuple[str, bytes]]:
    """The files of an archive but for those that are broken, which nobody could read in what it came from, either."""
    for name in archive.names:
        with suppress(InvalidRequest):
            yield name, archive.read(name, MOST_UNPACKED) or b""


def _with_icon(card: Data, ending: str) -> Data:
    data = card["data"]
    assets = data.get("assets")
    others = [one for one in assets if not _is_main(one)] if isinstance(assets, list) else []
    icon = {"type": "icon", "uri": f"embeded://{ICON}{ending}", "name": "main", "ext": ending}
    return {**card, "data": {**data, "assets": [icon, *others]}}


def _is_main(asset: Any) -> bool:
    return isinstance(asset, dict) and asset.get("type") == "icon" and asset.get("name") == "main"
