"""A stream of samples from one rate to another: a windowed-sinc polyphase filter as one small matrix product a call.

Why not a library: libswresample through PyAV takes 19 µs for a 20 ms piece where this takes 7 (same machine), but inside
the event loop it took 190 µs and a third of the loop's work with 16 sessions, since it gives up the interpreter lock
several times a call. Single precision would save nothing at such sizes, and the last bit would depend on how a stream is
cut. Source of the method: any text on multirate signal processing; the window is Kaiser's.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from math import ceil, gcd

import numpy as np
from numpy.typing import NDArray

from pipeline.audio.samples import Samples, samples_of

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
        self.passes = source == target
        step, phases = source // common, target // common
        shortest = _filter(step, phases)
        steps = max(1, samples_of(BLOCK_MS, source) // step)
        self.step, self.filter = step * steps, _several(step, phases, steps)
        # Half a filter of silence before the first sample puts every output where its input was.
        self.waiting: NDArray[np.float64] = np.zeros((len(shortest) - step) // 2, np.float64)

    def __call__(self, pcm: Samples) -> Samples:
        """The next samples at the target rate."""
        return pcm if self.passes else _product([self], [pcm])[0]

    def fits(self, pcm: Samples) -> tuple[int, int, int]:
        """What must be equal for pieces of several streams to go into one product."""
        return id(self.filter), len(self.waiting), len(pcm)


def resample_together(resamplers: Sequence[Resampler], pieces: Sequence[Samples]) -> list[Samples]:
    """As each resampler of its piece. Pieces of the same rates and length share a product; no resampler comes twice."""
    results = list(pieces)
    alike: dict[tuple[int, int, int], list[int]] = {}
    for index, (resampler, pcm) in enumerate(zip(resamplers, pieces, strict=True)):
        if not resampler.passes:
            alike.setdefault(resampler.fits(pcm), []).append(index)
    for members in alike.values():
        for index, pcm in zip(
            members, _product([resamplers[i] for i in members], [pieces[i] for i in members]), strict=True
        ):
            results[index] = pcm
    return results


def _product(resamplers: Sequence[Resampler], pieces: Sequence[Samples]) -> list[Samples]:
    """The next samples of streams that fit together."""
    step, kernel, streams = resamplers[0].step, resamplers[0].filter, len(resamplers)
    parts = [part for resampler, pcm in zip(resamplers, pieces, strict=True) for part in (resampler.waiting, pcm)]
    waiting = np.concatenate(parts, dtype=np.float64).reshape(streams, -1)
    row, item = waiting.strides
    length = len(kernel)
    blocks = max(0, (waiting.shape[1] - length) // step + 1)
    windows = np.ndarray((streams, blocks, length), np.float64, waiting, 0, (row, item * step, item))
    result: NDArray[np.float64] = np.dot(windows.reshape(-1, length), kernel)
    np.rint(result, out=result)
    np.minimum(result, LOUDEST, out=result)
    np.maximum(result, LOWEST, out=result)
    # Copies, since views would keep the audio of all the others in memory.
    for resampler, rest in zip(resamplers, waiting[:, blocks * step :], strict=True):
        resampler.waiting = rest.copy()
    rows = result.astype(np.int16).reshape(streams, -1)
    return [rows[0]] if streams == 1 else [samples.copy() for samples in rows]


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
