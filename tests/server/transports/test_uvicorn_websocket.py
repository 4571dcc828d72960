"""Reading ahead on a WebSocket, without a network: a client's bytes in, and when reading stops and goes on."""

from __future__ import annotations

import asyncio
import hashlib
import inspect
import tracemalloc
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.uri import parse_uri

from server.transports.uvicorn_websocket import MOST_BYTES, MOST_MESSAGES, ReadAhead

KNOWN = {
    "data_received": "c89d394077d8841d",
    "send_receive_event_to_app": "a2b10de91477dc1d",
    "receive": "1dc0e715390021a1",
    "run_asgi": "662375aa38d9044c",
    "handle_cont": "d96fe1479da61beb",
    "handle_ping": "41bcf345d372c55c",
    "resume_writing": "ef79384e5fff077c",
}
"""Digests of the methods that reading ahead relies on, in uvicorn 0.54.0."""


class Wire(asyncio.Transport):
    """Notes when reading stops and goes on, and keeps what was written."""

    def __init__(self) -> None:
        super().__init__()
        self.reading: list[str] = []
        self.written = b""
        self.closed = False

    def pause_reading(self) -> None:
        self.reading.append("stopped")

    def resume_reading(self) -> None:
        self.reading.append("went on")

    def write(self, data: Any) -> None:
        self.written += data

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True


