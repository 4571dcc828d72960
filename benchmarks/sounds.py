"""What a microphone may hear while a character speaks: listeners' noises, other noises, and the character itself.

All of it is made here or by our own synthesiser, the same in every run; only people's speech comes from recordings.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from pipeline.audio.resample import Resampler
from pipeline.audio.samples import LINE_RATE, Samples, samples_of
from pipeline.engines.protocols import SynthesisRequest, Synthesizer, VoiceChoice, WordTime

Wave = NDArray[np.float64]

VOICE_DBFS = -26.0
"""A person at arm's length from their microphone."""

BACKCHANNELS = (
    ("uh-huh", "en"),
    ("yeah", "en"),
    ("yes", "en"),
    ("okay", "en"),
    ("right", "en"),
    ("oh", "en"),
    ("i see", "en"),
    ("嗯", "zh"),
    ("对", "zh"),
    ("哦", "zh"),
    ("好的", "zh"),
)
LISTENERS = ("female", "male")


@dataclass(frozen=True)
class Spoken:
    """Something our synthesiser said: its samples at 16 kHz and when its words sound in them."""

    text: str
    pcm: Samples
    words: list[WordTime]


def say(synthesizer: Synthesizer, text: str, voice: str, language: str = "en") -> Spoken:
    """`text` in one of our voices."""
    chunks = list(synthesizer.speak(SynthesisRequest(text, language, VoiceChoice(voice))))
    pcm = np.concatenate([chunk.pcm for chunk in chunks])
    words = [word for chunk in chunks for word in chunk.words]
    return Spoken(text, Resampler(synthesizer.info.rate, LINE_RATE)(pcm), words)


