"""Entries of both sides, in any order within a window → one stereo line on which they lie as they were heard. Pure.

Theory of operation. Positions are samples of the microphone's line. The line that comes out begins at `starts_at`; what
lies `LOOK_BACK_S` behind its newest sound is final and given out, and what comes for a time that is final already is
dropped and counted. Where nothing was heard there is silence, of any length, which takes no memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

import numpy as np

from pipeline.audio.resample import Resampler
from pipeline.audio.samples import LINE_RATE, Samples
from pipeline.conversation.journal import AudioPassed, Speaker
from server.history.sound.opus import FRAME, RATE, Stereo

LOOK_BACK_S = 5.0
"""The character's sound is told once it was heard, and a client's microphone may come late."""

GIVEN_S = 5.0
"""How much is final before it is given out: encoding it at once costs less."""

TOGETHER = LINE_RATE // 100
"""Pieces nearer to each other than 10 ms follow one another without a gap: clocks are not read more exactly."""

SIDES: tuple[Speaker, Speaker] = ("user", "assistant")

Mixed: TypeAlias = Stereo | int
"""The next sound, a whole number of frames; or so many samples of silence, which are too."""


class Side:
    """One side's pieces at `RATE`: those that follow each other as one stream, the others apart."""

    def __init__(self) -> None:
        self._next = 0.0
        self._rate = self._ends = 0
        self._resample: Resampler | None = None

    def pieces(self, at: int, pcm: Samples, rate: int) -> Iterator[tuple[int, Samples]]:
        """What is heard where, in samples at `RATE`."""
        if self._resample is None or rate != self._rate or abs(at - self._next) > TOGETHER:
            if self._resample and not self._resample.passes:
                yield self._following(self._resample(np.zeros(self._rate // 250, np.int16)))  # what it holds back
            self._resample, self._rate = Resampler(rate, RATE), rate
            self._next, self._ends = at, at * RATE // LINE_RATE
        self._next += len(pcm) * LINE_RATE / rate
        yield self._following(self._resample(pcm))

    def _following(self, made: Samples) -> tuple[int, Samples]:
        at, self._ends = self._ends, self._ends + len(made)
        return at, made


class Mixer:
    """One line. `starts_at`: the position of its first sample; `done`: how many samples at `RATE` there are already."""

    def __init__(self, starts_at: int, done: int = 0) -> None:
        self.starts_at, self._done = starts_at, done
        self._window = np.zeros((round((LOOK_BACK_S + GIVEN_S) * RATE), 2), np.int16)
        self._used = 0
        self._sides = {speaker: Side() for speaker in SIDES}
        self.dropped = 0
        """Samples at `RATE` that came too late."""

    def take(self, entry: AudioPassed) -> Iterator[Mixed]:
        """Put sound where it was heard; what is final by that."""
        channel = SIDES.index(entry.speaker)
        for at, pcm in self._sides[entry.speaker].pieces(entry.at - self.starts_at, entry.pcm, entry.rate):
            start = at - self._done
            if start < 0:
                late = min(-start, len(pcm))
                self.dropped += late
                start, pcm = 0, pcm[late:]
            yield from self._room_for(start, start + len(pcm))
            start = max(0, at - self._done)
            if len(pcm):
                self._window[start : start + len(pcm), channel] = pcm
                self._used = max(self._used, start + len(pcm))

    def rest(self) -> Iterator[Mixed]:
        """All that is left, at the end."""
        if self._used:
            self._used = frames_of(self._used)
            yield self._given(self._used)

    def pending(self) -> Iterator[AudioPassed]:
        """What is not final yet, as entries that would make it again."""
        at = self.starts_at + self._done * LINE_RATE // RATE
        for channel, speaker in enumerate(SIDES):
            yield AudioPassed(speaker, at, self._window[: self._used, channel].copy(), RATE)

    def _room_for(self, start: int, end: int) -> Iterator[Mixed]:
        """Before sound from `start` to `end` is put into the window: what is final by that, if it does not fit."""
        if end <= len(self._window):
            return
        final = min(start, end - round(LOOK_BACK_S * RATE)) // FRAME * FRAME
        heard = min(final, frames_of(self._used))
        self._used = max(self._used, heard)
        if heard:
            yield self._given(heard)
        if final > heard:
            self._done += final - heard
            yield final - heard
        lacking = frames_of(end - final) - len(self._window)
        if lacking > 0:
            self._window = np.concatenate((self._window, np.zeros((lacking, 2), np.int16)))

    def _given(self, samples: int) -> Stereo:
        given = self._window[:samples].copy()
        left = self._used - samples
        self._window[:left] = self._window[samples : self._used]
        self._window[left : self._used] = 0
        self._used = left
        self._done += samples
        return given


def frames_of(samples: int) -> int:
    """So many samples and what lacks to a whole number of frames."""
    return -(-samples // FRAME) * FRAME
