"""Audio that a connection takes at once, without a task's turn: only what is short, right and not ahead of anything."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from tests.server.socketless import append, connected
from tests.speech import silence

SHORT = json.dumps(append(silence(0.02, 24_000))).encode()


@pytest.mark.parametrize("message", [SHORT, bytes(960)], ids=["base64", "binary"])
async def test_short_audio_is_taken_at_once_and_counts_as_received(message: bytes) -> None:
    async with connected() as client:
        taken = client.connection.take_at_once(message, message is SHORT)
        client.connection._microphone.flush()
        resumed = client.connection.resumed()
    assert taken
    assert resumed["received_events"] + resumed["received_samples"] == (1 if message is SHORT else 480)


@pytest.mark.parametrize(
    "message",
    [
        json.dumps({"type": "input_audio_buffer.commit"}),
        json.dumps(append(silence(1.0, 24_000))),
        json.dumps({"type": "input_audio_buffer.append", "audio": "not base64!"}),
        json.dumps({"type": "input_audio_buffer.append", "audio": 5}),
        "not json",
        "[]",
    ],
)
async def test_everything_else_is_left_to_who_can_tell_what_is_wrong(message: str) -> None:
    async with connected() as client:
        taken = client.connection.take_at_once(message.encode(), True)
        resumed: dict[str, Any] = client.connection.resumed()
    assert (taken, resumed["received_events"], client.connection._microphone.waiting_bytes) == (False, 0, 0)


async def test_who_sends_much_at_once_gives_others_their_turn() -> None:
    async with connected() as client:
        taken = [client.connection.take_at_once(SHORT, True) for _ in range(20)]
    assert taken[0]
    assert not all(taken)


async def test_binary_audio_is_not_taken_from_a_client_without_extensions() -> None:
    async with connected() as client:
        client.connection.extensions = False
        assert not client.connection.take_at_once(base64.b64decode(b"AAAA"), False)
