"""Whether a turn sounds complete, by how far the voice has fallen at its end; plain numpy, no weights.

Statements, and questions that begin with a question word, end low; who pauses to go on stays level or rises. What that is
worth, and how little noise changes it: docs/turn-taking.md.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from models.support.known_settings import check_known
from pipeline.audio.samples import LINE_RATE, Samples
from pipeline.engines.protocols import EngineInfo

Floats: TypeAlias = NDArray[np.float32]

NAME = "pitch"

HEARD = 6 * LINE_RATE
RATE = LINE_RATE // 2
FRAME, HOP, SPECTRUM = RATE // 25, RATE // 100, 512
"""40 ms every 10 ms; the spectrum is longer by `LONGEST_LAG`, so that correlating by way of it does not wrap around."""

SHORTEST_LAG, LONGEST_LAG = RATE // 400, RATE // 60
LAG_COST = 0.15
"""Makes one period win over two of them, which correlate as well."""

VOICED, DYNAMICS_DB = 0.5, 25.0
"""A frame has a pitch if it correlates this well with itself, and is not softer than the loudest by more than this."""

FEWEST = 15
"""Frames with a pitch without which there is no saying."""

LAST = 8
OCTAVE_ERROR = 9.0
"""Semitones from the median beyond which a pitch is taken for a mistake."""

USUAL_FALL = 0.6
"""Semitones below the lower third of the voice's range, from which the turn is taken to be complete."""

CERTAINTY = 8.0
"""Log-odds for each semitone more or less. It is decisive on purpose: a wait of medium length would serve nobody."""

MOST_CERTAIN = 5.0


def create(settings: Mapping[str, Any]) -> FallingPitch:
    """There are no settings."""
    check_known(NAME, settings)
    return FallingPitch()


class FallingPitch:
    """Keeps nothing between calls, which may come from any thread."""

    info = EngineInfo(name=NAME, role="turn_model", rate=LINE_RATE)

    def probability(self, pcm: Samples) -> float:
        """How likely it is that the turn that `pcm` ends with is complete, 0 to 1; 0.5 without a pitch."""
        fall = fall_semitones(pcm)
        certainty = 0.0 if fall is None else CERTAINTY * (fall - USUAL_FALL)
        return 1 / (1 + math.exp(-min(max(certainty, -MOST_CERTAIN), MOST_CERTAIN)))

    def close(self) -> None:
        """Nothing to free."""


def fall_semitones(pcm: Samples) -> float | None:
    """How far the last 80 ms of voice lie below the lower third of what came before; None with too little voice."""
    loudness, semitones, voicing = pitch_track(pcm[-HEARD:])
    if len(semitones) < FEWEST:
        return None
    voiced = semitones[(voicing > VOICED) & (loudness > np.percentile(loudness, 95) - DYNAMICS_DB)]
    voiced = voiced[np.abs(voiced - np.median(voiced)) < OCTAVE_ERROR] if len(voiced) else voiced
    if len(voiced) < FEWEST:
        return None
    return float(np.percentile(voiced, 30) - np.median(voiced[-LAST:]))


def pitch_track(pcm: Samples) -> tuple[Floats, Floats, Floats]:
    """For every 10 ms: loudness in dB, pitch in semitones above 1 Hz, and how periodic the sound is, 0 to 1."""
    samples = pcm[: len(pcm) // 2 * 2].reshape(-1, 2).mean(1, dtype=np.float32)
    if len(samples) < FRAME:
        return (np.zeros(0, np.float32),) * 3
    frames = sliding_window_view(samples, FRAME)[::HOP]
    correlation = _correlation((frames - frames.mean(1, keepdims=True)) * WINDOW)
    energy = np.maximum(correlation[:, 0], 1)
    likeness = correlation[:, SHORTEST_LAG:] / energy[:, np.newaxis] / WINDOW_CORRELATION[SHORTEST_LAG:]
    lags = np.arange(SHORTEST_LAG, LONGEST_LAG + 1)
    best = (likeness - LAG_COST * lags / LONGEST_LAG).argmax(1)
    return 10 * np.log10(energy), 12 * np.log2(RATE / lags[best]), likeness[np.arange(len(best)), best]


def _correlation(frames: NDArray[np.floating[Any]]) -> Floats:
    """Of each frame with itself, (n, LONGEST_LAG + 1)."""
    spectrum = np.fft.rfft(frames.astype(np.float32), SPECTRUM)
    result: Floats = np.fft.irfft(spectrum.real**2 + spectrum.imag**2)[..., : LONGEST_LAG + 1]
    return result


WINDOW = np.hanning(FRAME).astype(np.float32)
WINDOW_CORRELATION = _correlation(WINDOW) / _correlation(WINDOW)[0]
