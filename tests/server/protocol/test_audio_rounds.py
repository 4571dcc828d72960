"""Audio of several clients in rounds: each hears its own, as it would alone."""

from __future__ import annotations

import asyncio
from typing import Any

import numpy as np
import pytest

from pipeline.audio.samples import Samples
from pipeline.errors import LimitReached
from server.protocol.audio_format import Decoder
from server.protocol.audio_rounds import APART_S, MANY, AudioRounds, Microphone
from server.protocol.client_events import Format

PCM_24K, PCM_48K, PCMU = Format(rate=24_000), Format(rate=48_000), Format(type="audio/pcmu")


def noise(seed: int, size: int = 960) -> bytes:
    return np.random.default_rng(seed).integers(0, 256, size).astype(np.uint8).tobytes()


class Client:
    """Keeps what its session hears. `refuses`: it raises instead."""

    def __init__(self, rounds: AudioRounds, format: Format = PCM_24K, refuses: bool = False) -> None:
        self.heard: list[Samples] = []
        self.failures: list[Exception] = []
        self._refuses = refuses
        self.microphone = Microphone(rounds, format, self._hear, self.failures.append)

    @property
    def samples(self) -> list[int]:
        return np.concatenate([np.zeros(0, np.int16), *self.heard]).tolist()

    def _hear(self, pcm: Samples) -> None:
        if self._refuses:
            raise LimitReached("no more")
        self.heard.append(pcm)


class Clock:
    """The running loop's, moved by hand."""

    def __init__(self) -> None:
        self.now = 100.0
        loop: Any = asyncio.get_running_loop()
        loop.time = lambda: self.now


@pytest.fixture
def rounds() -> AudioRounds:
    return AudioRounds()


async def settles() -> None:
    await asyncio.sleep(0)
    await asyncio.sleep(0)


async def test_clients_of_any_format_hear_what_each_would_alone(rounds: AudioRounds) -> None:
    formats = [PCM_24K, PCM_48K, PCMU, PCM_24K, PCM_24K]
    sizes = [[960, 960, 100], [1920, 960, 960], [160, 160, 7], [960, 33, 960], [960, 960, 960]]
    clients = [Client(rounds, format) for format in formats]
    for turn in range(3):
        for seed, (client, size) in enumerate(zip(clients, sizes, strict=True)):
            client.microphone.push(noise(seed, size[turn]))
        await settles()

    alone = [
        Decoder(format).decode(b"".join(noise(seed, part) for part in size)).tolist()
        for seed, (format, size) in enumerate(zip(formats, sizes, strict=True))
    ]
    assert [client.samples for client in clients] == alone


async def test_pieces_of_one_client_in_one_round_are_heard_together_in_order(rounds: AudioRounds) -> None:
    client = Client(rounds)
    client.microphone.push(noise(1))
    client.microphone.push(noise(2))
    before = list(client.heard)
    await settles()
    assert (before, len(client.heard)) == ([], 1)
    assert client.samples == Decoder(PCM_24K).decode(noise(1) + noise(2)).tolist()


async def test_a_flush_hears_what_waits_at_once_and_only_once(rounds: AudioRounds) -> None:
    client, other = Client(rounds), Client(rounds)
    client.microphone.push(noise(1))
    other.microphone.push(noise(3))
    client.microphone.flush()
    at_once = client.samples
    client.microphone.push(noise(2))
    await settles()
    assert at_once == Decoder(PCM_24K).decode(noise(1)).tolist()
    assert client.samples == Decoder(PCM_24K).decode(noise(1) + noise(2)).tolist()
    assert other.samples == Decoder(PCM_24K).decode(noise(3)).tolist()


async def test_a_client_whose_session_refuses_is_told_and_the_others_are_heard(rounds: AudioRounds) -> None:
    full, other = Client(rounds, refuses=True), Client(rounds)
    full.microphone.push(noise(1))
    other.microphone.push(noise(2))
    await settles()
    assert [str(error) for error in full.failures] == ["no more"]
    assert len(other.heard) == 1
    full.microphone.push(noise(1))
    with pytest.raises(LimitReached):
        full.microphone.flush()


async def test_what_is_kept_of_one_client_does_not_keep_the_audio_of_the_others(rounds: AudioRounds) -> None:
    clients = [Client(rounds) for _ in range(8)]
    for client in clients:
        client.microphone.push(noise(1))
    await settles()
    assert {client.heard[0].base is None for client in clients} == {True}


async def test_few_messages_are_heard_at_once_and_many_in_rounds_apart(rounds: AudioRounds) -> None:
    clock, clients = Clock(), [Client(rounds) for _ in range(MANY)]

    async def send(clients: list[Client]) -> int:
        """How many are heard without the clock moving on."""
        for client in clients:
            client.heard.clear()
            client.microphone.push(noise(1))
        await settles()
        return sum(len(client.heard) for client in clients)

    few = [await send(clients[:1]), await send(clients[:1])]
    first = await send(clients)
    second = await send(clients)
    clock.now += 2 * APART_S
    await settles()
    late = sum(len(client.heard) for client in clients)
    assert (few, first, second, late) == ([1, 1], MANY, 0, MANY)
