"""Engines without a pitch of their own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from functools import partial

import numpy as np
import pytest

from pipeline.engines.fallback import close_engine
from pipeline.engines.pitched import pitched
from pipeline.engines.protocols import EngineInfo, SpeechChunk, SynthesisRequest, VoiceChoice, WordTime
from pipeline.engines.workers import Workers

RATE = 16_000
CHUNKS = [
    SpeechChunk((8_000 * np.sin(np.arange(1_280) * n)).astype(np.int16), (WordTime(f"word{n}", 0, 80),))
    for n in (1, 2, 3)
]


class Blocking:
    info = EngineInfo("blocking", "synthesizer", rate=RATE)

    def __init__(self) -> None:
        self.closed = self.left = False

    def speak(self, request: SynthesisRequest) -> Iterator[SpeechChunk]:
        try:
            yield from CHUNKS
        finally:
            self.left = True

    def close(self) -> None:
        self.closed = True


class Remote(Blocking):
    async def speak(self, request: SynthesisRequest) -> AsyncIterator[SpeechChunk]:  # type: ignore[override]
        try:
            for chunk in CHUNKS:
                yield chunk
        finally:
            self.left = True

    async def aclose(self) -> None:
        self.closed = True


async def spoken(engine: Blocking, pitch: float, most: int = 99) -> list[SpeechChunk]:
    """What the engine says at that pitch, as the loop asks for it; at most so many chunks."""
    workers, given = Workers(1), list[SpeechChunk]()
    speak = partial(pitched(engine).speak, SynthesisRequest("Hi.", voice=VoiceChoice(pitch=pitch)))
    async with aclosing(workers.iterate(speak, timeout_s=5.0)) as chunks:
        async for chunk in chunks:
            given.append(chunk)
            if len(given) == most:
                break
    workers.close()
    return given


@pytest.mark.parametrize("kind", [Blocking, Remote])
async def test_what_is_said_at_its_own_pitch_passes_untouched(kind: type[Blocking]) -> None:
    given = await spoken(kind(), 0.0)

    assert all(chunk is CHUNKS[place] for place, chunk in enumerate(given))
    assert len(given) == len(CHUNKS)


@pytest.mark.parametrize("kind", [Blocking, Remote])
async def test_what_is_said_at_another_pitch_is_as_long_and_keeps_its_words(kind: type[Blocking]) -> None:
    given = await spoken(kind(), 4.0)

    pcm, usual = (np.concatenate([chunk.pcm for chunk in chunks]) for chunks in (given, CHUNKS))
    assert len(pcm) == len(usual)
    assert not np.array_equal(pcm, usual)
    assert [word for chunk in given for word in chunk.words] == [word for chunk in CHUNKS for word in chunk.words]


@pytest.mark.parametrize("kind", [Blocking, Remote])
async def test_who_listens_no_more_ends_the_engines_work(kind: type[Blocking]) -> None:
    engine = kind()

    await spoken(engine, 4.0, most=1)

    async with asyncio.timeout(5):
        while not engine.left:
            await asyncio.sleep(0)


@pytest.mark.parametrize("kind", [Blocking, Remote])
async def test_the_engine_ends_with_it(kind: type[Blocking]) -> None:
    engine = kind()

    await close_engine(pitched(engine))

    assert engine.closed
