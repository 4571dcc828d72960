"""A part of a file that reads like a file of its own."""

from __future__ import annotations

import io
from collections.abc import Mapping

from server.audio.decoding.work_limit import LimitedFile, WorkLimit


class Window:
    """The bytes from `start` to `end` of `file`. `patches`: bytes that stand in for those at a position of the window."""

    def __init__(self, file: LimitedFile, start: int, end: int, patches: Mapping[int, bytes] | None = None) -> None:
        self.length = end - start
        self._file, self._start, self._patches = file, start, patches or {}
        self._at = 0

    @property
    def limit(self) -> WorkLimit:
        """Of the work on the file."""
        return self._file.limit

    def again(self) -> Window:
        """The same bytes, read from the beginning and independently."""
        return Window(self._file, self._start, self._start + self.length, self._patches)

    def read(self, most: int = -1) -> bytes:
        """The next bytes; fewer at the end."""
        left = max(0, self.length - self._at)
        self._file.seek(self._start + self._at)
        read = self._file.read(min(most, left) if most >= 0 else left)
        for position, patch in self._patches.items():
            first, last = max(position, self._at), min(position + len(patch), self._at + len(read))
            if first < last:
                before, after = read[: first - self._at], read[last - self._at :]
                read = before + patch[first - position : last - position] + after
        self._at += len(read)
        return read

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a position of the window."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.length}[whence]
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        """The position in the window."""
        return self._at

    def bytes_at(self, position: int, count: int) -> bytes:
        """These bytes; what reads the window goes on where it was."""
        at = self._at
        try:
            self.seek(position)
            return self.read(count)
        finally:
            self._at = at
