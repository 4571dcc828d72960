"""The text of a document while it is read: no more of it than is wanted."""

from __future__ import annotations

MOST = 20_000
"""Characters."""

SPARE = 2
"""So many times as much is read, since blanks are taken out in the end."""


class Unreadable(Exception):
    """The document cannot be read; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Text:
    """What was read so far."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._length = 0
        self.cut = False

    def add(self, part: str) -> None:
        """Add some text. Beyond what is wanted it is left out, and `cut`."""
        room = MOST * SPARE - self._length
        self.cut = self.cut or len(part) > room
        self._parts.append(part[: max(0, room)])
        self._length += min(len(part), max(0, room))

    @property
    def full(self) -> bool:
        """Whether nothing more need be read."""
        return self.cut

    @property
    def written(self) -> str:
        """All of it."""
        return "".join(self._parts)
