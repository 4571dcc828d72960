"""uvicorn's WebSocket, but it reads ahead: uvicorn's own stops and starts its socket again for every message.

With 40 clients who talk, that was a fifth of the loop's work. A message that came whole in one read, as nearly all do, goes
around the general parser, too. A test tells when a new uvicorn does otherwise what this relies on.
"""

from __future__ import annotations

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.protocol import OPEN

try:
    from websockets.speedups import apply_mask
except ImportError:
    from websockets.utils import apply_mask

MOST_MESSAGES, MOST_BYTES = 64, 256 * 1024
"""When so much waits for its session, nothing more is read until all of it is taken (`receive`, which is uvicorn's)."""

WHOLE_TEXT, WHOLE_BINARY = 0x81, 0x82
"""First byte of a message in one frame: RFC 6455, section 5.2."""

MASKED, LENGTH_IN_TWO_BYTES = 0x80, 126


class ReadAhead(WebSocketsSansIOProtocol):
    """Several messages may wait in the queue. What arrived in the same read as the last of them still joins them."""

    _waiting_bytes = 0

    def data_received(self, data: bytes) -> None:
        """The next bytes from the client."""
        payload = self._only_message(data)
        if payload is None:
            super().data_received(data)
            return
        self.curr_msg_data_type = "text" if data[0] == WHOLE_TEXT else "bytes"
        self.frames = [payload]
        self.send_receive_event_to_app()

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

    def _only_message(self, data: bytes) -> bytes | None:
        """The payload of the one message that these bytes are, if they are just that and nothing is half read."""
        conn, size = self.conn, len(data)
        if size < 6 or data[0] not in (WHOLE_TEXT, WHOLE_BINARY) or data[1] < MASKED:
            return None
        if conn.state is not OPEN or conn.reader.buffer or conn.current_size is not None or conn.extensions:
            return None
        length, start = data[1] - MASKED, 2
        if length == LENGTH_IN_TWO_BYTES:
            length, start = data[2] << 8 | data[3], 4
        if (length > LENGTH_IN_TWO_BYTES - 1 and start == 2) or size != start + 4 + length:
            return None
        if conn.max_message_size is not None and length > conn.max_message_size:
            return None
        return apply_mask(data[start + 4 :], data[start : start + 4])
