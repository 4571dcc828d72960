"""Kokoro 82M through onnxruntime: natural voices for English and Chinese, of which two cores make one in real time."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing
from itertools import chain, repeat
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from models.neural_voices.computing import Cancellation, Clause, Places
from models.neural_voices.english import English, readable
from models.neural_voices.kokoro.alphabet import TOKENS
from models.neural_voices.kokoro.networks import FRAME, RATE, Features, Floats, KokoroNetworks
from models.neural_voices.kokoro.pace import Pace
from models.neural_voices.kokoro.reading import HAN_LETTER, KokoroReading
from models.neural_voices.kokoro.statistics import VoiceStatistics
from models.neural_voices.kokoro.voices import NAME, KokoroVoices
from models.neural_voices.network import cores, weights_folder
from models.neural_voices.reading import Reading
from models.support.clauses import ClausePart, chunks, clamp, louder, parts, prosody, resampled, time_words
from models.support.known_settings import check_known
from pipeline.audio.samples import Samples, samples_of
from pipeline.engines.protocols import EngineInfo, SpeechChunk, SynthesisRequest, WordTime
from pipeline.errors import EngineUnavailable, SettingError

EXAMPLE = "kokoro-82m"
FULL_SCALE = 32_767
SPEEDS, SEMITONES = (0.5, 2.0), (-6.0, 6.0)
ONSET, PAUSE = samples_of(40, RATE), samples_of(120, RATE)
"""How much silence is kept before the first phoneme and behind the last sound."""
SHORT = samples_of(800, RATE)
"""What is not longer is made at once: that takes hardly longer than a window, and its statistics are like no other's."""
WINDOWS = (16, 24, 36, 48)
"""Frames of 25 ms: the first ones, and all later ones; each is made while the one before is heard."""
WARM_UP = "həlˈoʊ ɔːl ʌv juː."
FADE = samples_of(5, RATE)
STREAMING = ("auto", "on", "off")


def create(settings: Mapping[str, Any]) -> Kokoro:
    """settings: `weights`, the folder; `threads` for one run, 2 if not told otherwise where there are two cores.

    `streaming`: whether a clause is made in windows, so that it is heard sooner: "on", "off", or "auto" where the machine
    keeps up. Raises `EngineUnavailable` naming what is missing.
    """
    check_known(NAME, settings, "weights", "threads", "streaming")
    streaming = str(settings.get("streaming") or "auto")
    if streaming not in STREAMING:
        raise SettingError(f"{NAME}: streaming is one of {', '.join(STREAMING)}, not {streaming!r}.")
    threads = int(settings.get("threads") or min(2, cores()))
    if threads < 1:
        raise SettingError(f"{NAME}: threads begin at 1.")
    return Kokoro(weights_folder(str(settings.get("weights", "")), NAME, EXAMPLE), threads, streaming)


