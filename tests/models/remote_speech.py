"""What the tests of all synthesisers that are a network away do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from typing import Any

import numpy as np

from pipeline.audio.samples import Samples
from pipeline.engines.protocols import SpeechChunk, SynthesisRequest, VoiceChoice
from tests.models.speech_server import Answer, SpeechServer, running

KEY = "sk-planted-8f3a61c09d"
"""No text of ours may ever contain it; the servers of the tests repeat it wherever they can."""
SECRETIVE = {"error": {"message": f"Incorrect API key provided: {KEY}.", "type": "invalid_api_key", "param": KEY}}
HELLO = SynthesisRequest("Hello there, how are you?", voice=VoiceChoice("female"))
ENOUGH_S = 5.0
AT_ONCE_S = 0.1


@asynccontextmanager
async def talking_by(
    create: Callable[[Mapping[str, Any]], Any], *answers: Answer, **settings: Any
) -> AsyncIterator[tuple[Any, SpeechServer]]:
    """An engine that `create` makes, and the server behind it, which gives these answers one after the other."""
    async with running(*answers) as server:
        engine = create({"base_url": server.base_url, "api_key": KEY, "timeout_s": ENOUGH_S, **settings})
        try:
            yield engine, server
        finally:
            await engine.aclose()


async def said(engine: Any, request: SynthesisRequest = HELLO) -> list[SpeechChunk]:
    """All of a clause."""
    async with asyncio.timeout(ENOUGH_S), aclosing(engine.speak(request)) as chunks:
        return [chunk async for chunk in chunks]


async def heard(engine: Any, request: SynthesisRequest = HELLO) -> Samples:
    """All of a clause's samples."""
    return np.concatenate([chunk.pcm for chunk in await said(engine, request)])


async def hangs_up_at_once(engine: Any, hung_up: asyncio.Event, request: SynthesisRequest = HELLO) -> None:
    """Listen to the first chunk, close the clause, and wait until the server notices."""
    chunks = engine.speak(request)
    async with asyncio.timeout(ENOUGH_S):
        assert len((await anext(chunks)).pcm)
    async with asyncio.timeout(AT_ONCE_S):
        await chunks.aclose()
        await hung_up.wait()
