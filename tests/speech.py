"""Something to say to a server: a real recording where there is one, else our own synthesiser's voice."""

from __future__ import annotations

import wave
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from pipeline.audio.resample import Resampler
from pipeline.audio.samples import LINE_RATE, Samples
from pipeline.engines import registry
from pipeline.engines.protocols import SynthesisRequest, VoiceChoice
from tests.models.recordings import FOLDER

NEEDS_POCKETSPHINX = pytest.mark.skipif(find_spec("pocketsphinx") is None, reason="this Python has no PocketSphinx")
"""Of tests in which the embedded recogniser hears: there is no wheel of it for Python 3.12."""

SENTENCE = "en_arctic_a0024.wav"
TEXT = "It was my reports from the north which chiefly induced people to buy."


def silence(seconds: float, rate: int = LINE_RATE) -> Samples:
    """Digital silence."""
    return np.zeros(int(seconds * rate), np.int16)


@cache
def sentence(rate: int = LINE_RATE) -> Samples:
    """About four seconds of continuous speech at `rate` Hz."""
    return Resampler(LINE_RATE, rate)(
        read_wav(FOLDER / SENTENCE) if (FOLDER / SENTENCE).is_file() else synthesised(TEXT)
    )


def synthesised(text: str) -> Samples:
    """`text` in our own voice, at 16 kHz."""
    synthesizer = registry.create("synthesizer", "embedded")
    try:
        pcm = np.concatenate(
            [chunk.pcm for chunk in synthesizer.speak(SynthesisRequest(text, voice=VoiceChoice("male")))]
        )
    finally:
        synthesizer.close()
    return Resampler(synthesizer.info.rate, LINE_RATE)(pcm)


def read_wav(path: Path) -> Samples:
    """A mono 16-bit WAV file's samples."""
    with wave.open(str(path)) as source:
        return np.frombuffer(source.readframes(source.getnframes()), np.int16)


def write_wav(path: Path, pcm: Samples, rate: int = LINE_RATE) -> None:
    """A mono 16-bit WAV file."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(pcm.tobytes())
