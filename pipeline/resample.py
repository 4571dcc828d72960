"""A stream of samples from one rate to another: a windowed-sinc polyphase filter as one small matrix product a call.

Why not a library: libswresample through PyAV takes 19 µs for a 20 ms piece where this takes 7 (same machine), but inside
the event loop it took 190 µs and a third of the loop's work with 16 sessions, since it gives up the interpreter lock
several times a call. Single precision would save nothing at such sizes, and the last bit would depend on how a stream is
cut. Source of the method: any text on multirate signal processing; the window is Kaiser's.
"""

from __future__ import annotations

from functools import cache
from math import ceil, gcd

import numpy as np
from numpy.typing import NDArray

from pipeline.audio import Samples, samples_of

ZERO_CROSSINGS = 16
"""Of the sinc on each side: the transition band is about a tenth of the lower rate's range."""

KAISER_BETA = 8.0
"""About 80 dB down in the stop band."""

PASS = 0.94
"""Share of the lower rate's range that passes."""

BLOCK_MS = 1
"""What one row of the product makes, where the rates allow it: shorter rows cost more in copying than they save."""

LOUDEST, LOWEST = np.float64(32_767), np.float64(-32_768)


class Resampler:
    """From `source` to `target` samples a second; holds back about 2 ms, and equal rates pass through untouched."""

    def __init__(self, source: int, target: int) -> None:
        common = gcd(source, target)
        self._same = source == target
        step, phases = source // common, target // common
        shortest = _filter(step, phases)
        steps = max(1, samples_of(BLOCK_MS, source) // step)
        self._step, self._filter = step * steps, _several(step, phases, steps)
        # Half a filter of silence before the first sample puts every output where its input was.
        self._waiting: NDArray[np.float64] = np.zeros((len(shortest) - step) // 2, np.float64)

    def __call__(self, pcm: Samples) -> Samples:
        """The next samples at the target rate."""
        if self._same:
            return pcm
        waiting = np.concatenate((self._waiting, pcm), dtype=np.float64)
        length, stride = len(self._filter), waiting.itemsize
        blocks = max(0, (len(waiting) - length) // self._step + 1)
        windows = np.ndarray((blocks, length), np.float64, waiting, 0, (stride * self._step, stride))
        self._waiting = waiting[blocks * self._step :].copy()  # a view would keep all of `waiting` in memory
        result: NDArray[np.float64] = np.dot(windows, self._filter)
        np.rint(result, out=result)
        np.minimum(result, LOUDEST, out=result)
        np.maximum(result, LOWEST, out=result)
        return result.astype(np.int16).ravel()


@cache
def _filter(step: int, phases: int) -> NDArray[np.float64]:
    """What `step` samples become, as a matrix (taps, `phases`): column p makes the p-th of their `phases` outputs."""
    cutoff = PASS * min(1.0, phases / step)
    half = ceil(ZERO_CROSSINGS / cutoff)
    taps = np.arange(2 * half + step)[:, None] - half
    distance = taps - np.arange(phases)[None, :] * step / phases
    inside = np.clip(1 - (distance / half) ** 2, 0, None)
    window = np.where(np.abs(distance) <= half, np.i0(KAISER_BETA * np.sqrt(inside)) / np.i0(KAISER_BETA), 0)
    kernel = cutoff * np.sinc(cutoff * distance) * window
    return np.asarray(kernel / kernel.sum(axis=0), np.float64)


@cache
def _several(step: int, phases: int, steps: int) -> NDArray[np.float64]:
    """The filter of `_filter` for `steps` steps in one row of the product."""
    one = _filter(step, phases)
    taps = len(one)
    result = np.zeros((taps + step * (steps - 1), phases * steps))
    for index in range(steps):
        result[index * step : index * step + taps, index * phases : (index + 1) * phases] = one
    return result
