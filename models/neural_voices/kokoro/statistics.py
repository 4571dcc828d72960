"""What the normalisations of Kokoro's network see of a voice, learnt from clauses that were made whole.

They see silence, too, so the statistics depend on its share in a clause: those of clauses with a like share count. What is
given is always a mean of what was seen. (A line through it is as good in between, and makes noise of the sound beyond.)
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float32]

ALIKE = 0.05
"""Difference of the share of silence at which a clause counts 0.6 of itself (a Gaussian)."""
STEP = 0.04
"""Shares are kept in steps of so much."""
ENOUGH, PLENTY = 60.0, 600
"""Frames of 25 ms that must count for a clause, and after which a step learns nothing more."""


@dataclass(slots=True)
class _Step:
    """Sums over the frames of clauses with about the same share of silence."""

    frames: int
    quiet: float
    statistics: NDArray[np.float64]


class VoiceStatistics:
    """Of one voice. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._steps: dict[int, _Step] = {}

    def learn(self, quiet: float, frames: int, statistics: Floats) -> None:
        """quiet: the share of silence in a clause of so many frames, which had these statistics."""
        row = frames * statistics.astype(np.float64)
        with self._lock:
            step = self._steps.setdefault(round(quiet / STEP), _Step(0, 0.0, np.zeros_like(row)))
            if step.frames < PLENTY:
                step.frames += frames
                step.quiet += frames * quiet
                step.statistics += row

    def at(self, quiet: float) -> Floats | None:
        """What a clause with this share of silence should have; None where too little like it was seen."""
        with self._lock:
            steps = list(self._steps.values())
            shares = np.array([step.quiet / step.frames for step in steps])
            counts = np.exp(-(((shares - quiet) / ALIKE) ** 2) / 2)
            total = sum(count * step.frames for count, step in zip(counts, steps, strict=True))
            if total < ENOUGH:
                return None
            row = sum(count * step.statistics for count, step in zip(counts, steps, strict=True)) / total
            return np.asarray(row, np.float32)
