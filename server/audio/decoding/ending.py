"""Whether a file ends in the middle of what it began, where no header says how long the recording is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from server.audio.decoding.window import Window

MOST_UNITS = 1_000_000
LONGEST_HEADER = 282
"""Bytes: that of a page of Ogg."""

MASTERS = (b"\x18\x53\x80\x67", b"\x1f\x43\xb6\x75")
"""Segment and Cluster of Matroska, whose elements follow one by one."""


@dataclass(frozen=True)
class Units:
    """What a container is a row of: from byte `first` on, each as long as `length` reads from its header; 0 for unknown."""

    first: int
    length: Callable[[bytes], int]


def breaks_off(kind: str, file: Window) -> bool:
    """Whether the last unit is longer than what is left of the file. False where that cannot be told."""
    if kind not in UNITS:
        return False
    units = UNITS[kind]
    at = units.first
    for _ in range(MOST_UNITS):
        length = units.length(file.bytes_at(at, LONGEST_HEADER))
        at += length
        if not length or at > file.length:
            return at > file.length
    return False


def _box(header: bytes) -> int:
    """ISO 14496-12, 4.2."""
    if header[:4] == b"\0\0\0\1":
        return int.from_bytes(header[8:16], "big")
    return int.from_bytes(header[:4], "big") if len(header) >= 8 else 0


def _page(header: bytes) -> int:
    """RFC 3533, 6."""
    if len(header) < 27 or not header.startswith(b"OggS"):
        return 0
    return 27 + header[26] + sum(header[27 : 27 + header[26]])


def _tag(header: bytes) -> int:
    """Adobe Flash Video, E.4.1, with the size of the tag before it."""
    known = len(header) >= 15 and header[4] in (8, 9, 18)
    return 15 + int.from_bytes(header[5:8], "big") if known else 0


def _chunk(header: bytes) -> int:
    """Apple Core Audio Format; -1 says that the length is unknown."""
    length = int.from_bytes(header[4:12], "big", signed=True)
    return 12 + length if len(header) >= 12 and length >= 0 else 0


def _chunk64(header: bytes) -> int:
    """Sony Wave64: the length includes the header, and is filled up to 8 bytes."""
    length = int.from_bytes(header[16:24], "little")
    return (length + 7) // 8 * 8 if len(header) >= 24 and length >= 24 else 0


def _element(header: bytes) -> int:
    """RFC 8794, 4 to 6. Of a segment and a cluster only the header, since elements follow in them."""
    if len(header) < 2 or not header[0]:
        return 0
    id_length = 9 - header[0].bit_length()
    first = header[id_length] if len(header) > id_length else 0
    size_length = 9 - first.bit_length()
    end = id_length + size_length
    if header[:id_length] in MASTERS:
        return end
    size = int.from_bytes(header[id_length:end], "big") & (1 << 7 * size_length) - 1
    return end + size if first and len(header) >= end and size != (1 << 7 * size_length) - 1 else 0


UNITS: Mapping[str, Units] = {
    "mp4": Units(0, _box),
    "ogg": Units(0, _page),
    "flv": Units(9, _tag),
    "caf": Units(8, _chunk),
    "w64": Units(40, _chunk64),
    "webm": Units(0, _element),
}
"""By kind of part."""
