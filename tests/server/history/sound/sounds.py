"""Entries of made-up conversations, and what a finished recording holds, heard by PyAV."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from pipeline.audio.samples import LINE_RATE, Samples
from pipeline.conversation.journal import AudioPassed, Speaker

HEARD_RATE = 48_000
"""What Opus is decoded to."""

MILLISECOND = HEARD_RATE // 1000


def click(rate: int, milliseconds: int = 4) -> Samples:
    """Something short and loud that begins with its loudest sample."""
    time = np.arange(rate * milliseconds // 1000) / rate
    return np.asarray(28_000 * np.cos(2 * np.pi * 1_000 * time) * np.exp(-time * 400), np.int16)


def tone(seconds: float, rate: int = LINE_RATE, hertz: float = 300.0) -> Samples:
    """A steady sound."""
    return np.asarray(8_000 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate), np.int16)


def passed(speaker: Speaker, at_s: float, pcm: Samples, rate: int = LINE_RATE) -> AudioPassed:
    """Sound that is heard at `at_s` seconds of the microphone's line."""
    return AudioPassed(speaker, round(at_s * LINE_RATE), pcm, rate)


def microphone(seconds: float, begins_s: float = 0.0, pcm: Samples | None = None) -> list[AudioPassed]:
    """A microphone's entries of 32 ms each; quiet noise, or `pcm`."""
    if pcm is None:
        pcm = np.random.default_rng(0).integers(-20, 20, round(seconds * LINE_RATE)).astype(np.int16)
    first = round(begins_s * LINE_RATE)
    return [AudioPassed("user", first + at, pcm[at : at + 512], LINE_RATE) for at in range(0, len(pcm), 512)]


@dataclass(frozen=True)
class Heard:
    """What a file holds: its length, and the loudest sample in each millisecond of either side (shape (n, 2))."""

    seconds: float
    peaks: NDArray[np.float32]

    @property
    def left(self) -> NDArray[np.float32]:
        return self.peaks[:, 0]

    @property
    def right(self) -> NDArray[np.float32]:
        return self.peaks[:, 1]


def heard_in(path: Path) -> Heard:
    """The file, decoded by PyAV to its end; an hour in some seconds and little memory."""
    peaks, waiting, length = list[NDArray[np.float32]](), list[NDArray[np.float32]](), 0
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            waiting.append(frame.to_ndarray())
            length += frame.samples
            if len(waiting) == 500:
                waiting = [_peaks(waiting, peaks)]
    _peaks([*waiting, np.zeros((2, MILLISECOND), np.float32)], peaks)
    return Heard(length / HEARD_RATE, np.concatenate(peaks) * 32_768)


def _peaks(pieces: list[NDArray[np.float32]], peaks: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Adds those of the whole milliseconds; returns what is left."""
    sound = np.concatenate(pieces, axis=1)
    whole = sound.shape[1] // MILLISECOND * MILLISECOND
    peaks.append(np.abs(sound[:, :whole]).reshape(2, -1, MILLISECOND).max(axis=2).T)
    return sound[:, whole:]


def stretches_s(side: NDArray[np.float32], loud: int = 1_000, apart_ms: int = 50) -> list[tuple[float, float]]:
    """From when to when something is heard, in seconds."""
    times = np.flatnonzero(side > loud)
    if not len(times):
        return []
    breaks = np.flatnonzero(np.diff(times) > apart_ms)
    starts, ends = [times[0], *times[breaks + 1]], [*times[breaks] + 1, times[-1] + 1]
    return [(float(start) / 1000, float(end) / 1000) for start, end in zip(starts, ends, strict=True)]
