"""The pitch of a voice, for engines that have none: what they say is shifted behind them."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncGenerator, Generator, Iterator
from contextlib import aclosing, closing
from dataclasses import replace
from typing import cast

from pipeline.audio.pitch_shift import PitchShift
from pipeline.engines.fallback import close_engine
from pipeline.engines.protocols import SpeechChunk, SynthesisRequest, Synthesizer


def pitched(engine: Synthesizer) -> Synthesizer:
    """The engine, following `VoiceChoice.pitch`."""
    return (PitchedRemote if inspect.isasyncgenfunction(engine.speak) else Pitched)(engine)


class Pitched:
    """A blocking engine without a pitch of its own, given one."""

    def __init__(self, engine: Synthesizer) -> None:
        self.info = replace(engine.info, pitches=True)
        self._engine = engine

    def speak(self, request: SynthesisRequest) -> Iterator[SpeechChunk]:
        """The clause's audio. Word times stay, since no sound moves by more than a few milliseconds."""
        chunks = cast(Generator[SpeechChunk, None, None], self._engine.speak(request))
        return _Shifted(chunks, self.info.rate, request.voice.pitch) if request.voice.pitch else chunks

    def close(self) -> None:
        """End the engine."""
        self._engine.close()


class PitchedRemote(Pitched):
    """The same for an engine that is waited for on the event loop; the work is done beside it."""

    async def speak(self, request: SynthesisRequest) -> AsyncGenerator[SpeechChunk, None]:  # type: ignore[override]
        """The clause's audio."""
        shift = PitchShift(self.info.rate, request.voice.pitch) if request.voice.pitch else None
        async with aclosing(cast(AsyncGenerator[SpeechChunk, None], self._engine.speak(request))) as chunks:
            async for chunk in chunks:
                yield replace(chunk, pcm=await asyncio.to_thread(shift, chunk.pcm)) if shift else chunk
        if shift:
            yield SpeechChunk(await asyncio.to_thread(shift.finish))

    async def aclose(self) -> None:
        """End the engine, which may have connections."""
        await close_engine(self._engine)


class _Shifted(Iterator[SpeechChunk]):
    """A clause at another pitch; the engine's iterator can be reached through it."""

    def __init__(self, chunks: Generator[SpeechChunk, None, None], rate: int, semitones: float) -> None:
        self._chunks, self._shift = chunks, PitchShift(rate, semitones)
        self._given = self._all()

    def __next__(self) -> SpeechChunk:
        return next(self._given)

    def cancel(self) -> None:
        """Pass it on, where the engine's own can be cancelled."""
        if cancel := getattr(self._chunks, "cancel", None):
            cancel()

    def close(self) -> None:
        self._given.close()
        self._chunks.close()

    def _all(self) -> Generator[SpeechChunk, None, None]:
        with closing(self._chunks) as chunks:
            for chunk in chunks:
                yield replace(chunk, pcm=self._shift(chunk.pcm))
        yield SpeechChunk(self._shift.finish())
