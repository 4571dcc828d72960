"""Requests in flight while the process stands still: its timers are due before it reads what arrived meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from starlette.requests import Request

from server.audio.streamed import Streamed
from server.audio.upload import upload
from server.rest import json_body
from tests.loop_clock import LoopClock

HOUR = 3_600.0

FILE = (
    b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\nRI',
    b"FF\r\n--x--\r\n",
)


async def halves(*bodies: bytes) -> Request:
    """A request whose second half arrives while the process stands still for an hour."""
    clock, left = LoopClock(), list(bodies)

    async def receive() -> dict[str, Any]:
        if len(left) == 1:
            clock.advance(HOUR)
            await asyncio.sleep(0.01)  # what was due meanwhile comes first
        return {"type": "http.request", "body": left.pop(0), "more_body": bool(left)}

    headers = [(b"content-type", b"multipart/form-data; boundary=x")]
    return Request({"type": "http", "method": "POST", "path": "/", "headers": headers}, receive)


@pytest.mark.asyncio(loop_scope="function")
async def test_a_body_may_arrive_behind_it() -> None:
    assert await json_body(await halves(b'{"a":', b"1}")) == {"a": 1}


@pytest.mark.asyncio(loop_scope="function")
async def test_an_upload_may_arrive_behind_it() -> None:
    with (await upload(await halves(*FILE), 1_000)).file as file:
        assert file.read() == b"RIFF"


@pytest.mark.asyncio(loop_scope="function")
async def test_a_client_may_read_on_behind_it() -> None:
    clock, sent = LoopClock(), list[bytes]()

    async def body() -> AsyncGenerator[bytes, None]:
        yield b"one "
        yield b"two"

    async def receive() -> dict[str, Any]:
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Any) -> None:
        if message.get("body") == b"one ":
            clock.advance(HOUR)
            await asyncio.sleep(0.01)
        sent.append(message.get("body", b""))

    await Streamed(body(), "audio/wav")({"type": "http", "path": "/", "asgi": {}}, receive, send)

    assert b"".join(sent) == b"one two"
