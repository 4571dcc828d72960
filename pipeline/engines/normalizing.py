"""Text normalisation in front of the voices that want words: they are given "twenty dollars" where "$20" is written."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import replace
from typing import Protocol, cast

import numpy as np

from pipeline.engines.protocols import SpeechChunk, SynthesisRequest, Synthesizer, WordTime
from pipeline.text.spoken_forms import Piece, as_written, spoken_of
from pipeline.text.word_times import interpolate

LONGEST_SPOKEN = 1_900
"""Characters. What would become longer, such as a long run of digits, is left to the engine, which may refuse it."""


class TextNormalizer(Protocol):
    """Knows how texts are said."""

    def normalize(self, text: str, language: str) -> tuple[Piece, ...]:
        """The text in pieces. language: BCP 47 primary tag. Never raises; what it does not know stays as it is."""


class NormalizingSynthesizer:
    """A blocking engine that wants words, given words; its word times are those of the written text."""

    def __init__(self, engine: Synthesizer, normalizer: TextNormalizer) -> None:
        self.info = engine.info
        self._engine, self._normalizer = engine, normalizer

    def speak(self, request: SynthesisRequest) -> Iterator[SpeechChunk]:
        """The clause's audio. The words come behind it, in a chunk without sound, since several may be one written word."""
        pieces = self._normalizer.normalize(request.text, request.language)
        spoken = spoken_of(pieces)
        if spoken == request.text or len(spoken) > LONGEST_SPOKEN:
            return self._engine.speak(request)  # type: ignore[return-value]  # blocking, so not asynchronous
        return _Normalized(self._chunks(replace(request, text=spoken)), spoken, pieces, self.info.rate)

    def close(self) -> None:
        """End the engine."""
        self._engine.close()

    def _chunks(self, request: SynthesisRequest) -> Generator[SpeechChunk, None, None]:
        # Blocking adapters are generators; the protocol names only what the loop uses of them.
        return cast(Generator[SpeechChunk, None, None], self._engine.speak(request))


class _Normalized(Iterator[SpeechChunk]):
    """A clause given in words; the engine's iterator can be reached through it."""

    def __init__(
        self, chunks: Generator[SpeechChunk, None, None], spoken: str, pieces: tuple[Piece, ...], rate: int
    ) -> None:
        self._chunks = chunks
        self._given = self._with_words(spoken, pieces, rate)

    def __next__(self) -> SpeechChunk:
        return next(self._given)

    def cancel(self) -> None:
        """Pass it on, where the engine's own can be cancelled."""
        if cancel := getattr(self._chunks, "cancel", None):
            cancel()

    def close(self) -> None:
        self._given.close()
        self._chunks.close()

    def _with_words(self, spoken: str, pieces: tuple[Piece, ...], rate: int) -> Generator[SpeechChunk, None, None]:
        words: list[WordTime] = []
        samples = 0
        with closing(self._chunks) as chunks:
            for chunk in chunks:
                samples += len(chunk.pcm)
                words += chunk.words
                yield replace(chunk, words=())
        words = words or interpolate(spoken, samples * 1000 // rate)
        yield SpeechChunk(np.zeros(0, np.int16), as_written(pieces, words))
