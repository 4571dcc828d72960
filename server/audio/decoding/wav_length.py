"""What the header of a WAV file says of its length, and what is to be believed of it.

Who writes into a pipe cannot go back and puts 0 or the largest number there; who is killed leaves what was written last.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from server.audio.decoding.unread import TAGS
from server.audio.decoding.window import Window

PLACEHOLDER = 0x7FFF_0000
"""Lengths from here on are nobody's: SoX writes 0x7FFFF000, others 0x7FFFFFFF or 0xFFFFFFFF."""

CHUNK_NAME = re.compile(rb"[A-Za-z0-9_ ]{4}")
MOST_CHUNKS = 1_000


@dataclass(frozen=True)
class WavLength:
    """`patches` for the window, where the header says too little; how many seconds of what it says are not there."""

    patches: dict[int, bytes]
    missing_s: float = 0.0


def wav_length(file: Window) -> WavLength:
    """Compare the length in the header with the file."""
    at, bytes_per_s = 12, 0
    for _ in range(MOST_CHUNKS):
        header = file.bytes_at(at, 8)
        if len(header) < 8:
            break
        name, length = header[:4], int.from_bytes(header[4:], "little")
        if name == b"fmt ":
            bytes_per_s = int.from_bytes(file.bytes_at(at + 16, 4), "little")
        if name == b"data":
            return _judged(file, at, length, bytes_per_s)
        at += 8 + length + length % 2
    return WavLength({})


def _judged(file: Window, at: int, length: int, bytes_per_s: int) -> WavLength:
    there = file.length - at - 8
    if length == 0 or length >= PLACEHOLDER or file.bytes_at(0, 4) != b"RIFF":
        return WavLength({})
    if length > there:
        return WavLength({}, (length - there) / bytes_per_s if bytes_per_s else 0.0)
    return WavLength({} if _only_chunks(file, at + 8 + length) else {at + 4: b"\xff\xff\xff\xff"})


def _only_chunks(file: Window, at: int) -> bool:
    """Whether the rest of the file is chunks, as it is where the length of the sound is right; zeros fill up."""
    for _ in range(MOST_CHUNKS):
        header = file.bytes_at(at, 9)
        if len(header) < 9 or header.startswith(TAGS):
            return not header.strip(b"\0") or header.startswith(TAGS)
        odd = header[0] == 0
        name, length = header[odd : odd + 4], int.from_bytes(header[odd + 4 : odd + 8], "little")
        if not CHUNK_NAME.fullmatch(name):
            return False
        at += odd + 8 + length
        if at > file.length:
            return False
    return True
