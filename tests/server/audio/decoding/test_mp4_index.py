"""MP4 files of a few bytes whose index stands for more than there is memory for."""

from __future__ import annotations

import io
import struct

import pytest

from pipeline.errors import InvalidRequest
from server.audio.decoding.decode import Decoding
from tests.server.audio.decoding.beeps import Encoding, beeps, heard, recording

MANY = 50_000_000
"""Packets: 1.8 GB of memory, before the first of them is read."""


def _box(name: bytes, *within: bytes) -> bytes:
    body = b"".join(within)
    return struct.pack(">I", 8 + len(body)) + name + body


def _table(name: bytes, *numbers: int) -> bytes:
    return _box(name, struct.pack(f">{1 + len(numbers)}I", 0, *numbers))


def _file(
    packets: int, lasting: int = 1_024, format: bytes = b"mp4a", handler: bytes = b"soun", fragment: bytes = b""
) -> bytes:
    """A file of one packet, whose index says that there are so many."""
    head, sound = _box(b"ftyp", b"M4A \0\0\0\0M4A "), _box(b"mdat", b"\x21\x10\x05" * 100)
    entry = _box(format, bytes(7) + b"\1" + bytes(8) + struct.pack(">HHII", 1, 16, 0, 16_000 << 16))
    tables = (
        _box(b"stsd", bytes(7) + b"\1", entry),
        _table(b"stts", 1, packets, lasting),
        _table(b"stsc", 1, 1, packets, 1),
        _table(b"stsz", 1, packets),
        _table(b"stco", 1, len(head) + 8),
    )
    media = (
        _box(b"mdhd", bytes(12) + struct.pack(">IIHH", 16_000, 0, 0x55C4, 0)),
        _box(b"hdlr", bytes(8) + handler + bytes(13)),
        _box(b"minf", _box(b"stbl", *tables)),
    )
    track = _box(b"trak", _box(b"tkhd", bytes(11) + b"\1" + bytes(72)), _box(b"mdia", *media))
    extends = _box(b"mvex", _table(b"trex", 0, 1, 1, 0, 0)) if fragment else b""
    return head + sound + _box(b"moov", _box(b"mvhd", bytes(100)), track, extends) + fragment


FRAGMENT = _box(b"moof", _table(b"mfhd", 1), _box(b"traf", _table(b"tfhd", 1), _table(b"trun", MANY)))


@pytest.mark.parametrize(
    "file",
    [
        _file(MANY),
        _file(MANY, format=b"sowt"),
        _file(MANY, lasting=1, handler=b"vide", format=b"sowt"),
        _file(1, fragment=FRAGMENT),
        _file(1)[20:] + _file(MANY)[20:],
        _box(b"free", bytes(20)) * 1_000 + _file(MANY),
        _box(b"moov", _box(b"cmov", bytes(100))),
    ],
    ids=["table", "raw samples", "pictures", "fragment", "second index", "behind others", "compressed"],
)
def test_an_index_of_more_packets_than_any_recording_has_is_refused(file: bytes) -> None:
    with pytest.raises(InvalidRequest) as caught:
        [*Decoding(io.BytesIO(file), 7_200.0).samples()]
    assert (caught.value.code, caught.value.param) == ("invalid_audio", "file")
    assert "index" in caught.value.message


def test_the_index_of_raw_samples_may_count_each_of_them() -> None:
    file = recording(Encoding("mov", "pcm_s16le", 48_000), beeps(25.0, (0.5, 24.0), 48_000))
    assert heard(file).beeps == pytest.approx([0.5, 24.0], abs=0.05)
