"""What was sent and may have to be sent again: a resumable client's events since the last one that it acknowledged. Pure."""

from __future__ import annotations

from collections import deque


class Retained:
    """Events in the order in which they were sent, bounded in bytes; past the bound the oldest are given up."""

    def __init__(self, most_bytes: int) -> None:
        self._events: deque[tuple[str, str]] = deque()
        self._bytes = 0
        self._most_bytes = most_bytes
        self._last_gone = ""

    def sent(self, event_id: str, text: str) -> None:
        """An event left."""
        self._events.append((event_id, text))
        self._bytes += len(text)
        while self._bytes > self._most_bytes:
            self._forget_first()

    def seen(self, event_id: str) -> None:
        """The client has everything up to this event; an id that is not retained changes nothing."""
        if any(id == event_id for id, _ in self._events):
            while self._last_gone != event_id:
                self._forget_first()

    def after(self, event_id: str) -> list[str] | None:
        """What the client lacks that saw `event_id` last, in order; None if that is not known any more."""
        self.seen(event_id)
        return [text for _, text in self._events] if event_id == self._last_gone else None

    def _forget_first(self) -> None:
        self._last_gone, text = self._events.popleft()
        self._bytes -= len(text)
