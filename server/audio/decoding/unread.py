"""How much of a file was passed over, which nothing but the positions of its packets tells."""

from __future__ import annotations

from collections import deque
from typing import Any

from server.audio.decoding.window import Window

TAGS = (b"ID3", b"TAG", b"APETAGEX", b"LYRICSBEGIN")
"""What stands between and behind the packets of joined files and is no sound."""


REMEMBERED = 3
"""Packets that were decoded since: the first behind a damaged page of Ogg has the stamp of those before it."""


class Unread:
    """Counts the bytes that no sound came from since the last packets that were decoded."""

    def __init__(self, file: Window, holes: bool, timed: bool) -> None:
        """holes: bytes between packets count, too; not where an index leads past them, or padding fills a stream up."""
        self.size = 0
        """Since the last packet that was decoded."""
        self._file, self._holes = file, holes
        self._damaged = False
        self._before = deque[tuple[int, bool]](maxlen=REMEMBERED if timed else 0)
        self._pos = self._end = -1

    @property
    def recent_size(self) -> int:
        """The same since some packets before."""
        return self.size + sum(size for size, _ in self._before)

    @property
    def damaged(self) -> bool:
        """Whether one of the latest packets was damaged, and not only passed over."""
        return self._damaged or any(damaged for _, damaged in self._before)

    def reached(self, packet: Any) -> None:
        """The next packet of the file, of whatever track."""
        self._damaged |= packet.is_corrupt
        if packet.pos is None or packet.pos < 0:
            return
        if packet.pos == self._pos:  # of the same page
            self._end += packet.size
            return
        hole = packet.pos - self._end
        if self._holes and hole > 0 <= self._end and not self._file.bytes_at(self._end, 11).startswith(TAGS):
            self.size += hole
        self._pos, self._end = packet.pos, packet.pos + packet.size

    def failed(self, packet: Any) -> None:
        """This packet could not be decoded."""
        if not bytes(packet).startswith(TAGS):
            self.size += packet.size
            self._damaged = True

    def decoded(self) -> None:
        """This one could."""
        self._before.append((self.size, self._damaged))
        self.size, self._damaged = 0, False
