"""Several channels, and several tracks, of one recording → one line of samples in which every voice is heard. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from math import sqrt
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from pipeline.audio.samples import LINE_RATE, Samples

Wave: TypeAlias = NDArray[np.float32]
"""Full scale is 1. One channel: shape (n,); several: (channels, n)."""

OPPOSITE = -0.3
"""Correlation with the loudest channel from which on a channel cancels it, as one wire of a balanced line does."""

FADE = LINE_RATE // 200
"""Samples over which the weights of the channels change."""

PIECE = LINE_RATE
"""Samples given out at once: a second, so that threads are changed rarely."""

LAG = 30 * LINE_RATE
"""A track that has nothing for so long is silent; the others do not wait for it."""

RELEASE = 1.25
"""How much less is taken from the level from one second to the next, once it was too high."""


class Channels:
    """The channels of one track, which become one; their weights are judged anew for every stretch."""

    def __init__(self) -> None:
        self._weights: Wave = np.zeros(0, np.float32)

    def mixed(self, channels: Wave) -> Wave:
        """As loud as the loudest channel, whether the others are silent, the same, the opposite or something else."""
        if len(channels) == 1:
            only: Wave = channels[0]
            return only
        weights = _weights(channels)
        before = self._weights if len(self._weights) == len(weights) else weights
        self._weights = weights
        mixed: Wave = weights @ channels
        if not np.array_equal(before, weights):
            fading = channels[:, :FADE]
            share = np.linspace(0, 1, fading.shape[1], dtype=np.float32)
            mixed[:FADE] = (1 - share) * (before @ fading) + share * (weights @ fading)
        return mixed


def _weights(channels: Wave) -> Wave:
    together = (channels @ channels.T).astype(np.float64)
    powers = together.diagonal()
    loudest = int(powers.argmax())
    if not powers[loudest] > 0:
        return np.full(len(channels), 1 / len(channels), np.float32)
    against = together[loudest] < OPPOSITE * np.sqrt(powers * powers[loudest])
    signs = np.where(against, -1.0, 1.0) * (-1.0 if against[0] else 1.0)
    power = float(signs @ together @ signs)
    level = sqrt(powers[loudest] / power) if power > powers[loudest] else 1.0
    return (level * signs).astype(np.float32)


class Tracks:
    """Tracks that play at the same time. What is complete is given out in pieces; where nothing is, there is silence."""

    def __init__(self, tracks: int) -> None:
        self.late = 0
        """Samples that came when their time had been given out."""
        self._ends = [0] * tracks
        self._given = 0
        self._blocks = list[tuple[int, Wave]]()

    def add(self, track: int, at: int, wave: Wave) -> Iterator[Wave]:
        """The sound of a track that begins at this position. Gives out what no other track can add to."""
        self.late += min(len(wave), max(0, self._given - at))
        self._blocks.append((at, wave))
        self._ends[track] = at + len(wave)
        yield from self._complete(max(min(self._ends), max(self._ends) - LAG) // PIECE * PIECE)

    def finish(self) -> Iterator[Wave]:
        """No more will come."""
        yield from self._complete(max(self._ends))

    def _complete(self, end: int) -> Iterator[Wave]:
        while self._given < end:
            start, self._given = self._given, min(end, self._given + PIECE)
            piece = np.zeros(self._given - start, np.float32)
            for at, wave in self._blocks:
                first, last = max(at, start), min(at + len(wave), self._given)
                if first < last:
                    piece[first - start : last - start] += wave[first - at : last - at]
            self._blocks = [(at, wave) for at, wave in self._blocks if at + len(wave) > self._given]
            yield piece


class Limiter:
    """Keeps the sum, and files of numbers beyond full scale, within what 16 bits hold. What is quiet stays as it is."""

    def __init__(self) -> None:
        self._gain = 1.0

    def limited(self, wave: Wave) -> Samples:
        """The samples of a piece."""
        peak = float(np.abs(wave).max(initial=0))
        self._gain = min(1.0, self._gain * RELEASE, 1 / peak if peak > 0 else 1.0)
        samples: Samples = np.clip(np.rint(wave * (32767 * self._gain)), -32768, 32767).astype(np.int16)
        return samples
