"""Audio on the session's sample line: frames, conversions and levels. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from math import log10
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Samples: TypeAlias = NDArray[np.int16]
"""Mono PCM, shape (n,), 16-bit signed."""

LINE_RATE = 16_000
"""Samples per second of the session's line: what voice detection and recognition hear, and the only clock of the loop."""

SILENCE_DBFS = -100.0
"""The level reported for digital silence."""


@dataclass(frozen=True, slots=True)
class AudioFrame:
    """Mono PCM at `rate` Hz whose first sample is the `at`-th of its line."""

    pcm: Samples
    rate: int
    at: int

    @property
    def end(self) -> int:
        """The position after the last sample."""
        return self.at + len(self.pcm)


def samples_of(milliseconds: float, rate: int = LINE_RATE) -> int:
    """How many samples last `milliseconds` at `rate` Hz, rounded down."""
    return int(milliseconds * rate // 1000)


def milliseconds_of(samples: int, rate: int = LINE_RATE) -> int:
    """How long `samples` last at `rate` Hz, in whole milliseconds rounded down."""
    return samples * 1000 // rate


def level_dbfs(pcm: Samples) -> float:
    """Root-mean-square level in decibels relative to full scale; `SILENCE_DBFS` for silence or no samples."""
    return levels_dbfs(pcm[None])[0] if len(pcm) else SILENCE_DBFS


def levels_dbfs(frames: Samples) -> list[float]:
    """The same for each frame, shape (frames, n)."""
    wide = frames.astype(np.float32)
    wide *= wide
    powers = (wide.sum(axis=1) / (frames.shape[1] * 32768.0**2)).tolist()
    return [max(SILENCE_DBFS, 10.0 * log10(power)) if power > 0 else SILENCE_DBFS for power in powers]
