"""The chunks of a PNG file: cards lie in its texts. Pure, and bounded where libraries would unpack whatever comes."""

from __future__ import annotations

import struct
import zlib
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from server.characters.cards.formats import LARGEST_JSON, too_large, unreadable

SIGNATURE = b"\x89PNG\r\n\x1a\n"

MOST_CHUNKS = 20_000
"""Of a file: 32 MiB in the pieces of 8 KiB that many programs write are 4,000."""

PIXELS = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"})
TEXTS = frozenset({b"tEXt", b"zTXt", b"iTXt"})

CARDS = ("ccv3", "chara")
"""Keywords of the texts that hold cards: of V3, and of V1 and V2."""


class Chunk(NamedTuple):
    """One chunk; `whole` is all of it, its length and checksum among it."""

    kind: bytes
    data: memoryview
    whole: memoryview


def chunks(content: bytes) -> Iterator[Chunk]:
    """The chunks up to the end, or to where the file was cut off. Raises `InvalidRequest`."""
    view, at = memoryview(content), len(SIGNATURE)
    for _ in range(MOST_CHUNKS):
        if at + 12 > len(content):
            return
        (length,) = struct.unpack_from(">I", content, at)
        end = at + 12 + length
        if end > len(content):
            return
        chunk = Chunk(content[at + 4 : at + 8], view[at + 8 : end - 4], view[at:end])
        yield chunk
        if chunk.kind == b"IEND":
            return
        at = end
    raise unreadable("The picture has too many chunks.", "picture_unreadable")


def texts_in(content: bytes) -> dict[str, bytes]:
    """The texts of a PNG file that hold cards, by keyword, the first of each. Raises `InvalidRequest`, `TooLarge`."""
    found: dict[str, bytes] = {}
    for chunk in chunks(content):
        keyword = _keyword(chunk)
        if keyword in CARDS and keyword not in found:
            found[keyword] = _text(chunk)
    return found


def card_in(text: bytes) -> bytes:
    """The JSON in such a text: programs write base64, a few the JSON itself. Raises `InvalidRequest`, `TooLarge`."""
    if text.lstrip()[:1] == b"{":
        return text
    if len(text) > 2 * LARGEST_JSON:
        raise too_large("The card in the picture is too long.")
    plain = b"".join(text.split())
    try:
        return b64decode(plain + b"=" * (-len(plain) % 4), validate=True)
    except Base64Error:
        raise unreadable("The card in the picture is broken: it is not base64.", "card_not_base64") from None


def pixels_of(content: bytes) -> bytes:
    """The same picture without anything that is not pixels."""
    return SIGNATURE + b"".join(chunk.whole for chunk in chunks(content) if chunk.kind in PIXELS)


def with_cards(content: bytes, cards: Mapping[str, bytes]) -> bytes:
    """The same file with these cards in place of those that it has, by keyword. What stands behind its end is left out."""
    texts = [_written(keyword.encode() + b"\0" + b64encode(card)) for keyword, card in cards.items()]
    rest = [chunk.whole for chunk in chunks(content) if chunk.kind != b"IEND" and _keyword(chunk) not in CARDS]
    return b"".join([SIGNATURE, *rest, *texts, _written(b"", b"IEND")])


def _keyword(chunk: Chunk) -> str:
    if chunk.kind not in TEXTS:
        return ""
    return bytes(chunk.data[:80]).partition(b"\0")[0].decode("latin-1").lower()


def _text(chunk: Chunk) -> bytes:
    """What stands behind the keyword (11.3.3 of the PNG specification)."""
    _, _, rest = bytes(chunk.data).partition(b"\0")
    if chunk.kind == b"tEXt":
        return rest
    if chunk.kind == b"zTXt":
        return _inflated(rest[1:])
    packed, (_language, _, text) = rest[:1] == b"\1", rest[2:].partition(b"\0")
    _translated, _, text = text.partition(b"\0")
    return _inflated(text) if packed else text


def _inflated(content: bytes) -> bytes:
    most = 2 * LARGEST_JSON  # base64 takes a third more than what it holds
    try:
        text = zlib.decompressobj().decompress(content, most + 1)
    except zlib.error:
        raise unreadable("The card in the picture cannot be unpacked.") from None
    if len(text) > most:
        raise too_large("The card in the picture is too long.")
    return text


def _written(data: bytes, kind: bytes = b"tEXt") -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
