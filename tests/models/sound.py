"""Numbers about speech, for tests of synthesisers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from pipeline.audio.samples import Samples
from pipeline.engines.protocols import SpeechChunk, SynthesisRequest, Synthesizer, VoiceChoice, WordTime

AUDIBLE = 300
LOWEST_HZ, HIGHEST_HZ = 60, 450
ALIKE_MS = 40


@dataclass(frozen=True)
class Spoken:
    """One clause, spoken to its end."""

    chunks: list[SpeechChunk]
    rate: int
    first_s: float

    @cached_property
    def pcm(self) -> Samples:
        return np.concatenate([chunk.pcm for chunk in self.chunks]) if self.chunks else np.zeros(0, np.int16)

    @property
    def seconds(self) -> float:
        return len(self.pcm) / self.rate

    @property
    def words(self) -> list[WordTime]:
        return [word for chunk in self.chunks for word in chunk.words]

    @property
    def text(self) -> list[str]:
        return [word.text for word in self.words]

    @property
    def peak(self) -> int:
        return int(np.abs(self.pcm.astype(np.int32)).max(initial=0))

    @property
    def onset_ms(self) -> float:
        """Where the first audible sample is."""
        return float(np.flatnonzero(np.abs(self.pcm.astype(np.int32)) > AUDIBLE)[0]) * 1000 / self.rate

    @cached_property
    def pitch(self) -> float:
        """Median fundamental frequency of the voiced parts in Hz, by autocorrelation."""
        return pitch_of(self.pcm, self.rate)


def speak(engine: Synthesizer, text: str, voice: str = "", language: str = "en", **how: float) -> Spoken:
    start, first, chunks = perf_counter(), 0.0, []
    for chunk in engine.speak(SynthesisRequest(text, language, VoiceChoice(voice, **how))):
        first = first or perf_counter() - start
        chunks.append(chunk)
    return Spoken(chunks, engine.info.rate, first)


def pitch_of(pcm: Samples, rate: int) -> float:
    coarse = max(1, rate // 8_000)
    wide = pcm[: len(pcm) // coarse * coarse].reshape(-1, coarse).mean(axis=1)
    rate //= coarse
    window, shortest, longest = rate * 80 // 1000, rate // HIGHEST_HZ, rate // LOWEST_HZ
    found = []
    for start in range(0, len(wide) - window, window // 4):
        frame = wide[start : start + window] - wide[start : start + window].mean()
        if frame.std() < 800:
            continue
        similar = np.correlate(frame, frame, "full")[window - 1 :] / (frame @ frame)
        lag = shortest + int(similar[shortest:longest].argmax())
        if similar[lag] > 0.5:
            found.append(rate / _peak(similar, lag))
    return float(np.median(found)) if found else 0.0


def _peak(curve: NDArray[np.float64], at: int) -> float:
    """Where the parabola through a maximum and its neighbours has its top."""
    left, middle, right = curve[at - 1 : at + 2]
    return at + 0.5 * (left - right) / (left - 2 * middle + right)


def alike(one: Spoken, other: Spoken) -> bool:
    """The same words at about the same times: engines put a little chance into theirs."""
    apart = [abs(a.start_ms - b.start_ms) for a, b in zip(one.words, other.words, strict=False)]
    return one.text == other.text and max(apart, default=0) <= ALIKE_MS


def misplaced_words(spoken: Spoken) -> list[WordTime]:
    """Words that do not begin in their chunk, end before they begin, or overlap the one before."""
    wrong, at, before = [], 0, 0
    for chunk in spoken.chunks:
        end = at + len(chunk.pcm)
        for word in chunk.words:
            begins_here = at * 1000 // spoken.rate <= word.start_ms <= end * 1000 // spoken.rate
            if not begins_here or not before <= word.start_ms < word.end_ms:
                wrong.append(word)
            before = word.end_ms
        at = end
    return wrong
