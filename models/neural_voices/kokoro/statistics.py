"""What the normalisations of Kokoro's network see of a voice, learnt from clauses that were made whole.

They see silence, too, so the statistics depend on its share in a clause: in a line between what was seen.
"""

from __future__ import annotations

import threading
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float32]

ENOUGH, PLENTY = 100, 2_000
"""Frames of 25 ms from which on a voice is known, and after which nothing more is learnt."""
BEYOND = 0.1
"""How much more or less silence a clause may have than those that were seen."""
ALIKE = 1e-3
"""Variance of the share of silence below which clauses tell nothing of its influence."""


class VoiceStatistics:
    """Of one voice. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._frames = 0
        self._least, self._most = 1.0, 0.0
        self._shares = np.zeros(2)
        self._sums: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None

    def learn(self, quiet: float, frames: int, statistics: Floats) -> None:
        """quiet: the share of silence in a clause of so many frames, which had these statistics."""
        with self._lock:
            if self._frames >= PLENTY:
                return
            row = frames * statistics.astype(np.float64)
            if self._sums is None:
                self._sums = np.zeros_like(row), np.zeros_like(row)
            self._frames += frames
            self._shares += frames * np.array([quiet, quiet**2])
            self._sums[0][:] += row
            self._sums[1][:] += quiet * row
            self._least, self._most = min(self._least, quiet), max(self._most, quiet)

    def at(self, quiet: float) -> Floats | None:
        """What a clause with this share of silence should have; None where that is not known."""
        with self._lock:
            known = self._least - BEYOND <= quiet <= self._most + BEYOND
            if self._sums is None or self._frames < ENOUGH or not known:
                return None
            mean, square = self._shares / self._frames
            middle = self._sums[0] / self._frames
            if (spread := square - mean**2) < ALIKE:
                return middle.astype(np.float32)
            slope = (self._sums[1] / self._frames - mean * middle) / spread
            return (middle + slope * (quiet - mean)).astype(np.float32)
