"""uvicorn's WebSocket, but it reads ahead: uvicorn's own stops and starts its socket again for every message.

With 40 clients who talk, that was a fifth of the loop's work. A test tells when a new uvicorn does it otherwise.
"""

from __future__ import annotations

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

MOST_MESSAGES, MOST_BYTES = 64, 256 * 1024
"""When so much waits for its session, nothing more is read until all of it is taken (`receive`, which is uvicorn's)."""


class ReadAhead(WebSocketsSansIOProtocol):
    """Several messages may wait in the queue. What arrived in the same read as the last of them still joins them."""

    _waiting_bytes = 0

    def send_receive_event_to_app(self) -> None:
        """A message is complete; `self.frames` are its parts."""
        size = sum(map(len, self.frames))
        self._waiting_bytes = size if self.queue.empty() else self._waiting_bytes + size
        paused, self.read_paused = self.read_paused, True  # so that uvicorn, too, takes it for paused and leaves it be
        super().send_receive_event_to_app()
        self.read_paused = paused
        full = self.queue.qsize() >= MOST_MESSAGES or self._waiting_bytes >= MOST_BYTES
        if full and not paused and not self.close_sent:
            self.read_paused = True
            self.transport.pause_reading()
