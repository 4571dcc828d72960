"""One client's long message stalls nobody else."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
import pytest
import websockets

from tests.serving import Serving

pytestmark = pytest.mark.asyncio(loop_scope="module")

LONGEST_S = 0.05
"""Of the thread's own time, for one round of the loop; the message as a whole takes some seconds."""


HEAVY_S = 0.2
"""The same for a message of which a client needs nothing like it."""


@asynccontextmanager
async def measured_rounds() -> AsyncIterator[list[float]]:
    """The time of this thread that each round of the event loop took: what any other session waits at least."""
    rounds = list[float]()

    async def measure() -> None:
        while True:
            began = time.thread_time()
            await asyncio.sleep(0)
            rounds.append(time.thread_time() - began)

    measuring = asyncio.create_task(measure())
    try:
        yield rounds
    finally:
        measuring.cancel()
        await asyncio.wait({measuring})


async def until(socket: websockets.ClientConnection, kind: str) -> dict[str, Any]:
    async with asyncio.timeout(60):
        while (event := json.loads(await socket.recv()))["type"] != kind:
            assert event["type"] != "error"
    return dict(event)


def update(format: dict[str, Any]) -> str:
    return json.dumps(
        {"type": "session.update", "session": {"type": "realtime", "audio": {"input": {"format": format}}}}
    )


MURMUR = np.random.default_rng(1).integers(-3_000, 3_000, 9 * 2**17).astype("<i2")
MESSAGES = {
    "3 MiB of base64": ({"type": "audio/pcm", "rate": 24_000}, base64.b64encode(MURMUR.tobytes()).decode()),
    "2 MiB of binary mu-law": ({"type": "audio/pcmu"}, b"\xff" * 2 * 2**20),
}


@pytest.mark.parametrize("name", MESSAGES)
async def test_the_loop_goes_on_while_a_long_message_is_heard(server: Serving, name: str) -> None:
    format, audio = MESSAGES[name]
    message = audio if isinstance(audio, bytes) else json.dumps({"type": "input_audio_buffer.append", "audio": audio})
    async with websockets.connect(f"{server.ws}/v1/realtime?extensions=kaikou", compression=None) as socket:
        await socket.send(update(format))
        await until(socket, "session.updated")
        async with measured_rounds() as rounds:
            await socket.send(message)
            await socket.send('{"type": "input_audio_buffer.clear"}')
            await until(socket, "input_audio_buffer.cleared")

    assert max(rounds) < LONGEST_S


def asking(*content: dict[str, Any], times: int = 1) -> str:
    item = {"type": "message", "role": "user", "content": content}
    return json.dumps({"type": "response.create", "response": {"conversation": "none", "input": [item] * times}})


HEAVY = {
    "audio that is too long": asking({"type": "input_audio", "audio": base64.b64encode(bytes(14 * 2**20)).decode()}),
    "many parts": asking(*[{"type": "input_audio", "transcript": ""}] * 100, times=1_000),
    "empty lists": json.dumps({"type": "kaikou.ping", "x": [[]] * 2**20}),
    "numbers": json.dumps({"type": "kaikou.ping", "x": [1] * 2**20}),
}


@pytest.mark.parametrize("name", HEAVY)
async def test_the_loop_goes_on_while_a_heavy_message_is_refused(server: Serving, name: str) -> None:
    async with websockets.connect(f"{server.ws}/v1/realtime?extensions=kaikou", compression=None) as socket:
        await until(socket, "kaikou.keeping")
        async with measured_rounds() as rounds:
            await socket.send(HEAVY[name])
            told = json.loads(await socket.recv())

    assert (told["type"], max(rounds) < HEAVY_S) == ("error", True)


async def test_the_loop_goes_on_while_many_short_messages_are_heard(server: Serving) -> None:
    async with websockets.connect(f"{server.ws}/v1/realtime?extensions=kaikou", compression=None) as socket:
        await socket.send(update({"type": "audio/pcmu"}))
        await until(socket, "session.updated")
        async with measured_rounds() as rounds:
            for _ in range(1_000):
                await socket.send(b"\xff" * 800)
            await socket.send('{"type": "input_audio_buffer.clear"}')
            await until(socket, "input_audio_buffer.cleared")

    assert max(rounds) < LONGEST_S
