"""A message whose audio and transcript come separately, cut into clauses that each have their share of the audio. Pure.

A speech model sends the transcript at its own pace, usually far ahead of the audio, and does not say where words sound.
A clause is therefore taken to begin where, by the length of what comes before it, it should; unless the audio has come
along with the text so far: then it begins where the audio was when its text came. As soon as the whole message is
there, what is left of the text is spread over what is left of the audio.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pipeline.audio.samples import Samples, samples_of
from pipeline.conversation.answer_parts import GUESSED_MS_PER_CHARACTER, AudioPiece, SpokenClause
from pipeline.text.clauses import Clause, Clauses
from pipeline.text.language import is_han
from pipeline.text.word_times import interpolate

PIECE_MS = 80
"""The longest piece of audio that leaves at once."""

HAN_MS = 230
"""How long a Chinese character sounds, about."""

TOGETHER = 0.5
"""Share of the audio that the text before a clause should take: with so much there, text and audio come together."""


@dataclass(slots=True)
class _Waiting:
    """A clause whose audio has not begun to leave. `guessed`: whether `start_ms` is by its length alone."""

    text: str
    start_ms: float
    guessed: bool


class Captioned:
    """One message. What came goes in by `said`, `sounded` and `finished`; `pieces` is what can leave."""

    def __init__(self, rate: int) -> None:
        self._rate, self._piece = rate, samples_of(PIECE_MS, rate)
        self._cutter = Clauses()
        self._waiting: deque[_Waiting] = deque()
        self._sound: deque[Samples] = deque()
        self._came_ms = self._left_ms = self._guess_ms = 0.0
        self._current: SpokenClause | None = None

    @property
    def audio_ms(self) -> float:
        """How much audio came."""
        return self._came_ms

    def said(self, text: str) -> None:
        """More of the transcript."""
        for clause in self._cutter.push(text):
            self._wait(clause)

    def sounded(self, pcm: Samples) -> None:
        """More of the audio."""
        self._came_ms += len(pcm) * 1000 / self._rate
        self._sound.extend(np.split(pcm, range(self._piece, len(pcm), self._piece)) if len(pcm) else ())

    def finished(self) -> None:
        """No more text or audio follows."""
        for clause in self._cutter.finish():
            self._wait(clause)
        if not any(clause.guessed for clause in self._waiting):
            return
        # The clause that is leaving keeps its beginning; those after it share the rest by their lengths.
        now = self._current
        start_ms = self._left_ms - (now.duration_ms if now else 0.0)
        lengths = [guessed_ms(now.text)] if now else []
        lengths += [guessed_ms(clause.text) for clause in self._waiting]
        scale = (self._came_ms - start_ms) / (sum(lengths) or 1.0)
        ends = np.cumsum(lengths) * scale + start_ms
        starts = ends if now else (start_ms, *ends)
        for waiting, at in zip(self._waiting, starts, strict=False):
            waiting.start_ms = float(at)

    def pieces(self, *, last: bool = False) -> Iterator[AudioPiece]:
        """Clauses and audio, as far as they came; with the `last` ones every clause ends."""
        while self._sound:
            yield from self._begin(self._left_ms)
            if self._current is None:
                self._current = SpokenClause("")
                yield AudioPiece(self._current)
            pcm = self._sound.popleft()
            duration_ms = len(pcm) * 1000 / self._rate
            self._current.duration_ms += duration_ms
            self._left_ms += duration_ms
            yield AudioPiece(self._current, pcm)
        if last:
            yield from self._begin(float("inf"))
            self._end_clause()

    def _wait(self, clause: Clause) -> None:
        expected_ms = self._guess_ms
        together = self._came_ms >= TOGETHER * expected_ms
        start_ms = self._came_ms if together else expected_ms
        self._waiting.append(_Waiting(clause.text, start_ms, not together))
        self._guess_ms = start_ms + guessed_ms(clause.text)

    def _begin(self, at_ms: float) -> Iterator[AudioPiece]:
        while self._waiting and self._waiting[0].start_ms <= at_ms:
            self._end_clause()
            text = self._waiting.popleft().text
            self._current = SpokenClause(text, words=interpolate(text, round(guessed_ms(text))))
            yield AudioPiece(self._current)

    def _end_clause(self) -> None:
        if clause := self._current:
            clause.words, clause.timed = interpolate(clause.text, round(clause.duration_ms)), True


def guessed_ms(text: str) -> float:
    """How long a text sounds, about."""
    return float(sum(HAN_MS if is_han(character) else GUESSED_MS_PER_CHARACTER for character in text))
