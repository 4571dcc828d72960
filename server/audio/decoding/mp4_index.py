"""The boxes of an MP4 file, and whether its index fits into memory: twenty bytes of it may stand for billions of packets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from server.audio.decoding.window import Window

FOLDERS = frozenset((b"moov", b"trak", b"mdia", b"minf", b"stbl", b"moof", b"traf"))
"""Boxes that hold boxes, and lead to those that count packets."""

MOST_PACKETS = 1_000_000
"""Of all tracks: two hours of sound and pictures have 750,000. libav takes about 40 bytes for each."""

PCM = (b"sowt", b"twos", b"lpcm", b"ipcm", b"fpcm", b"raw ", b"in24", b"in32", b"fl32", b"fl64", b"ulaw", b"alaw")
SAMPLES_IN_ONE = 1_000
"""Where a table counts the single samples of such sound, libav takes about so many for a packet."""


@dataclass(frozen=True)
class Box:
    """ISO 14496-12, 4.2. `start`: behind its header."""

    name: bytes
    start: int
    end: int


@dataclass
class TrackIndex:
    """What the tables of a track say, in whatever order they come."""

    packets: int = 0
    pcm: bool = False
    by_sample: bool = False
    """Each entry lasts for a sample."""
    sound: bool = True

    @property
    def entries(self) -> int:
        """How many packets libav keeps of it."""
        return self.packets // SAMPLES_IN_ONE if self.pcm and self.by_sample and self.sound else self.packets


def boxes(file: Window) -> Iterator[Box]:
    """The boxes in their order, each before those in it, as far as they can be followed."""
    at, ends = 0, [file.length]
    while len(header := file.bytes_at(at, 16)) >= 8:
        length, start = int.from_bytes(header[:4], "big"), at + 8
        if length == 1:
            length, start = int.from_bytes(header[8:], "big"), at + 16
        end = at + length if length else ends[-1]
        if end < start:
            break
        yield Box(header[4:8], start, end)
        at = end
        if header[4:8] in FOLDERS:
            ends.append(end)
            at = start
        while len(ends) > 1 and at >= ends[-1]:
            at = ends.pop()


def is_too_large(file: Window) -> bool:
    """Whether the index is of more packets than any recording has, or compressed, so that nobody knows."""
    tracks = [TrackIndex()]
    for box in boxes(file):
        head = file.bytes_at(box.start, 16)
        match box.name:
            case b"trak":
                tracks.append(TrackIndex())
            case b"hdlr" if head[8:12] == b"vide":
                tracks[-1].sound = False
            case b"stsd":
                tracks[-1].pcm = head[12:16] in PCM
            case b"stts":
                tracks[-1].by_sample = head[4:8] == head[12:16] == b"\0\0\0\1"
            case b"stsz" | b"stz2":
                tracks[-1].packets += int.from_bytes(head[8:12], "big")
            case b"trun":
                tracks[-1].packets += int.from_bytes(head[4:8], "big")
            case b"cmov":
                return True
    return sum(track.entries for track in tracks) > MOST_PACKETS
