"""uvicorn's WebSocket, but it reads ahead: uvicorn's own stops and starts its socket again for every message.

With 40 clients who talk, that was a fifth of the loop's work. A message that came whole in one read, as nearly all do, goes
around the general parser, too. A test tells when a new uvicorn does otherwise what this relies on.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from types import GeneratorType
from typing import Any, TypeAlias

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame
from websockets.protocol import OPEN
from websockets.streams import StreamReader

try:
    from websockets.speedups import apply_mask
except ImportError:
    from websockets.utils import apply_mask

MOST_MESSAGES, MOST_BYTES = 64, 256 * 1024
"""When so much waits for its session, nothing more is read until all of it is taken (`receive`, which is uvicorn's)."""

BETWEEN_FRAMES = StreamReader.at_eof.__code__
"""Where the general parser waits for a frame. An empty buffer says nothing: it is so after a header that came alone, too."""

WHOLE_TEXT, WHOLE_BINARY = 0x81, 0x82
"""First byte of a message in one frame: RFC 6455, section 5.2."""

MASKED, LENGTH_IN_TWO_BYTES = 0x80, 126


TakeAtOnce: TypeAlias = Callable[[bytes, bool], bool]
"""Takes a message, whether it is text; or refuses to."""

EXTENSION = "kaikou.read_ahead"
"""Under this name an application finds the protocol in the scope's extensions."""


class Messages:
    """What arrived, for the one task that takes it. In place of an `asyncio.Queue`, which with 50 clients who talk was a
    twentieth of the loop's work: at each wait it asks which loop runs, in Python 3.11 by a system call."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._messages: deque[Any] = deque()
        self._arrived: asyncio.Future[None] | None = None

    def put_nowait(self, message: Any) -> None:
        """The next message."""
        self._messages.append(message)
        if self._arrived and not self._arrived.done():
            self._arrived.set_result(None)

    async def get(self) -> Any:
        """Take the next message; waits for one."""
        while not self._messages:
            self._arrived = self._loop.create_future()
            await self._arrived
        return self._messages.popleft()

    def qsize(self) -> int:
        """How many wait."""
        return len(self._messages)

    @property
    def is_awaited(self) -> bool:
        """Whether the reader has taken all and waits."""
        return not self._messages and self._arrived is not None and not self._arrived.done()

    def empty(self) -> bool:
        """Whether none waits."""
        return not self._messages


class ReadAhead(WebSocketsSansIOProtocol):
    """Several messages may wait in the queue. What arrived in the same read as the last of them still joins them.

    `take_at_once` is asked first for a message that came whole while its reader waits for nothing else, and says whether it
    took it: no task is woken then.
    """

    take_at_once: TakeAtOnce | None = None
    _waiting_bytes = 0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._messages = Messages(self.loop)
        self.queue = self._messages  # type: ignore[assignment]

    _fragments = bytearray()
    _last_pong = b""

    def data_received(self, data: bytes) -> None:
        """The next bytes from the client."""
        payload = self._only_message(data)
        if payload is None:
            super().data_received(data)
            return
        text = data[0] == WHOLE_TEXT
        if self.take_at_once and self._messages.is_awaited and self.take_at_once(payload, text):
            return
        self.curr_msg_data_type = "text" if text else "bytes"
        self.frames = [payload]
        self.send_receive_event_to_app()

    async def run_asgi(self) -> None:
        """Serve the connection. A refusal ends the handshake, too, which uvicorn logs as an error otherwise."""
        app = self.app

        async def serve(scope: Any, receive: Any, send: Any) -> None:
            await app(scope, receive, send)
            self.handshake_complete = self.handshake_complete or self.close_sent

        self.app = serve
        extensions: dict[str, Any] = self.scope["extensions"]
        extensions[EXTENSION] = self
        await super().run_asgi()

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

    def handle_cont(self, event: Frame) -> None:
        """A further fragment. They are put together as they come: a list of many small ones takes 40 times their bytes."""
        if self.frames:
            self._fragments = bytearray(self.frames.pop())
        self._fragments += event.data
        if event.fin:
            self.frames, self._fragments = [bytes(self._fragments)], bytearray()
            self.send_receive_event_to_app()

    def handle_ping(self) -> None:
        """Answer, but to a client that does not read only its last ping, as RFC 6455 allows in section 5.5.3.

        Otherwise whatever it sends would be kept here for it.
        """
        pong = b"".join(self.conn.data_to_send())
        if self.writable.is_set() or self.conn.state is not OPEN:
            self.transport.write(pong)
        else:
            self._last_pong = pong

    def resume_writing(self) -> None:
        """The client has read most of what was written."""
        super().resume_writing()
        if self._last_pong:
            self.transport.write(self._last_pong)
            self._last_pong = b""

    def _only_message(self, data: bytes) -> bytes | None:
        """The payload of the one message that these bytes are, if they are just that and nothing is half read."""
        conn, size = self.conn, len(data)
        if size < 6 or data[0] not in (WHOLE_TEXT, WHOLE_BINARY) or data[1] < MASKED:
            return None
        if conn.state is not OPEN or conn.current_size is not None or conn.extensions:
            return None
        waits_in: Any = conn.parser  # a chain of generators, of which the innermost waits
        while isinstance(inner := waits_in.gi_yieldfrom, GeneratorType):
            waits_in = inner
        if waits_in.gi_code is not BETWEEN_FRAMES:
            return None
        length, start = data[1] - MASKED, 2
        if length == LENGTH_IN_TWO_BYTES:
            length, start = data[2] << 8 | data[3], 4
        if (length > LENGTH_IN_TWO_BYTES - 1 and start == 2) or size != start + 4 + length:
            return None
        if conn.max_message_size is not None and length > conn.max_message_size:
            return None
        return apply_mask(data[start + 4 :], data[start : start + 4])
