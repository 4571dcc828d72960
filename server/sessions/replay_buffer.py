"""What was sent and may have to be sent again: a resumable client's events since the last one that it acknowledged. Pure."""

from __future__ import annotations

from collections import deque

from server.transports.transport import OutputAudio

EVENT_BYTES = 300
"""Of an event that carries audio, besides the audio."""


class ReplayBuffer:
    """Events in the order in which they were sent, bounded in bytes; past the bound the oldest are given up."""

    def __init__(self, most_bytes: int) -> None:
        self._events: deque[tuple[str, str | OutputAudio]] = deque()
        self._bytes = 0
        self._most_bytes = most_bytes
        self._last_gone = ""

    def sent(self, event_id: str, event: str | OutputAudio) -> None:
        """Keep an event that is being sent."""
        self._events.append((event_id, event))
        self._bytes += _bytes_of(event)
        while self._bytes > self._most_bytes:
            self._forget_first()

    def seen(self, event_id: str) -> None:
        """The client has everything up to this event; an id that is not kept changes nothing."""
        if any(id == event_id for id, _ in self._events):
            while self._last_gone != event_id:
                self._forget_first()

    def after(self, event_id: str) -> list[str | OutputAudio] | None:
        """What the client lacks that saw `event_id` last, in order; None if that is not known any more."""
        self.seen(event_id)
        return [event for _, event in self._events] if event_id == self._last_gone else None

    def _forget_first(self) -> None:
        self._last_gone, event = self._events.popleft()
        self._bytes -= _bytes_of(event)


def _bytes_of(event: str | OutputAudio) -> int:
    return len(event) if isinstance(event, str) else EVENT_BYTES + len(event.data) * 4 // 3
