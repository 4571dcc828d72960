"""What Whisper hears: log-mel spectra of 100 frames a second, in numpy.

The figures are those of OpenAI's `whisper/audio.py`: windows of 25 ms, filters on Slaney's mel scale with an area of one,
and the loudest 80 dB of an utterance scaled to about -1 … 1.
"""

from __future__ import annotations

from functools import cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from pipeline.audio.samples import LINE_RATE, Samples

Floats: TypeAlias = NDArray[np.float32]

SPECTRUM = 400
HOP = 160
"""Samples of one frame."""
HANN = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(SPECTRUM) / SPECTRUM)).astype(np.float32)
QUIETEST = 1e-10
RANGE = 8.0
"""Powers of ten below the loudest that are told apart."""


def log_mel(pcm: Samples, mels: int, padding: int = 0) -> Floats:
    """The spectra of samples at 16 kHz with `padding` samples of silence after them, shape (mels, frames)."""
    audio = np.pad(pcm.astype(np.float32) / 32768, (0, padding))
    audio = np.pad(audio, SPECTRUM // 2, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(audio, SPECTRUM)[::HOP][: (len(pcm) + padding) // HOP]
    spectra = np.fft.rfft(frames * HANN)
    powers = spectra.real**2 + spectra.imag**2
    logarithms = np.log10(np.maximum(mel_filters(mels) @ powers.T.astype(np.float32), QUIETEST))
    return ((np.maximum(logarithms, logarithms.max() - RANGE) + 4) / 4).astype(np.float32)


@cache
def mel_filters(mels: int) -> Floats:
    """Triangles that overlap by half, shape (mels, frequencies)."""
    frequencies = np.linspace(0, LINE_RATE / 2, SPECTRUM // 2 + 1)
    corners = _hertz(np.linspace(0, _mel(LINE_RATE / 2), mels + 2))
    widths = np.diff(corners)
    slopes = corners[:, None] - frequencies
    rising, falling = -slopes[:-2] / widths[:-1, None], slopes[2:] / widths[1:, None]
    triangles = np.maximum(0, np.minimum(rising, falling))
    return (triangles * (2 / (corners[2:] - corners[:-2]))[:, None]).astype(np.float32)


LINEAR_UP_TO_HZ = 1000.0
MELS_PER_HZ = 3 / 200
LOG_STEP = np.log(6.4) / 27
"""Above 1 kHz, 27 mels are a factor of 6.4 (Slaney, Auditory Toolbox, 1998)."""


def _mel(hertz: float) -> float:
    if hertz < LINEAR_UP_TO_HZ:
        return hertz * MELS_PER_HZ
    return float(LINEAR_UP_TO_HZ * MELS_PER_HZ + np.log(hertz / LINEAR_UP_TO_HZ) / LOG_STEP)


def _hertz(mels: NDArray[np.float64]) -> NDArray[np.float64]:
    above = mels - LINEAR_UP_TO_HZ * MELS_PER_HZ
    return np.where(above < 0, mels / MELS_PER_HZ, LINEAR_UP_TO_HZ * np.exp(LOG_STEP * np.maximum(above, 0)))