class Client:
    """A client's end; `take` gives its message to an application that takes one when it is told to."""

    def __init__(self) -> None:
        self.wire, self.taken = Wire(), list[Any]()
        self._may_take = asyncio.Semaphore(0)
        self._ends = ClientProtocol(parse_uri("ws://localhost/"))
        config = uvicorn.Config(self._application, ws=ReadAhead, lifespan="off", log_config=None, interface="asgi3")
        config.load()
        self.protocol = ReadAhead(config, ServerState(), {})

    async def _application(self, _scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        while True:
            await self._may_take.acquire()
            message = await receive()
            self.taken.append(message.get("text", message.get("bytes", message["type"])))

    async def connect(self) -> None:
        self.protocol.connection_made(self.wire)
        self._ends.send_request(self._ends.connect())
        self._deliver()
        await self._settled()
        self._ends.receive_data(self.wire.written)
        self.wire.written = b""

    async def await_next(self) -> None:
        """Have the application wait for the next message."""
        self._may_take.release()
        await self._settled()

    def send(self, *frames: Frame) -> None:
        """These frames arrive in one read."""
        for frame in frames:
            self._ends.send_frame(frame)
        self._deliver()

    def send_cut(self, frames: Sequence[Frame], sizes: Sequence[int]) -> None:
        """These frames arrive in reads of these sizes, and the rest in one."""
        for frame in frames:
            self._ends.send_frame(frame)
        data = b"".join(self._ends.data_to_send())
        for size in sizes:
            self.protocol.data_received(data[:size])
            data = data[size:]
        if data:
            self.protocol.data_received(data)

    def pongs(self) -> list[bytes]:
        """What the server answered to pings."""
        self._ends.receive_data(self.wire.written)
        self.wire.written = b""
        return [bytes(event.data) for event in self._ends.events_received() if isinstance(event, Frame)]

    async def take(self, count: int) -> None:
        """The application takes so many messages."""
        for _ in range(count):
            self._may_take.release()
        await self._settled()

    def _deliver(self) -> None:
        self.protocol.data_received(b"".join(self._ends.data_to_send()))

    async def _settled(self) -> None:
        for _ in range(10 + MOST_MESSAGES):
            await asyncio.sleep(0)


@asynccontextmanager
async def connected() -> AsyncIterator[Client]:
    client = Client()
    await client.connect()
    try:
        yield client
    finally:
        for task in client.protocol.tasks:
            task.cancel()
        client.protocol.connection_lost(None)


def text(message: str) -> Frame:
    return Frame(Opcode.TEXT, message.encode())


async def test_a_message_is_offered_only_while_its_reader_waits_for_nothing_else() -> None:
    offered = list[tuple[bytes, bool]]()

    def take(message: bytes, is_text: bool) -> bool:
        offered.append((message, is_text))
        return message.startswith(b"sound")

    async with connected() as client:
        client.protocol.take_at_once = take
        client.send(text("sound too early"))
        await client.take(1)
        await client.await_next()
        client.send(text("sound"))
        client.send(Frame(Opcode.BINARY, b"sound"))
        client.send(text("event"))
        client.send(text("sound behind an event"))
        await client.take(1)
    assert offered == [(b"sound", True), (b"sound", False), (b"event", True)]
    assert client.taken == ["sound too early", "event", "sound behind an event"]


async def test_messages_wait_for_their_session_while_reading_goes_on() -> None:
    async with connected() as client:
        for number in range(MOST_MESSAGES - 1):
            client.send(text(f"message {number}"))
        await client.take(MOST_MESSAGES - 1)
    assert client.wire.reading == []
    assert client.taken == [f"message {number}" for number in range(MOST_MESSAGES - 1)]


async def test_reading_stops_at_too_many_messages_and_goes_on_when_all_are_taken() -> None:
    async with connected() as client:
        client.send(*(text(f"message {number}") for number in range(MOST_MESSAGES + 3)))
        await client.take(MOST_MESSAGES + 2)
        before = list(client.wire.reading)
        await client.take(1)
    assert (before, client.wire.reading) == (["stopped"], ["stopped", "went on"])
    assert client.taken == [f"message {number}" for number in range(MOST_MESSAGES + 3)]


async def test_reading_stops_at_too_many_bytes_and_those_that_were_taken_do_not_count() -> None:
    half = Frame(Opcode.BINARY, bytes([1]) * (MOST_BYTES // 2))
    async with connected() as client:
        client.send(half)
        await client.take(1)
        client.send(half)
        one = list(client.wire.reading)
        client.send(half)
        two = list(client.wire.reading)
    assert (one, two) == ([], ["stopped"])


async def test_a_message_in_fragments_is_one_message_and_counts_with_all_of_them() -> None:
    part = b"x" * (MOST_BYTES // 4)
    async with connected() as client:
        client.send(Frame(Opcode.TEXT, part, fin=False))
        client.send(Frame(Opcode.CONT, part, fin=False))
        client.send(Frame(Opcode.PING, b"still there?"), Frame(Opcode.CONT, part, fin=False))
        unfinished, pongs = list(client.wire.reading), client.pongs()
        client.send(Frame(Opcode.CONT, part))
        await client.take(1)
    assert (unfinished, pongs, client.wire.reading) == ([], [b"still there?"], ["stopped", "went on"])
    assert client.taken == [(part * 4).decode()]


async def test_a_close_comes_after_the_messages_before_it_though_reading_has_stopped() -> None:
    flood = [text("again") for _ in range(MOST_MESSAGES)]
    async with connected() as client:
        client.send(*flood, Frame(Opcode.PING, b"now"), Frame(Opcode.CLOSE, b"\x03\xe8"))
        await client.take(MOST_MESSAGES + 1)
    assert client.taken == ["again"] * MOST_MESSAGES + ["websocket.disconnect"]
    assert client.wire.closed


async def test_text_that_is_no_text_ends_the_connection() -> None:
    async with connected() as client:
        client.send(Frame(Opcode.TEXT, b"\xff\xfe"))
        await client.take(1)
    assert (client.taken, client.wire.closed) == (["websocket.disconnect"], True)


LENGTHS = (0, 1, 125, 126, 127, 65_535, 65_536)
FRAMES = [
    *(Frame(Opcode.TEXT, b"x" * length) for length in LENGTHS),
    Frame(Opcode.BINARY, b"in two", fin=False),
    Frame(Opcode.PING, b"between"),
    Frame(Opcode.CONT, b" fragments"),
    *(Frame(Opcode.BINARY, b"y" * length) for length in LENGTHS),
]
MESSAGES = [b"x" * length for length in LENGTHS] + [b"in two fragments"] + [b"y" * length for length in LENGTHS]


@pytest.mark.parametrize("sizes", [[], [1], [3, 3], [200], [10**6], [6, 7, 131, 1, 1, 1], [1] * 2_000])
async def test_messages_are_the_same_wherever_the_bytes_are_cut(sizes: list[int]) -> None:
    async with connected() as client:
        client.send_cut(FRAMES, sizes)
        await client.take(len(MESSAGES))
    assert [bytes(taken, "utf-8") if isinstance(taken, str) else taken for taken in client.taken] == MESSAGES


async def test_messages_are_the_same_when_each_frame_is_a_read() -> None:
    async with connected() as client:
        for frame in FRAMES:
            client.send(frame)
        await client.take(len(MESSAGES))
    assert [bytes(taken, "utf-8") if isinstance(taken, str) else taken for taken in client.taken] == MESSAGES


async def test_a_message_that_is_too_long_ends_the_connection_whichever_way_it_comes() -> None:
    async with connected() as client:
        client.protocol.conn.max_message_size = 1_000
        client.send(Frame(Opcode.BINARY, bytes(1_000)))
        client.send(Frame(Opcode.BINARY, bytes(1_001)))
        await client.take(2)
    assert (client.taken, client.wire.closed) == ([bytes(1_000), "websocket.disconnect"], True)


async def test_a_payload_that_looks_like_a_message_is_none_though_its_header_came_alone() -> None:
    payload = b"\x81\x82\0\0\0\0hi"
    async with connected() as client:
        client.protocol.data_received(b"\x82" + bytes([0x80 | len(payload)]) + bytes(4))
        client.protocol.data_received(payload)
        client.send(text("next"))
        await client.take(2)
    assert client.taken == [payload, "next"]


async def test_a_client_that_does_not_read_is_kept_the_answer_to_its_last_ping_only() -> None:
    async with connected() as client:
        client.protocol.pause_writing()
        for number in range(100):
            client.send(Frame(Opcode.PING, f"ping {number}".encode()))
        meanwhile = client.wire.written
        client.protocol.resume_writing()
        client.send(Frame(Opcode.PING, b"reading again"))
        pongs = client.pongs()
    assert (meanwhile, pongs) == (b"", [b"ping 99", b"reading again"])


async def test_a_client_that_does_not_read_is_told_that_the_connection_closes() -> None:
    async with connected() as client:
        client.protocol.pause_writing()
        client.send(Frame(Opcode.PING, b"and"), Frame(Opcode.CLOSE, b"\x03\xe8"))
        pongs = client.pongs()
    assert (pongs, client.wire.closed) == ([b"and", b"\x03\xe8"], True)


async def test_very_many_fragments_take_no_more_memory_than_their_bytes() -> None:
    async with connected() as client:
        client.send(Frame(Opcode.BINARY, b"", fin=False))
        tracemalloc.start()
        for number in range(5_000):
            client.send(Frame(Opcode.CONT, b"z" * (number % 2), fin=False))
        kept, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        client.send(Frame(Opcode.CONT, b"end"))
        await client.take(1)
    assert kept < 10_000
    assert client.taken == [b"z" * 2_500 + b"end"]


async def test_a_message_that_is_not_masked_ends_the_connection() -> None:
    async with connected() as client:
        client.protocol.data_received(b"\x81\x02hi")
        await client.take(1)
    assert (client.taken, client.wire.closed) == (["websocket.disconnect"], True)


@pytest.mark.parametrize("method", KNOWN)
def test_uvicorn_still_does_what_reading_ahead_relies_on(method: str) -> None:
    source = inspect.getsource(getattr(WebSocketsSansIOProtocol, method))
    assert hashlib.sha256(source.encode()).hexdigest()[:16] == KNOWN[method], f"Read uvicorn's {method} again."
