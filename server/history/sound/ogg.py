"""An Ogg file of Opus that grows a page at a time. Cut off anywhere it is still a file: it ends with its last whole page.

RFC 3533 (pages) and RFC 7845 (Opus in them). No page says that it is the last one, so that a conversation that goes on
another day can append; browsers and libav read the duration off the last page's position without it.
"""

from __future__ import annotations

import struct
import sys
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BufferedRandom
from pathlib import Path

if sys.platform != "win32":
    import fcntl

GRANULES = 48_000
"""Positions in an Ogg file of Opus are samples at this rate, whatever went in."""

PACKET = 960
"""Samples in each packet, at `GRANULES`: 20 ms."""

PAGE_PACKETS = 50
"""A second to a page: what a player reads too much when it looks for a position."""

HEADER = struct.Struct("<4sBBqIIIB")
FIRST_PAGE = 2
REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


@dataclass(frozen=True, slots=True)
class Page:
    """What is read of a page: where it ends in the file, and its header's numbers."""

    end: int
    granule: int
    serial: int
    number: int


class OggOpus:
    """One file, open for appending; what it held before stays, but for a page that was never finished.

    Raises `BlockingIOError` while another process, or another recording, has it open (not on Windows).
    """

    def __init__(self, path: Path, pre_skip: int, rate: int) -> None:
        self.path = path
        path.touch()
        self._file: BufferedRandom = path.open("r+b")
        try:
            if sys.platform != "win32":
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._serial, self._number, self._granule, self._size = zlib.crc32(path.name.encode()), 0, 0, 0
            for page in pages(self._file):
                self._serial, self._number = page.serial, page.number + 1
                self._granule, self._size = page.granule, page.end
            self._file.truncate(self._size)
            self._pre_skip = pre_skip
            if self._number < 2:
                self._begin(pre_skip, rate)
        except BaseException:
            self._file.close()
            raise

    @property
    def packets(self) -> int:
        """How many packets of `PACKET` samples the file holds."""
        return self._granule // PACKET

    @property
    def seconds(self) -> float:
        """How long it plays."""
        return max(0, self._granule - self._pre_skip) / GRANULES

    @property
    def size(self) -> int:
        """How many bytes it has."""
        return self._size

    def append(self, packets: Sequence[bytes]) -> None:
        """Write these packets as whole pages. Raises `OSError`; nothing of them is in the file then."""
        written = bytearray()
        number, granule = self._number, self._granule
        for start in range(0, len(packets), PAGE_PACKETS):
            some = packets[start : start + PAGE_PACKETS]
            granule += PACKET * len(some)
            written += page_of(some, granule, self._serial, number)
            number += 1
        self._write(bytes(written))
        self._number, self._granule = number, granule

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _begin(self, pre_skip: int, rate: int) -> None:
        self._file.truncate(0)
        self._size = self._granule = 0
        vendor = b"kaikou"
        head = b"OpusHead" + struct.pack("<BBHIhB", 1, 2, pre_skip, rate, 0, 0)
        tags = b"OpusTags" + struct.pack("<I", len(vendor)) + vendor + struct.pack("<I", 0)
        self._write(page_of([head], 0, self._serial, 0, FIRST_PAGE) + page_of([tags], 0, self._serial, 1))
        self._number = 2

    def _write(self, data: bytes) -> None:
        try:
            self._file.seek(self._size)
            self._file.write(data)
            self._file.flush()
        except OSError:
            self._file.truncate(self._size)
            raise
        self._size += len(data)


def page_of(packets: Sequence[bytes], granule: int, serial: int, number: int, kind: int = 0) -> bytes:
    """A page that holds these packets whole; all of them together have at most 255 segments of 255 bytes."""
    lacing = b"".join(b"\xff" * (len(packet) // 255) + bytes([len(packet) % 255]) for packet in packets)
    body = bytes([len(lacing)]) + lacing + b"".join(packets)
    start = HEADER.pack(b"OggS", 0, kind, granule, serial, number, 0, 0)[:-1]
    return start[:22] + struct.pack("<I", checksum(start + body)) + body


def pages(file: BufferedRandom) -> Iterator[Page]:
    """The whole pages from the start of the file, up to the first that is torn or damaged."""
    file.seek(0)
    while len(start := file.read(HEADER.size)) == HEADER.size:
        mark, _version, _kind, granule, serial, number, told, segments = HEADER.unpack(start)
        lacing = file.read(segments)
        body = file.read(sum(lacing))
        whole = start[:22] + bytes(4) + start[26:] + lacing + body
        if mark != b"OggS" or len(whole) < HEADER.size + segments + sum(lacing) or checksum(whole) != told:
            return
        yield Page(file.tell(), granule, serial, number)


def checksum(data: bytes) -> int:
    """Ogg's checksum, which reads bits the other way round than zlib's and inverts nothing."""
    mirrored = zlib.crc32(data.translate(REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{mirrored:032b}"[::-1], 2)
