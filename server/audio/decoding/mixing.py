"""Several channels, and several tracks, of one recording → one line of samples in which every voice is heard. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
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

RELEASE = 1.25
"""How much less is taken from the level from one second to the next, once it was too high."""

CREST, PEAKS = 4.0, 0.01
"""What is so many times louder than all but this share of a piece is cut off: a damaged number, and no level of sound."""

LOUDEST = 2.0**31
"""Nothing is louder: files of numbers beyond full scale are at most scaled like integers."""


class Channels:
    """The channels of one track, which become one; their weights are judged anew for every stretch."""

    def __init__(self) -> None:
        self._weights: Wave = np.zeros(0, np.float32)

    def mixed(self, channels: Wave) -> Wave:
        """As loud as the loudest channel, whether the others are silent, the same, the opposite or something else.

        What is no number, or larger than any of sound, is taken for silence in `channels` itself.
        """
        channels[~(np.abs(channels) <= LOUDEST)] = 0
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


def together(tracks: Iterable[Iterator[tuple[int, Wave]]]) -> Iterator[Wave]:
    """Tracks that play at the same time, added, in pieces; where nothing is, there is silence.

    `tracks`: the stretches of each with their positions. Each is read as far as it is needed, however they lie in the file.
    """
    ends = dict.fromkeys(tracks, 0)
    blocks = list[tuple[int, Wave]]()
    given = end = 0
    while ends:
        track = min(ends, key=ends.__getitem__)
        if block := next(track, None):
            blocks.append(block)
            ends[track] = block[0] + len(block[1])
            end = max(end, ends[track])
        else:
            del ends[track]
        complete = min(ends.values()) // PIECE * PIECE if ends else end
        while given < complete:
            start, given = given, min(complete, given + PIECE)
            yield _sum(blocks, start, given)
            blocks = [(at, wave) for at, wave in blocks if at + len(wave) > given]


def _sum(blocks: Sequence[tuple[int, Wave]], start: int, end: int) -> Wave:
    piece = np.zeros(end - start, np.float32)
    for at, wave in blocks:
        first, last = max(at, start), min(at + len(wave), end)
        if first < last:
            piece[first - start : last - start] += wave[first - at : last - at]
    return piece


class Limiter:
    """Keeps the sum, and files of numbers beyond full scale, within what 16 bits hold. What is quiet stays as it is."""

    def __init__(self) -> None:
        self._gain = 1.0

    def limited(self, wave: Wave) -> Samples:
        """The samples of a piece."""
        levels = np.abs(wave)
        peak = float(levels.max(initial=0))
        if peak > 1:
            peak = max(1.0, min(peak, CREST * float(np.quantile(levels, 1 - PEAKS))))
        self._gain = min(1.0, self._gain * RELEASE, 1 / peak if peak > 0 else 1.0)
        samples: Samples = np.clip(np.rint(wave * (32767 * self._gain)), -32768, 32767).astype(np.int16)
        return samples
