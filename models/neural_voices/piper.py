"""Voices made with Piper (VITS), through onnxruntime: a clause of speech takes a tenth of its length on one core.

The network makes a part of a clause in one run. How long each phoneme lasts is a value inside of it, which is taken out
too, so that the times of words are the true ones.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from models.neural_voices.computing import Cancellation, Clause, Places
from models.neural_voices.english import English
from models.neural_voices.network import Network, cores, weights_folder
from models.neural_voices.onnx_graph import with_output
from models.neural_voices.piper_voice import NAME, PiperVoice
from models.support.clauses import (
    ClausePart,
    chunks,
    clamp,
    louder,
    parts,
    prosody,
    resampled,
    time_words,
)
from models.support.known_settings import check_known
from pipeline.engines.protocols import EngineInfo, SpeechChunk, SynthesisRequest, WordTime
from pipeline.errors import EngineUnavailable, SettingError

Floats: TypeAlias = NDArray[np.float32]

EXAMPLE = "piper-joe"
FULL_SCALE = 32_767
SPEEDS, SEMITONES = (0.5, 2.0), (-8.0, 8.0)
DURATIONS = "/Ceil_output_0"
"""Frames of each phoneme, as Piper's exporter names that value."""
FRAME = 256
"""Samples."""
LOUDNESS = 1.6
"""joe at -24 dBFS over a sentence becomes as loud as flite's voices."""


def create(settings: Mapping[str, Any]) -> Piper:
    """settings: `weights`, a folder with a voice; `threads` for one run, 1 if not told otherwise.

    Raises `EngineUnavailable` naming what is missing.
    """
    check_known(NAME, settings, "weights", "threads")
    threads = int(settings.get("threads") or 1)
    if threads < 1:
        raise SettingError(f"{NAME}: threads begin at 1.")
    return Piper(weights_folder(str(settings.get("weights", "")), NAME, EXAMPLE), threads)


class Piper:
    """One voice or several of one file, shared by all sessions."""

    def __init__(self, folder: Path, threads: int) -> None:
        self._voice = voice = PiperVoice.of(folder)
        places = Places(max(1, cores() // threads), NAME)
        self._network, timed = _network(voice.network, threads, places)
        self._outputs = ("output", DURATIONS) if timed else ("output",)
        self._english = English(NAME)
        given = {"styles": True, "times_words": timed, "wants_words": True, "pitches": True}
        self.info = EngineInfo(NAME, "synthesizer", (voice.language,), voice.rate, voice.voices, **given)

    def speak(self, request: SynthesisRequest) -> Iterator[SpeechChunk]:
        return Clause(lambda cancellation: self._spoken(request, cancellation))

    def close(self) -> None:
        self._english.close()

    def _spoken(self, request: SynthesisRequest, cancellation: Cancellation) -> Iterator[SpeechChunk]:
        voice, wanted = self._voice, prosody(request)
        shift = 2.0 ** (clamp(wanted.semitones + voice.shift(request.voice.name), *SEMITONES) / 12.0)
        slowness = shift / clamp(wanted.speed, *SPEEDS)
        at = 0
        for part in parts(request.text, voice.readable, engine=NAME):
            sound, marks, end_ms = self._made(part, voice.speaker(request.voice.name), slowness, cancellation)
            pcm = louder(sound * np.float32(FULL_SCALE), wanted.volume * LOUDNESS)
            marks = [(position, ms / shift) for position, ms in marks]
            words = time_words(part, marks, end_ms / shift, at * 1000 / voice.rate) if marks else deque[WordTime]()
            for piece in [pcm] if shift == 1.0 else resampled([pcm], round(voice.rate * shift), voice.rate):
                yield from chunks(piece, voice.rate, at, words)
                at += len(piece)

    def _made(
        self, part: ClausePart, speaker: int, slowness: float, cancellation: Cancellation
    ) -> tuple[Floats, list[tuple[int, float]], float]:
        """The part's sound; for each word its place in the text and the ms at which it begins; where speech ends."""
        voice = self._voice
        reading = self._english.reading(part, voice.accent, voice.spelled)
        if not any(map(str.isalpha, reading.sounds)):
            return np.zeros(0, np.float32), [], 0.0
        ids, places = voice.ids(reading.sounds)
        noise, length, noise_of_durations = voice.scales
        inputs = {
            "input": np.array([ids], np.int64),
            "input_lengths": np.array([len(ids)], np.int64),
            "scales": np.array([noise, length * slowness, noise_of_durations], np.float32),
            "sid": np.array([speaker], np.int64),
        }
        sound, *durations = self._network.run(inputs, cancellation, self._outputs)
        if not durations:
            return sound.reshape(-1), [], 0.0
        begins_ms = np.cumsum([0, *durations[0].reshape(-1)]) * (FRAME * 1000 / voice.rate)
        sounding = zip(part.words, reading.begins, strict=True)
        marks = [(position, float(begins_ms[places[begin]])) for (position, _), begin in sounding]
        return sound.reshape(-1), marks, float(begins_ms[places[-1]])


def _network(file: Path, threads: int, places: Places) -> tuple[Network, bool]:
    """The network, and whether it tells how long each phoneme lasts."""
    model = file.read_bytes()
    how: dict[str, Any] = {"threads": threads, "places": places, "engine": NAME}
    try:
        return Network(with_output(model, DURATIONS), file.name, **how), True
    except EngineUnavailable:  # from another exporter, perhaps
        return Network(model, file.name, **how), False
