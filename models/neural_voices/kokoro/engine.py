"""Kokoro 82M through onnxruntime: natural voices for English and Chinese, of which two cores make one in real time."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from models.neural_voices.computing import Cancellation, Clause, Places
from models.neural_voices.english import English, readable
from models.neural_voices.kokoro.alphabet import TOKENS
from models.neural_voices.kokoro.networks import FRAME, RATE, Features, Floats, KokoroNetworks
from models.neural_voices.kokoro.reading import HAN_LETTER, KokoroReading
from models.neural_voices.kokoro.voices import NAME, KokoroVoices
from models.neural_voices.network import cores, weights_folder
from models.neural_voices.reading import Reading
from models.support.clauses import ClausePart, chunks, clamp, louder, parts, prosody, resampled, time_words
from models.support.known_settings import check_known
from pipeline.audio.samples import samples_of
from pipeline.engines.protocols import EngineInfo, SpeechChunk, SynthesisRequest, WordTime
from pipeline.errors import EngineUnavailable, SettingError

EXAMPLE = "kokoro-82m"
FULL_SCALE = 32_767
SPEEDS, SEMITONES = (0.5, 2.0), (-6.0, 6.0)
ONSET, PAUSE = samples_of(40, RATE), samples_of(120, RATE)
"""How much silence is kept before the first phoneme and behind the last sound."""
AUDIBLE = 0.006
"""Share of full scale; the silence of these voices stays below."""


def create(settings: Mapping[str, Any]) -> Kokoro:
    """settings: `weights`, the folder; `threads` for one run, 2 if not told otherwise where there are two cores.

    Raises `EngineUnavailable` naming what is missing.
    """
    check_known(NAME, settings, "weights", "threads")
    threads = int(settings.get("threads") or min(2, cores()))
    if threads < 1:
        raise SettingError(f"{NAME}: threads begin at 1.")
    return Kokoro(weights_folder(str(settings.get("weights", "")), NAME, EXAMPLE), threads)


class Kokoro:
    """One folder of weights, shared by all sessions."""

    def __init__(self, folder: Path, threads: int) -> None:
        networks = sorted(folder.glob("*.onnx"))
        if not networks:
            raise EngineUnavailable(f"There is no .onnx file in the folder {folder.name}.", engine=NAME)
        self._voices = KokoroVoices(folder)
        places = Places(max(1, cores() // threads), NAME)
        self._networks = KokoroNetworks(networks[0], threads=threads, places=places)
        self._english = English(NAME)
        self._reading = KokoroReading(self._english)
        voices = self._voices.listed
        languages = tuple(dict.fromkeys(voice.language for voice in voices))
        given = {"styles": True, "times_words": True, "wants_words": True}
        self.info = EngineInfo(NAME, "synthesizer", languages, RATE, voices, **given)

    def speak(self, request: SynthesisRequest) -> Iterator[SpeechChunk]:
        return Clause(lambda cancellation: self._spoken(request, cancellation))

    def close(self) -> None:
        self._english.close()

    def _spoken(self, request: SynthesisRequest, cancellation: Cancellation) -> Iterator[SpeechChunk]:
        wanted = prosody(request)
        shift = 2.0 ** (clamp(wanted.semitones, *SEMITONES) / 12.0)
        speed = clamp(wanted.speed, *SPEEDS) / shift
        language = "zh" if HAN_LETTER.search(request.text) else request.language.partition("-")[0]
        voice = self._voices.named(request.voice.name, language)
        accent = "en-gb" if voice.startswith("b") else "en-us"
        styles = self._voices.styles(voice)
        at = 0
        for whole in parts(request.text, readable, engine=NAME):
            for part, reading in self._reading.readings(whole, accent):
                tokens = [TOKENS[letter] for letter in reading.sounds]
                if not any(map(str.isalpha, reading.sounds)):
                    continue
                features = self._networks.features(tokens, styles[len(tokens) - 1], speed, cancellation)
                sound = self._networks.sound(features, 0, features.frames, cancellation)
                begin, end = _audible(sound, features)
                words = _timed(part, reading, features, begin, end, shift, at)
                pcm = louder(sound[begin:end] * np.float32(FULL_SCALE), wanted.volume * self._voices.gain(voice))
                for piece in [pcm] if shift == 1.0 else resampled([pcm], round(RATE * shift), RATE):
                    yield from chunks(piece, RATE, at, words)
                    at += len(piece)


def _audible(sound: Floats, features: Features) -> tuple[int, int]:
    """The samples without the 0.2 to 0.5 s of silence before and the 0.4 to 1.1 s behind, of which a little is kept."""
    begin = max(0, int(features.durations[0]) * FRAME - ONSET)
    loud = np.flatnonzero(np.abs(sound) > AUDIBLE)
    return begin, min(len(sound), int(loud[-1]) + PAUSE) if len(loud) else begin


def _timed(
    part: ClausePart, reading: Reading, features: Features, begin: int, end: int, shift: float, at: int
) -> deque[WordTime]:
    """The words by the frames of their phonemes, where `begin` to `end` is kept of the sound and lies `at` in the clause."""
    ms = 1000 / RATE / shift
    starts = np.cumsum(features.durations) * FRAME - begin  # the silence before comes first
    sounding = zip(part.words, reading.begins, strict=True)
    marks = [(place, max(0.0, float(starts[first]) * ms)) for (place, _), first in sounding]
    return time_words(part, marks, (end - PAUSE - begin) * ms, at * 1000 / RATE)