def first_voiced(pcm: Samples) -> int:
    """The first sample of speech that is voiced, as a breath or an "f" is not: periodic for 40 ms, and not far too soft."""
    hop, size, periods = samples_of(10), samples_of(30), range(LINE_RATE // 400, LINE_RATE // 70)
    frames = np.lib.stride_tricks.sliding_window_view(pcm.astype(np.float64), size + max(periods))[::hop]
    here = frames[:, :size]
    energy = np.einsum("ij,ij->i", here, here)
    alike = np.zeros(len(frames))
    for period in periods:
        later = frames[:, period : period + size]
        scale = np.sqrt(energy * np.einsum("ij,ij->i", later, later)) + 1.0
        alike = np.maximum(alike, np.einsum("ij,ij->i", here, later) / scale)
    voiced = (alike > 0.6) & (energy > 0.01 * np.percentile(energy, 95))
    begins = np.flatnonzero(np.convolve(voiced, np.ones(4), "valid") == 4)
    return int(begins[0]) * hop if len(begins) else 0


def at_level(sound: Wave | Samples, dbfs: float) -> Samples:
    """The sound with its loud parts' root mean square at `dbfs`."""
    wave = np.asarray(sound, np.float64)
    loud = wave[np.abs(wave) > 0.05 * np.abs(wave).max()]
    scaled = wave * (32768 * 10 ** (dbfs / 20) / np.sqrt((loud**2).mean()))
    return np.clip(np.round(scaled), -32767, 32767).astype(np.int16)


def backchannels(synthesizer: Synthesizer) -> Iterator[tuple[str, Samples]]:
    """Listeners' noises by name: said by our voices, and hummed."""
    for voice in LISTENERS:
        for text, language in BACKCHANNELS:
            yield f"{text} ({voice})", at_level(say(synthesizer, text, voice, language).pcm, VOICE_DBFS)
        pitch = 210.0 if voice == "female" else 115.0
        yield f"mm ({voice})", at_level(_hum(pitch, 0.32), VOICE_DBFS)
        yield f"mm-hm ({voice})", at_level(np.concatenate((_hum(pitch, 0.2), _hum(1.15 * pitch, 0.26))), VOICE_DBFS)
        yield f"soft mm ({voice})", at_level(_hum(pitch, 0.45), VOICE_DBFS - 12)


def noises() -> Iterator[tuple[str, Samples]]:
    """Sounds of a room by name."""
    yield "white", at_level(_noise(2.0), -32)
    yield "hum", at_level(sum(np.sin(2 * np.pi * 50 * n * _time(2.0)) / n for n in range(1, 6)), -26)
    yield "ring", at_level(np.sin(2 * np.pi * 440 * _time(1.5)) + np.sin(2 * np.pi * 480 * _time(1.5)), -22)
    yield "chord", at_level(_strings(2.0), -20)
    for turn in range(3):
        yield f"knock {turn}", at_level(_noise(0.2, 60, 800, turn) * np.exp(-30 * _time(0.2)), -14)
        yield f"clap {turn}", at_level(_noise(0.12, 800, 6_000, turn) * np.exp(-50 * _time(0.12)), -12)
        yield f"breath {turn}", at_level(_noise(0.6, 300, 3_500, turn) * np.hanning(samples_of(600)), -34)
        yield f"cough {turn}", at_level(_cough(turn), -16)
        yield f"chair {turn}", at_level(_chair(turn), -22)
        yield f"dishes {turn}", at_level(_dishes(turn), -20)
        yield f"keys {turn}", at_level(_keys(turn), -26)


@dataclass(frozen=True)
class Room:
    """How what is played comes back: by `gain_db` louder, `delay_ms` later, dulled, and again from a few walls."""

    gain_db: float
    delay_ms: float
    seed: int = 0

    def heard(self, played: Samples, since: int, until: int) -> Wave:
        """What the microphone gets at the samples `since` to `until` of the line on which `played` was played."""
        response, delay = _response(self.gain_db, self.seed), samples_of(self.delay_ms)
        first = since - delay - len(response) + 1
        part = played[max(0, first) : max(0, until - delay)].astype(np.float64)
        part = np.concatenate((np.zeros(until - delay - first - len(part)), part))
        return np.convolve(part, response, "valid")


@cache
def _response(gain_db: float, seed: int) -> Wave:
    """A small loudspeaker, without bass and with less treble, in a room with twelve walls."""
    rng, response = np.random.default_rng(seed), np.zeros(samples_of(220))
    walls = np.sort(rng.uniform(4, 200, 12))
    response[0] = 1.0
    for ms in walls:
        response[samples_of(ms)] += 0.4 * rng.choice((-1, 1)) * np.exp(-ms / 60)
    frequency = np.fft.rfftfreq(2 * len(response), 1 / LINE_RATE)
    bass, treble = 1 + (150 / np.maximum(frequency, 1)) ** 4, 1 + (frequency / 4_500) ** 4
    response = np.fft.irfft(np.fft.rfft(response, 2 * len(response)) / np.sqrt(bass * treble))[: len(response)]
    return np.asarray(response * 10 ** (gain_db / 20) / np.sqrt((response**2).sum()))


def _time(seconds: float) -> Wave:
    return np.arange(int(seconds * LINE_RATE)) / LINE_RATE


def _noise(seconds: float, low: float = 0, high: float = 8_000, seed: int = 0) -> Wave:
    count, rng = int(seconds * LINE_RATE), np.random.default_rng(seed)
    frequency = np.fft.rfftfreq(count, 1 / LINE_RATE)
    spectrum = rng.normal(size=len(frequency)) + 1j * rng.normal(size=len(frequency))
    spectrum[(frequency < low) | (frequency > high)] = 0
    return np.fft.irfft(spectrum, count)


def _hum(pitch: float, seconds: float) -> Wave:
    """A closed-mouth "mm": a falling pitch, and little but the nose's first resonance."""
    time = _time(seconds)
    phase = 2 * np.pi * np.cumsum(pitch * (1.06 - 0.12 * time / seconds)) / LINE_RATE
    harmonics = range(1, int(3_000 / pitch))
    resonance = [1 / (1 + ((n * pitch - 260) / 120) ** 2) + 0.02 for n in harmonics]
    return sum(gain * np.sin(n * phase) for n, gain in zip(harmonics, resonance, strict=True)) * np.hanning(len(time))


def _strings(seconds: float) -> Wave:
    time = _time(seconds)
    notes = sum(np.sin(2 * np.pi * pitch * n * time) / n for pitch in (220, 277, 330) for n in (1, 2, 3))
    return np.asarray(notes * np.exp(-1.5 * time))


def _cough(seed: int) -> Wave:
    time = _time(0.35)
    throat = sum(np.sin(2 * np.pi * (150 + 15 * seed) * n * time) / n for n in range(1, 12))
    return _noise(0.35, 200, 4_000, seed) * np.exp(-9 * time) * 60 + 0.6 * throat * np.exp(-14 * time)


def _chair(seed: int) -> Wave:
    time = _time(0.7)
    rattle = 0.5 + 0.5 * np.sin(2 * np.pi * (19 + 4 * seed) * time)
    return _noise(0.7, 100, 1_500, seed) * rattle * np.hanning(len(time))


def _dishes(seed: int) -> Wave:
    time, rng = _time(0.8), np.random.default_rng(seed)
    tones = zip(rng.uniform(1_800, 5_500, 4), rng.uniform(8, 16, 4), strict=True)
    return np.asarray(sum(np.sin(2 * np.pi * pitch * time) * np.exp(-decay * time) for pitch, decay in tones))


def _keys(seed: int) -> Wave:
    rng, sound = np.random.default_rng(seed), np.zeros(2 * LINE_RATE)
    for start in np.cumsum(rng.uniform(0.08, 0.25, 10)):
        at = int(start * LINE_RATE)
        stroke = _noise(0.03, 1_500, 7_000, int(at))[: max(0, len(sound) - at)]
        sound[at : at + len(stroke)] += stroke * np.exp(-np.arange(len(stroke)) / 80)
    return sound
