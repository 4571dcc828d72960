"""The talk as the server hears it: the voice detector's stretches, the recogniser's words, and a turn made of both."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import TypeAlias

from benchmarks.practised.talks import Talk, Turn
from models.embedded import silero
from pipeline.audio.samples import LINE_RATE, Samples
from pipeline.engines.protocols import Recognition, Recognizer, WordTime
from pipeline.listening.voiced import VoicedStretches
from pipeline.practice.speech import Span, Spoken, SpokenTurn
from pipeline.practice.timing import spoken_turn
from pipeline.turns.endpoint import Endpointing

WINDOW = 512
SETTLE_S = 60.0

Hearing: TypeAlias = Callable[[Talk, Turn, str], SpokenTurn]


def right(talk: Talk, turn: Turn, line_id: str) -> SpokenTurn:
    """Everything as it was made."""
    return turn.spoken(line_id, talk.language)


class Listening:
    """Hears turns by the voice detector, and by a recogniser where there is one."""

    def __init__(self, recognizer: Recognizer | None = None) -> None:
        self._detector = silero.create({})
        self._recognizer = recognizer

    def told(self, talk: Talk, turn: Turn, line_id: str) -> SpokenTurn:
        """The voice as it was detected, and the right words with their times."""
        words = tuple(WordTime(*word) for word in turn.words)
        return self._turn(talk, turn, line_id, Recognition(turn.text, words=words))

    def recognized(self, talk: Talk, turn: Turn, line_id: str) -> SpokenTurn:
        """Voice and words as they were heard."""
        return self._turn(talk, turn, line_id, self._heard(turn.pcm, talk.language))

    def understands(self, language: str) -> bool:
        return self._recognizer is not None and language in self._recognizer.info.languages

    def _turn(self, talk: Talk, turn: Turn, line_id: str, heard: Recognition) -> SpokenTurn:
        span = Span(turn.begins_ms, turn.begins_ms + len(turn.pcm) * 1000 // LINE_RATE)
        voiced, words = self._voiced(turn.pcm), heard.words
        asked_ms = turn.asked_ms
        return spoken_turn(line_id, heard.text, talk.language, span, words=words, voiced=voiced, asked_ms=asked_ms)

    def _voiced(self, pcm: Samples) -> tuple[tuple[int, int], ...]:
        stretches, endpointing, stream = VoicedStretches(0), Endpointing(), self._detector.open()
        end = len(pcm) // WINDOW * WINDOW
        for at in range(0, end, WINDOW):
            probability = stream.probability(pcm[at : at + WINDOW])
            voiced = endpointing.voiced(probability, going_on=stretches.open_at(at))
            stretches.push_window(at, at + WINDOW, voiced, in_turn=True)
        return stretches.take(0, end)

    def _heard(self, pcm: Samples, language: str) -> Recognition:
        assert self._recognizer
        begin = getattr(self._recognizer, "open_recording", self._recognizer.open)
        with closing(begin(language)) as stream:
            for at in range(0, len(pcm), 4 * WINDOW):
                stream.accept(pcm[at : at + 4 * WINDOW])
            return stream.settle(SETTLE_S)


def spoken(talk: Talk, hear: Hearing) -> Spoken:
    """The talk as it was heard."""
    return Spoken(tuple(_turns(talk, hear)), talk.character_ms)


def _turns(talk: Talk, hear: Hearing) -> Iterator[SpokenTurn]:
    for number, turn in enumerate(talk.turns):
        yield hear(talk, turn, f"{talk.id}-{number}")
