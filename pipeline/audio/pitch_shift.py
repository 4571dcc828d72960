"""A voice higher or lower and as long as it was, for engines that have no pitch of their own.

It is drawn out in time by WSOLA (Verhelst & Roelands 1993: windows overlap where they are most alike, so that periods join)
and then resampled to its length, which moves formants along with the pitch, as a tape does. A few semitones sound natural.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from pipeline.audio.resample import Resampler
from pipeline.audio.samples import Samples, samples_of

WINDOW_MS, SEARCH_MS = 30, 8
"""Two to six periods of a voice; and about one to look for a joint in."""

FINEST = 64
"""Largest denominator of the ratio: right to a fiftieth of a semitone, and the resampler's filter stays small."""


class PitchShift:
    """Takes a clause's audio as it is made. What comes out is about 40 ms behind, and in all as long as what went in."""

    def __init__(self, rate: int, semitones: float) -> None:
        ratio = Fraction(2.0 ** (semitones / 12.0)).limit_denominator(FINEST)
        unit = max(1, rate // ratio.denominator)
        self._stretched = _Stretch(rate, float(ratio))
        self._resampler = Resampler(ratio.numerator * unit, ratio.denominator * unit)
        self._rate, self._taken, self._given = rate, 0, 0

    def __call__(self, pcm: Samples) -> Samples:
        """More of the audio; returns what is ready."""
        self._taken += len(pcm)
        return self._counted(self._resampler(self._stretched(pcm)))

    def finish(self) -> Samples:
        """The clause is over: the rest of it."""
        pieces, silence = [], np.zeros(samples_of(WINDOW_MS + SEARCH_MS, self._rate), np.int16)
        while self._given < self._taken:
            pieces.append(self._counted(self._resampler(self._stretched(silence))))
        return np.concatenate(pieces) if pieces else np.zeros(0, np.int16)

    def _counted(self, made: Samples) -> Samples:
        made = made[: self._taken - self._given]
        self._given += len(made)
        return made


class _Stretch:
    """WSOLA: the same sound, `factor` times as long."""

    def __init__(self, rate: int, factor: float) -> None:
        self._half, self._search = samples_of(WINDOW_MS, rate) // 2, samples_of(SEARCH_MS, rate)
        self._hop = self._half / factor
        self._rising = np.sin(np.pi / 2 * (np.arange(self._half) + 0.5) / self._half).astype(np.float32) ** 2
        self._held = np.zeros(0, np.float32)
        self._dropped = self._steps = 0
        self._continues = 0
        self._fading: NDArray[np.float32] | None = None

    def __call__(self, pcm: Samples) -> Samples:
        self._held = np.concatenate((self._held, pcm.astype(np.float32)))
        made: list[NDArray[np.float32]] = []
        while (start := self._next()) is not None:
            window = self._held[start : start + 2 * self._half]
            first = window[: self._half]
            made.append(first if self._fading is None else self._fading + first * self._rising)
            self._fading = window[self._half :] * self._rising[::-1]
            self._steps, self._continues = self._steps + 1, start + self._half
        self._forget()
        joined = np.concatenate(made) if made else np.zeros(0, np.float32)
        return np.clip(np.rint(joined), -32_768, 32_767).astype(np.int16)

    def _next(self) -> int | None:
        """Where the next window begins in what is held; None if not enough is."""
        due, size = round(self._steps * self._hop) - self._dropped, 2 * self._half
        if len(self._held) < max(due + self._search, self._continues) + size:
            return None
        if self._fading is None:
            return due
        low = max(0, due - self._search)
        wanted = self._held[self._continues : self._continues + size]
        among = self._held[low : due + self._search + size]
        energy = np.cumsum(np.concatenate((np.zeros(1), np.square(among, dtype=np.float64))))
        alike = np.correlate(among, wanted, "valid") / np.sqrt(energy[size:] - energy[:-size] + 1.0)
        return low + int(np.argmax(alike))

    def _forget(self) -> None:
        """Let go of what no window to come can need."""
        due = round(self._steps * self._hop) - self._dropped
        passed = max(0, min(due - self._search, self._continues, len(self._held)))
        self._held = self._held[passed:]
        self._dropped, self._continues = self._dropped + passed, self._continues - passed
