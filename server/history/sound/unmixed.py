"""What was taken and is not in the recording yet, on disk: after a crash it is mixed from there.

The mixer must wait some seconds for late sound, and a killed server may lose only one. A file of records, each a header and
its samples; whatever is torn at its end was not written.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from pipeline.conversation.journal import AudioPassed
from server.history.sound.mixer import SIDES

BEGINS = struct.Struct("<q")
RECORD = struct.Struct("<BqII")
SUFFIX, NEW = ".unmixed", ".new"


class Unmixed:
    """One conversation's file. `starts_at`: where the recording begins on the microphone's line of this session."""

    def __init__(self, path: Path, starts_at: int) -> None:
        self.path, self._starts_at = path, starts_at
        self._file: BinaryIO | None = None
        self.keep_only(())

    def append(self, entries: Iterable[AudioPassed]) -> None:
        """Write these behind the others."""
        assert self._file is not None
        self._file.write(b"".join(_record(entry) for entry in entries))
        self._file.flush()

    def keep_only(self, entries: Iterable[AudioPassed]) -> None:
        """Have these in place of all that is there."""
        new = self.path.with_suffix(NEW)
        file = new.open("wb")
        try:
            file.write(BEGINS.pack(self._starts_at) + b"".join(_record(entry) for entry in entries))
            file.flush()
            os.replace(new, self.path)
        except BaseException:
            file.close()
            with suppress(OSError):
                new.unlink()
            raise
        self.close()
        self._file = file

    def close(self) -> None:
        """Let go of the file."""
        if self._file:
            self._file.close()


@dataclass(frozen=True, slots=True)
class Left:
    """What a file holds."""

    starts_at: int
    entries: list[AudioPassed]


def left_in(path: Path) -> Left:
    """What is in the file, up to what is torn. Raises `OSError`."""
    data = path.read_bytes()
    if len(data) < BEGINS.size:
        raise OSError(f"{path} has no beginning")
    return Left(BEGINS.unpack_from(data)[0], list(_records(data)))


def _record(entry: AudioPassed) -> bytes:
    header = RECORD.pack(SIDES.index(entry.speaker), entry.at, entry.rate, len(entry.pcm))
    return header + entry.pcm.astype("<i2", copy=False).tobytes()


def _records(data: bytes) -> Iterator[AudioPassed]:
    at = BEGINS.size
    while at + RECORD.size <= len(data):
        side, position, rate, count = RECORD.unpack_from(data, at)
        at += RECORD.size
        if at + 2 * count > len(data) or side >= len(SIDES) or not rate:
            return
        yield AudioPassed(SIDES[side], position, np.frombuffer(data, "<i2", count, at).astype(np.int16), rate)
        at += 2 * count
