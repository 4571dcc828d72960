"""Kokoro's network in two halves: one that turns phonemes into features of the voice, and one that makes sound of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from models.neural_voices.computing import Cancellation, Places
from models.neural_voices.kokoro.voices import NAME
from models.neural_voices.network import Network
from models.neural_voices.onnx_graph import part_of
from pipeline.errors import EngineUnavailable

Floats: TypeAlias = NDArray[np.float32]

RATE = 24_000
FRAME = 600
"""Samples: features come every 25 ms."""
DURATIONS = "/encoder/Clip_output_0"
"""Inner values of the file that kokoro-onnx publishes; this one: frames of each phoneme."""
CONTENT, PITCH, ENERGY = "/encoder/MatMul_1_output_0", "/encoder/Reshape_output_0", "/encoder/Reshape_1_output_0"
"""(1, 512, frames) and twice (1, 2 frames)."""
HARMONICS = "/decoder/decoder/generator/Concat_3_output_0"
"""(1, 22, 120 frames + 1): the spectrum of the voice's source, whose phase runs on over the whole clause."""


@dataclass(frozen=True, slots=True)
class Features:
    """What a text sounds like. durations: frames of the silence before it, of each phoneme and of the silence behind."""

    durations: NDArray[np.int64]
    content: Floats
    pitch: Floats
    energy: Floats
    harmonics: Floats
    style: Floats

    @property
    def frames(self) -> int:
        return self.content.shape[2]


class KokoroNetworks:
    """Both halves, shared by all sessions."""

    def __init__(self, file: Path, *, threads: int, places: Places) -> None:
        """Raises `EngineUnavailable` if the file is damaged or not the one that was measured."""
        try:
            model = file.read_bytes()
            text = part_of(model, (), (DURATIONS, CONTENT, PITCH, ENERGY, HARMONICS))
            sound = part_of(model, (CONTENT, PITCH, ENERGY, HARMONICS), ("audio",))
        except (OSError, ValueError) as error:
            raise EngineUnavailable(f"{file.name} is damaged, or another export of Kokoro.", engine=NAME) from error
        del model
        self._text = Network(text, file.name, threads=threads, places=places, engine=NAME)
        self._sound = Network(sound, file.name, threads=threads, places=places, engine=NAME)

    def features(self, tokens: list[int], style: Floats, speed: float, cancellation: Cancellation) -> Features:
        """For the phonemes' numbers and the voice's row for so many."""
        inputs = {
            "tokens": np.array([[0, *tokens, 0]], np.int64),
            "style": style,
            "speed": np.array([speed], np.float32),
        }
        durations, *made = self._text.run(inputs, cancellation)
        return Features(durations[0].astype(np.int64), *made, style)

    def sound(self, features: Features, begin: int, end: int, cancellation: Cancellation) -> Floats:
        """The frames from `begin` to `end`, as if there were no others."""
        inputs = {
            CONTENT: features.content[:, :, begin:end],
            PITCH: features.pitch[:, 2 * begin : 2 * end],
            ENERGY: features.energy[:, 2 * begin : 2 * end],
            HARMONICS: features.harmonics[:, :, 120 * begin : 120 * end + 1],
            "style": features.style,
        }
        (sound,) = self._sound.run(inputs, cancellation)
        return np.asarray(sound, np.float32).reshape(-1)
