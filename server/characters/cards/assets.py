"""The picture and the voice that a card carries: inside its archive, or written into its text. Nothing is fetched. Pure."""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Iterator
from typing import Any

from pipeline.errors import InvalidRequest
from server.characters.cards.archive import Archive
from server.characters.cards.fields import OURS
from server.characters.cards.formats import Asset, Data, ImportWarnings

MOST_ASSETS = 1_000
LARGEST_ASSET = 24 << 20

_EMBEDDED = re.compile(r"embedd?ed://(.+)", re.DOTALL)  # V3 has it with one d
_DATA = re.compile(r"data:[\w./+-]{0,80}(?:;[\w=.-]{1,80})*;base64,", re.ASCII)
_ELSEWHERE = re.compile(r"(https?|ftp)://", re.IGNORECASE)

_SOUNDS = (
    ("audio/wav", rb"RIFF....WAVE"),
    ("audio/ogg", rb"OggS"),
    ("audio/flac", rb"fLaC"),
    ("audio/mpeg", rb"ID3[\x02-\x04]|\xff[\xfb\xf3\xf2\xfa]"),
    ("audio/mp4", rb"....ftyp(M4A|mp4|isom|dash)"),
)
_SOUND_ENDINGS = frozenset({"wav", "mp3", "ogg", "opus", "flac", "m4a"})


def picture_in(data: Data, archive: Archive | None, warnings: ImportWarnings) -> bytes | None:
    """The main picture of the character, as nobody has looked at yet; None where the card does not hold it."""
    icons = [asset for asset in _assets(data) if asset.get("type") == "icon"]
    icons.sort(key=lambda asset: asset.get("name") != "main")
    return next((found for asset in icons if (found := _content(asset, archive, warnings))), None)


def voice_in(data: Data, archive: Archive | None, warnings: ImportWarnings) -> Asset | None:
    """A recording of the character's voice; None where the card holds none."""
    for asset in _ranked(data):
        content = _content(asset, archive, warnings)
        kind = next((kind for kind, begins in _SOUNDS if re.match(begins, content or b"", re.DOTALL)), "")
        if content and kind:
            return Asset(str(asset.get("name") or "voice")[:80], kind, content)
    return None


def _ranked(data: Data) -> list[dict[str, Any]]:
    """The assets that may be the voice, the likeliest first: what our extension names, what is called so, any sound."""
    extensions = data.get("extensions")
    ours = extensions.get(OURS) if isinstance(extensions, dict) else None
    named = ours.get("voice") if isinstance(ours, dict) else None
    found = [{"uri": named, "name": "voice"}] if isinstance(named, str) else []
    sounds = [asset for asset in _assets(data) if str(asset.get("ext", "")).lower() in _SOUND_ENDINGS]
    sounds.sort(key=lambda asset: "voice" not in f"{asset.get('type')} {asset.get('name')}".lower())
    return found + sounds[:10]


def _assets(data: Data) -> Iterator[dict[str, Any]]:
    assets = data.get("assets")
    for asset in assets[:MOST_ASSETS] if isinstance(assets, list) else ():
        if isinstance(asset, dict) and isinstance(asset.get("uri"), str):
            yield asset


def _content(asset: dict[str, Any], archive: Archive | None, warnings: ImportWarnings) -> bytes | None:
    uri = asset["uri"]
    if archive and (path := _EMBEDDED.fullmatch(uri)):
        try:
            return archive.read(path[1].removeprefix("./"), LARGEST_ASSET)
        except InvalidRequest as error:
            warnings.add("assets", "not_used", f"A file in the card is not used: {error.message}")
    elif head := _DATA.match(uri):
        try:
            return b64decode(uri[head.end() :], validate=True)
        except (Base64Error, ValueError):
            warnings.add("assets", "not_used", "A file in the card is broken: it is not base64.")
    elif _ELSEWHERE.match(uri):
        warnings.add("assets", "elsewhere", "A file of the card lies on another server, where it is not fetched from.")
    return None
