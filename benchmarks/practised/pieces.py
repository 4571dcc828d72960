"""Pieces of speech that a talk is put together from, without silence: recordings, cut at words, and what a voice says."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pocketsphinx import Decoder

from benchmarks.recordings import clips
from benchmarks.turn_traces import aligned
from models.embedded import voices
from models.support.clauses import resampled
from pipeline.audio.samples import LINE_RATE, Samples, samples_of
from pipeline.engines.protocols import SynthesisRequest, VoiceChoice

LEVEL = 3000.0
"""Root mean square of the loud frames of every piece."""
FRAME = LINE_RATE // 100
QUIET_DB, ABOVE_FLOOR_DB = 26, 6
"""A frame is sound where it is not so much softer than the loud ones, and louder than the quietest by so much."""
LONGEST_S = 16.0


@dataclass(frozen=True)
class Piece:
    """Speech at 16 kHz that begins and ends with a sound, and its words."""

    pcm: Samples
    words: tuple[str, ...]


class Pieces:
    """Makes pieces. `folder`: of recordings with an index. Raises `FileNotFoundError` where it is not there."""

    def __init__(self, folder: Path) -> None:
        found = [clip for language in ("en", "zh") for clip in clips(folder, LONGEST_S, language)]
        self._clips = {clip.name.removesuffix(".wav"): clip for clip in found}
        self._aligner = Decoder(lm=None, bestpath=False, loglevel="FATAL")
        self._voices = voices.create({})

    def recorded(self, name: str, language: str) -> list[Piece]:
        """Of "en_jfk" the whole recording, of "en_jfk:5" two: up to its fifth word, and from there on."""
        name, _, cut = name.partition(":")
        clip = self._clips[name]
        words = tuple(clip.text.split()) if language == "en" else tuple(clip.text)
        if not cut:
            return [Piece(_level(_trimmed(clip.pcm)), words)]
        ends = [end for _, end in aligned(self._aligner, clip.text, clip.pcm)]
        at = _quietest(clip.pcm, ends[int(cut) - 1])
        halves = ((clip.pcm[:at], words[: int(cut)]), (clip.pcm[at:], words[int(cut) :]))
        return [Piece(_level(_trimmed(pcm)), some) for pcm, some in halves]

    def words_of(self, name: str) -> list[str]:
        """Of a recording."""
        return self._clips[name].text.split()

    def spoken(self, text: str, language: str, voice: str) -> Piece:
        """What a voice makes of it. Chinese is given in words, and said without the spaces."""
        said = text if language == "en" else text.replace(" ", "")
        made = self._voices.speak(SynthesisRequest(said, language, VoiceChoice(voice)))
        heard = np.concatenate([*resampled((chunk.pcm for chunk in made), self._voices.info.rate, LINE_RATE)])
        words = re.findall(r"[a-zA-Z']+", text) if language == "en" else list(said)
        return Piece(_level(_trimmed(heard)), tuple(words))

    def close(self) -> None:
        self._voices.close()


def _loud(pcm: Samples) -> np.ndarray:
    frames = pcm[: len(pcm) // FRAME * FRAME].reshape(-1, FRAME).astype(np.float64)
    level = np.convolve(10 * np.log10((frames**2).mean(1) + 1), np.ones(3) / 3, "same")
    return np.flatnonzero(level > max(np.percentile(level, 95) - QUIET_DB, np.percentile(level, 5) + ABOVE_FLOOR_DB))


def _trimmed(pcm: Samples) -> Samples:
    loud = _loud(pcm)
    return pcm[loud[0] * FRAME : (loud[-1] + 1) * FRAME]


def _level(pcm: Samples) -> Samples:
    loud = np.abs(pcm.astype(np.float64))
    power = np.sqrt((loud[loud > np.percentile(loud, 50)] ** 2).mean()) or 1.0
    return np.clip(pcm * (LEVEL / power), -32_768, 32_767).astype(np.int16)


def _quietest(pcm: Samples, near: int) -> int:
    size = samples_of(20)
    starts = range(max(0, near - 3 * size), near + 3 * size, size // 4)
    return min(starts, key=lambda at: float(np.square(pcm[at : at + size], dtype=np.float64).sum())) + size // 2
