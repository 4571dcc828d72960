"""Where files begin inside a file: behind tags and junk, and where several were written one after the other.

Recorders append, `cat` joins, browsers send the blobs of two recordings as one: libav reads the first, or takes the next
header for sound. Each part is therefore opened by itself.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from heapq import merge
from operator import itemgetter

from server.audio.decoding.work_limit import LimitedFile

MOST_PARTS = 1_000
"""A radio stream has one for every song. What follows stays in the last one."""

MOST_TAGS = 10
"""In a row: each program that edits a file may put its own before the others."""

CHUNK = 1 << 20
REACH = 128
"""Bytes around its mark that a signature needs to be judged."""


TAGGED = "mp3"
"""MPEG audio behind an ID3 tag, in whose picture libav may find what looks like sound."""

SYNC = re.compile(rb"\xff[\xe0-\xff]")
"""The first bits of a frame of MPEG audio or AAC."""


@dataclass(frozen=True)
class Signature:
    """How a container begins. `mark`: what is searched, `offset` bytes behind the beginning; `whole` matches from there."""

    mark: bytes
    offset: int
    whole: re.Pattern[bytes]


def _signature(mark: bytes, whole: bytes, offset: int = 0) -> Signature:
    return Signature(mark, offset, re.compile(whole, re.DOTALL))


SIGNATURES: Mapping[str, Signature] = {
    "wav": _signature(b"WAVE", rb"(RIFF|RF64|BW64)....WAVE", 8),
    "w64": _signature(b"riff\x2e\x91\xcf\x11", rb"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb"),
    "avi": _signature(b"AVI LIST", rb"RIFF....AVI LIST", 8),
    "aiff": _signature(b"AIF", rb"FORM....AIF[FC]", 8),
    "caf": _signature(b"caff\x00\x01", rb"caff\x00\x01\x00\x00desc"),
    "au": _signature(b".snd\x00\x00", rb"\.snd\x00\x00......\x00\x00\x00.\x00[\x00-\x05]..\x00\x00\x00[\x01-\x10]"),
    "flac": _signature(b"fLaC", rb"fLaC[\x00\x80]\x00\x00\x22"),
    "ogg": _signature(b"OggS\x00\x02", rb"OggS\x00\x02"),
    "webm": _signature(b"\x1aE\xdf\xa3", rb"\x1aE\xdf\xa3.{0,64}(webm|matroska)"),
    "mp4": _signature(b"ftyp", rb"\x00\x00[\x00-\x02].ftyp[ -~]{4}", 4),
    "flv": _signature(b"FLV\x01", rb"FLV\x01[\x01\x04\x05]\x00\x00\x00\x09"),
    "asf": _signature(b"\x30\x26\xb2\x75", rb"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\x00\xaa\x00\x62\xce\x6c"),
    TAGGED: _signature(b"ID3", rb"ID3[\x02-\x04]\x00.[\x00-\x7f]{4}"),
    "amr": _signature(b"#!AMR", rb"#!AMR(-WB)?\n"),
}

RAW = re.compile(rb"ID3|TAG|\xff[\xe0-\xff]|\x0b\x77|\x47.{187}\x47|V\xe0", re.DOTALL)
"""Streams without a header of their own: MPEG audio and AAC, with or without a tag, AC-3, MPEG-TS, LOAS."""


@dataclass(frozen=True)
class Part:
    """From `start` to `end`. `kind`: a key of `SIGNATURES`, or empty where nothing says how to read it."""

    kind: str
    start: int
    end: int


def parts(file: LimitedFile) -> list[Part]:
    """The files within the file, in their order; what stands before the first signature is a part without a kind."""
    size = file.seek(0, io.SEEK_END)
    found = list[Part]()
    for kind, start, sound in _signatures(file, size):
        before = found[-1] if found else Part("", 0, 0)
        # A file of another kind inside is part of the first: FLAC in Ogg, a picture in a tag.
        if before.kind in ("", TAGGED, kind) and start >= before.end:
            found.append(Part(kind, start, sound))
            if len(found) == MOST_PARTS:
                break
    if found and found[0].kind == "ogg":
        found = _without_parallel(file, found)
    starts = [part.start for part in found] + [size]
    head = [Part("", 0, starts[0])] if starts[0] else []
    return head + [Part(part.kind, part.end, end) for part, end in zip(found, starts[1:], strict=True)]


def is_raw(head: bytes) -> bool:
    """Whether sound may stand in what begins so, although it has no signature."""
    return RAW.match(head) is not None


def tag_length(head: bytes) -> int:
    """How long the ID3 tag is that stands at the beginning; 0 for none. https://id3.org/id3v2.4.0-structure"""
    if len(head) < 10 or not head.startswith(b"ID3"):
        return 0
    length = 0
    for byte in head[6:10]:
        length = length << 7 | byte & 0x7F
    return 10 + length


def _signatures(file: LimitedFile, size: int) -> Iterator[tuple[str, int, int]]:
    """Of each signature the kind, the place, and where the file itself begins, from the beginning on."""
    for base in range(0, size, CHUNK):
        file.seek(base)
        text = file.read(CHUNK + REACH)
        for start, kind in merge(*(_starts(text, kind) for kind in SIGNATURES), key=itemgetter(0)):
            if start >= CHUNK:
                break
            sound = _behind_tags(file, base + start) if kind == TAGGED else base + start
            if sound is not None:
                yield kind, base + start, sound


def _starts(text: bytes, kind: str) -> Iterator[tuple[int, str]]:
    signature = SIGNATURES[kind]
    at = text.find(signature.mark, signature.offset)
    while at >= 0:
        if signature.whole.match(text, at - signature.offset):
            yield at - signature.offset, kind
        at = text.find(signature.mark, at + 1)


def _behind_tags(file: LimitedFile, start: int) -> int | None:
    """Where MPEG audio begins behind the ID3 tags that begin here; None if it does not."""
    for _ in range(MOST_TAGS):
        file.seek(start)
        header = file.read(10)
        if SYNC.match(header):
            return start
        if not (length := tag_length(header)):
            break
        start += length
    return None


def _without_parallel(file: LimitedFile, found: list[Part]) -> list[Part]:
    """Of pages that begin Ogg streams those that begin a file: streams side by side begin on pages in a row."""
    kept, end = list[Part](), -1
    for part in found:
        if part.start != end:
            kept.append(part)
        file.seek(part.start + 26)
        header = file.read(256)
        end = part.start + 27 + header[0] + sum(header[1 : 1 + header[0]]) if header else -1
    return kept
