"""Voices that want words are given words, and the words that light up are the written ones."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import cast

import numpy as np
import pytest

from pipeline.engines.normalizing import LONGEST_SPOKEN, NormalizingSynthesizer
from pipeline.engines.protocols import EngineInfo, SpeechChunk, SynthesisRequest, VoiceChoice, WordTime
from pipeline.text.spoken_forms import Piece

RATE = 1000


class Speaking:
    """A voice that says 100 ms a word, and notes what it was asked."""

    def __init__(self, *, times_words: bool = True) -> None:
        self.info = EngineInfo("speaking", "synthesizer", rate=RATE, times_words=times_words, wants_words=True)
        self.asked: list[SynthesisRequest] = []
        self.closed = 0

    def speak(self, request: SynthesisRequest) -> Iterator[SpeechChunk]:
        self.asked.append(request)
        try:
            for index, word in enumerate(request.text.split()):
                time = WordTime(word, 100 * index, 100 * index + 100)
                yield SpeechChunk(np.zeros(100, np.int16), (time,) if self.info.times_words else ())
        finally:
            self.closed += 1

    def close(self) -> None:
        """Nothing to free."""


class Saying:
    """A normaliser that knows what one thing is called."""

    def __init__(self, written: str, spoken: str) -> None:
        self._written, self._spoken = written, spoken

    def normalize(self, text: str, language: str) -> tuple[Piece, ...]:
        before, found, after = text.partition(self._written)
        return (Piece(before, before), Piece(found, self._spoken if found else ""), Piece(after, after))


DOLLARS = Saying("$20", "twenty dollars")


def said(engine: Speaking, text: str, normalizer: Saying = DOLLARS) -> list[SpeechChunk]:
    return list(NormalizingSynthesizer(engine, normalizer).speak(SynthesisRequest(text)))


def test_the_voice_is_given_the_words_and_all_else_of_the_request() -> None:
    engine, voice = Speaking(), VoiceChoice("marin", 1.2)
    list(NormalizingSynthesizer(engine, DOLLARS).speak(SynthesisRequest("Only $20 now.", "en", voice)))
    assert engine.asked == [SynthesisRequest("Only twenty dollars now.", "en", voice)]


def test_the_words_that_come_back_are_the_written_ones() -> None:
    chunks = said(Speaking(), "Only $20 now.")
    assert [word for chunk in chunks for word in chunk.words] == [
        WordTime("Only", 0, 100),
        WordTime("$20", 100, 300),
        WordTime("now.", 300, 400),
    ]
    assert sum(len(chunk.pcm) for chunk in chunks) == 400


def test_a_voice_that_does_not_time_its_words_gives_times_by_their_spoken_length() -> None:
    words = [word for chunk in said(Speaking(times_words=False), "Only $20 now.") for word in chunk.words]
    only, dollars, now = (word.end_ms - word.start_ms for word in words)
    assert [word.text for word in words] == ["Only", "$20", "now."]
    assert dollars > 2 * only > 0 < now


def test_a_text_that_is_said_as_it_is_written_goes_through_untouched() -> None:
    engine = Speaking()
    [first, _] = said(engine, "Only now.")
    assert first.words == (WordTime("Only", 0, 100),)
    assert engine.asked == [SynthesisRequest("Only now.")]


def test_a_text_that_would_grow_beyond_all_bounds_is_left_to_the_voice() -> None:
    engine = Speaking()
    said(engine, "Only $20 now.", Saying("$20", "twenty " * LONGEST_SPOKEN))
    assert engine.asked == [SynthesisRequest("Only $20 now.")]


@pytest.mark.parametrize("text", ["Only $20 now.", "Only now."])
def test_closing_it_closes_the_voice(text: str) -> None:
    engine = Speaking()
    with closing(
        cast("Iterator[SpeechChunk]", NormalizingSynthesizer(engine, DOLLARS).speak(SynthesisRequest(text)))
    ) as it:  # type: ignore[type-var]
        next(it)
    assert engine.closed == 1


@pytest.mark.parametrize("text", ["Only $20 now.", "Nothing to say in words."])
def test_a_voice_that_can_be_cancelled_can_be_cancelled_through_it(text: str) -> None:
    class Cancellable(Iterator[SpeechChunk]):
        cancelled = closed = 0

        def __next__(self) -> SpeechChunk:
            return SpeechChunk(np.zeros(100, np.int16))

        def cancel(self) -> None:
            self.cancelled += 1

        def close(self) -> None:
            self.closed += 1

    class Voice(Speaking):
        def speak(self, request: SynthesisRequest) -> Iterator[SpeechChunk]:
            return clause

    clause = Cancellable()
    chunks = NormalizingSynthesizer(Voice(), DOLLARS).speak(SynthesisRequest(text))
    next(chunks)
    chunks.cancel()  # type: ignore[attr-defined]
    chunks.close()  # type: ignore[attr-defined]

    assert (clause.cancelled, clause.closed >= 1) == (1, True)