class Kokoro:
    """One folder of weights, shared by all sessions."""

    def __init__(self, folder: Path, threads: int, streaming: str) -> None:
        networks = sorted(folder.glob("*.onnx"))
        if not networks:
            raise EngineUnavailable(f"There is no .onnx file in the folder {folder.name}.", engine=NAME)
        self._voices = KokoroVoices(folder)
        places = Places(max(1, cores() // threads), NAME)
        self._streaming, self._pace = streaming, Pace(NAME)
        self._networks = KokoroNetworks(networks[0], threads=threads, windows=streaming != "off", places=places)
        self._statistics = {voice.label: VoiceStatistics() for voice in self._voices.listed}
        self._english = English(NAME)
        self._reading = KokoroReading(self._english)
        self._warm_up()
        voices = self._voices.listed
        languages = tuple(dict.fromkeys(voice.language for voice in voices))
        given = {"styles": True, "times_words": True, "wants_words": True, "pitches": True}
        self.info = EngineInfo(NAME, "synthesizer", languages, RATE, voices, **given)

    def speak(self, request: SynthesisRequest) -> Iterator[SpeechChunk]:
        return Clause(lambda cancellation: self._spoken(request, cancellation))

    def close(self) -> None:
        self._english.close()

    def _warm_up(self) -> None:
        """The first run of a network takes three times as long as any later one."""
        tokens, cancellation = [TOKENS[letter] for letter in WARM_UP], Cancellation()
        style = self._voices.styles(self._voices.listed[0].label)[len(tokens) - 1]
        features = self._networks.features(tokens, style, 1.0, cancellation)
        _, statistics = self._networks.whole(features, cancellation)
        if self._streaming != "off":
            self._networks.window(features, 0, WINDOWS[0], statistics, cancellation)

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
                words = _timed(part, reading, features, shift, at)
                gain = np.float32(FULL_SCALE * wanted.volume * self._voices.gain(voice))
                with closing(self._sound(features, voice, cancellation)) as made:
                    pieces: Iterator[Samples] = (louder(sound, gain) for sound in made)
                    for pcm in pieces if shift == 1.0 else resampled(pieces, round(RATE * shift), RATE):
                        yield from chunks(pcm, RATE, at, words)
                        at += len(pcm)

    def _sound(self, features: Features, voice: str, cancellation: Cancellation) -> Generator[Floats, None, None]:
        """What is heard of the text, in windows where that is possible."""
        begin, end = _kept(features)
        statistics = None
        if self._streaming == "on" or (self._streaming == "auto" and self._pace.keeps_up):
            statistics = self._statistics[voice].at(features.quiet) if end - begin > SHORT else None
        if statistics is not None:
            yield from self._in_windows(features, begin, end, statistics, cancellation)
            return
        began = perf_counter()
        sound, learnt = self._networks.whole(features, cancellation)
        self._pace.add(perf_counter() - began, (end - begin) / RATE)
        self._statistics[voice].learn(features.quiet, features.frames, learnt)
        yield sound[begin:end]

    def _in_windows(
        self, features: Features, begin: int, end: int, statistics: Floats, cancellation: Cancellation
    ) -> Iterator[Floats]:
        """The samples from `begin` to `end`; what two windows both made of a joint is faded from one to the other."""
        following: Floats | None = None
        work_s, rising = 0.0, np.linspace(0, 1, FADE, dtype=np.float32)
        for first, last in _windows(begin // FRAME, -(-end // FRAME)):
            began = perf_counter()
            made = self._networks.window(features, first, last, statistics, cancellation)
            work_s += perf_counter() - began
            size = (last - first) * FRAME
            sound = made[:size].copy()
            if following is not None:
                sound[:FADE] = following * (1 - rising) + sound[:FADE] * rising
            following = made[size : size + FADE]
            yield sound[max(0, begin - first * FRAME) : end - first * FRAME]
        self._pace.add(work_s, (end - begin) / RATE)


def _kept(features: Features) -> tuple[int, int]:
    """The samples that are spoken, with a little of the 0.2 to 0.5 s of silence before and of the 0.4 to 1.1 s behind."""
    begin, end = features.audible()
    return max(0, begin - ONSET), min(features.frames * FRAME, end + PAUSE)


def _windows(begin: int, end: int) -> Iterator[tuple[int, int]]:
    """Frames from and to, soon and then with less effort; a rest that is hardly worth a run goes with the one before."""
    for size in chain(WINDOWS, repeat(WINDOWS[-1])):
        if begin >= end:
            return
        last = begin + size if end - begin - size >= WINDOWS[0] // 2 else end
        yield begin, last
        begin = last


def _timed(part: ClausePart, reading: Reading, features: Features, shift: float, at: int) -> deque[WordTime]:
    """The words by the frames of their phonemes, where the sound that is kept lies `at` in the clause."""
    ms = 1000 / RATE / shift
    begin, _ = _kept(features)
    starts = np.cumsum(features.durations) * FRAME - begin  # the silence before comes first
    sounding = zip(part.words, reading.begins, strict=True)
    marks = [(place, max(0.0, float(starts[first]) * ms)) for (place, _), first in sounding]
    return time_words(part, marks, (features.audible()[1] - begin) * ms, at * 1000 / RATE)
