"""How conversations end that nobody ended: the server stops, or the client does not read."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
import websockets

from tests.serving import Serving

pytestmark = pytest.mark.asyncio(loop_scope="module")

WAIT_S = 30.0
TYPED = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hello there."}]}
FLOOD = 20_000
STUCK_S = 1.0
"""A message that takes this long to leave finds nobody who reads."""


@asynccontextmanager
async def process() -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """A server in a process of its own, and its address."""
    command = [sys.executable, "-m", "server", "--port", "0", "--engines", "stub"]
    environment = {**os.environ, "KAIKOU_LLM_DISCOVER": "0", "KAIKOU_LOG": "error"}
    server = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, env=environment)
    assert server.stdout is not None
    try:
        async with asyncio.timeout(WAIT_S):
            while not (found := re.search(rb"http://(\S+)", await server.stdout.readline())):
                assert server.returncode is None
        yield server, f"ws://{found[1].decode()}/v1/realtime"
    finally:
        if server.returncode is None:
            server.kill()
        await server.wait()


async def until(socket: websockets.ClientConnection, kind: str) -> dict[str, Any]:
    async with asyncio.timeout(WAIT_S):
        while (event := json.loads(await socket.recv()))["type"] != kind:
            pass
    return dict(event)


async def closed(socket: websockets.ClientConnection) -> tuple[int | None, str | None]:
    """Code and reason, after all that came before."""
    async with asyncio.timeout(WAIT_S):
        try:
            while True:
                await socket.recv()
        except websockets.ConnectionClosed:
            return socket.close_code, socket.close_reason


async def test_a_server_told_to_stop_finishes_the_answer_takes_nobody_in_and_says_come_again() -> None:
    async with process() as (server, url):
        talking, resting = await websockets.connect(url), await websockets.connect(url)
        await talking.send(json.dumps({"type": "conversation.item.create", "item": TYPED}))
        await talking.send(json.dumps({"type": "response.create"}))
        await until(talking, "response.output_audio.delta")
        server.send_signal(signal.SIGTERM)
        assert await closed(resting) == (1012, "the server restarts; connect again")
        with pytest.raises(websockets.InvalidStatus) as refused:
            await websockets.connect(url)
        done = await until(talking, "response.done")
        assert refused.value.response.status_code == 503
        assert "Retry-After" in refused.value.response.headers
        assert done["response"]["status"] == "completed"
        assert (await closed(talking))[0] == 1012
        assert await asyncio.wait_for(server.wait(), WAIT_S) == 0


async def test_a_second_signal_stops_at_once() -> None:
    async with process() as (server, url):
        socket = await websockets.connect(url)
        await socket.send(json.dumps({"type": "conversation.item.create", "item": TYPED}))
        await socket.send(json.dumps({"type": "response.create"}))
        await until(socket, "response.output_audio.delta")
        server.send_signal(signal.SIGTERM)
        await asyncio.sleep(0.3)
        server.send_signal(signal.SIGTERM)
        code, _reason = await closed(socket)
        assert code == 1012
        await asyncio.wait_for(server.wait(), WAIT_S)


async def test_a_client_that_never_reads_is_told_so_when_it_is_closed(server: Serving) -> None:
    socket = await websockets.connect(f"{server.ws}/v1/realtime", max_queue=1)
    update = json.dumps({"type": "session.update", "session": {"type": "realtime", "instructions": "Be brief. " * 200}})
    with suppress(websockets.ConnectionClosed, TimeoutError):
        for _ in range(FLOOD):
            await asyncio.wait_for(socket.send(update), STUCK_S)
    assert await closed(socket) == (1008, "the client does not read what it asked for")
    assert not server.app.state.realtime.live
