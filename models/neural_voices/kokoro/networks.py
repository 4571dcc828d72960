"""Kokoro's network in two parts: phonemes to features of the voice, and features to sound, at once or in windows.

Theory of operation. The first part takes a tenth of the time and is run for a whole text. It tells how long each phoneme
lasts and where it is silent, and gives the spectrum of the voice's source, whose phase runs on over the text. The second
part is made of convolutions, which see 50 ms to each side, and of normalisations, which see everything: each subtracts
its input's mean over all time and divides by its deviation. Run on a window alone, it is up to 4 dB too loud or too soft
there, and makes noise of silence. So these statistics are values that a whole run gives out and a run in windows is given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from models.neural_voices.computing import Cancellation, Places
from models.neural_voices.kokoro.voices import NAME
from models.neural_voices.network import Network
from models.neural_voices.onnx_graph import made_by, part_of
from pipeline.errors import EngineUnavailable

Floats: TypeAlias = NDArray[np.float32]

RATE = 24_000
FRAME = 600
"""Samples: durations are told in frames of 25 ms, energy in halves of one."""
DURATIONS = "/encoder/Clip_output_0"
"""Inner values of the file that kokoro-onnx publishes; this one: frames of each phoneme."""
ENERGY = "/encoder/Reshape_1_output_0"
"""(1, 2 frames): how much voice and breath there is."""
CONTENT = "/decoder/decoder/decode.3/Div_4_output_0"
"""(1, 512, 2 frames)."""
HARMONICS = "/decoder/decoder/generator/Concat_3_output_0"
"""(1, 22, 120 frames + 1): the spectrum of the voice's source."""
MEAN, VARIANCE = "/ReduceMean_output_0", "/ReduceMean_2_output_0"
"""How the two statistics of a normalisation end."""
AUDIBLE_ENERGY = 0.0
"""From here on something is heard: right to 20 ms at both ends of 40 clauses by eight voices."""
CONTEXT = 3
"""Frames on each side of a window that are made and not used; more change nothing."""


@dataclass(frozen=True, slots=True)
class Features:
    """What a text sounds like. durations: frames of the silence before it, of each phoneme and of the silence behind."""

    durations: NDArray[np.int64]
    energy: Floats
    content: Floats
    harmonics: Floats
    style: Floats

    @property
    def frames(self) -> int:
        return self.content.shape[2] // 2

    @property
    def quiet(self) -> float:
        """The share of silence."""
        return float((self.energy < AUDIBLE_ENERGY).mean())

    def audible(self) -> tuple[int, int]:
        """The first sample that is heard, and the one after the last."""
        loud = np.flatnonzero(self.energy >= AUDIBLE_ENERGY)
        if not len(loud):
            return 0, self.frames * FRAME
        return int(loud[0]) * FRAME // 2, (int(loud[-1]) + 1) * FRAME // 2


class KokoroNetworks:
    """Both parts, shared by all sessions."""

    def __init__(self, file: Path, *, threads: int, windows: bool, places: Places) -> None:
        """windows: whether they will be asked for. Raises `EngineUnavailable` if the file is damaged or another export."""
        try:
            model = file.read_bytes()
            text = part_of(model, (), (DURATIONS, ENERGY, CONTENT, HARMONICS))
            sound = part_of(model, (CONTENT, HARMONICS), ("audio",))
            statistics = _statistics(made_by(sound, "ReduceMean"))
            whole = part_of(model, (CONTENT, HARMONICS), ("audio", *statistics))
            window = part_of(model, (CONTENT, HARMONICS, *statistics), ("audio",))
        except (OSError, ValueError) as error:
            raise EngineUnavailable(f"{file.name} is damaged, or another export of Kokoro.", engine=NAME) from error
        del model, sound
        how: dict[str, Any] = {"threads": threads, "places": places, "engine": NAME}
        self._text, self._whole = Network(text, file.name, **how), Network(whole, file.name, **how)
        self._window = Network(window, file.name, **how) if windows else None
        self._statistics = statistics
        self._shapes: list[tuple[int, ...]] = []

    def features(self, tokens: Sequence[int], style: Floats, speed: float, cancellation: Cancellation) -> Features:
        """For the phonemes' numbers and the voice's row for so many."""
        inputs = {
            "tokens": np.array([[0, *tokens, 0]], np.int64),
            "style": style,
            "speed": np.array([speed], np.float32),
        }
        durations, energy, *made = self._text.run(inputs, cancellation)
        return Features(durations[0].astype(np.int64), energy[0], *made, style)

    def whole(self, features: Features, cancellation: Cancellation) -> tuple[Floats, Floats]:
        """All of the sound; and the statistics of its normalisations, means and then mean squares, in one row."""
        sound, *statistics = self._whole.run(_inputs(features, 0, features.frames), cancellation)
        self._shapes = [value.shape for value in statistics]
        flat = np.concatenate([value.reshape(-1) for value in statistics])
        means = len(flat) // 2
        flat[means:] += flat[:means] ** 2
        return sound.reshape(-1), flat

    def window(
        self, features: Features, begin: int, end: int, statistics: Floats, cancellation: Cancellation
    ) -> Floats:
        """The sound from one frame to another, and up to `CONTEXT` frames more behind it."""
        assert self._window, "no windows were wanted"
        first, last = max(0, begin - CONTEXT), min(features.frames, end + CONTEXT)
        means = len(statistics) // 2
        variances = np.maximum(statistics[means:] - statistics[:means] ** 2, 1e-6)
        flat, at, given = np.concatenate([statistics[:means], variances]), 0, dict[str, Floats]()
        for name, shape in zip(self._statistics, self._shapes, strict=True):
            given[name] = flat[at : at + int(np.prod(shape))].reshape(shape)
            at += given[name].size
        (sound,) = self._window.run(_inputs(features, first, last) | given, cancellation)
        return np.asarray(sound, np.float32).reshape(-1)[(begin - first) * FRAME :]


def _inputs(features: Features, begin: int, end: int) -> dict[str, Any]:
    return {
        CONTENT: features.content[:, :, 2 * begin : 2 * end],
        HARMONICS: features.harmonics[:, :, 120 * begin : 120 * end + 1],
        "style": features.style,
    }


def _statistics(names: Sequence[str]) -> tuple[str, ...]:
    """The means, and in the same order the variances. Raises `ValueError`."""
    means = [name for name in names if name.endswith(MEAN)]
    variances = [name.removesuffix(MEAN) + VARIANCE for name in means]
    if not means or not set(variances) <= set(names):
        raise ValueError("other normalisations than Kokoro's")
    return (*means, *variances)
