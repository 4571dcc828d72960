"""A voice at another pitch."""

from __future__ import annotations

import numpy as np
import pytest

from models.embedded.espeak import create
from models.embedded.pitch import pitch_track
from pipeline.audio.pitch_shift import PitchShift
from pipeline.audio.resample import Resampler
from pipeline.audio.samples import Samples
from pipeline.engines.protocols import SynthesisRequest, VoiceChoice

SENTENCES = {
    "en": "The quick brown fox jumps over the lazy dog, and then it rests for a while.",
    "zh": "今天天气很好，我们去公园散步吧。",
}


@pytest.fixture(scope="module", params=[(voice, language) for voice in ("male", "female") for language in SENTENCES])
def speech(request: pytest.FixtureRequest) -> tuple[Samples, int]:
    voice, language = request.param
    engine = create({})
    chunks = list(engine.speak(SynthesisRequest(SENTENCES[language], language, VoiceChoice(voice))))
    engine.close()
    return np.concatenate([chunk.pcm for chunk in chunks]), engine.info.rate


def shifted(pcm: Samples, rate: int, semitones: float, piece: int) -> Samples:
    shift = PitchShift(rate, semitones)
    pieces = [shift(pcm[at : at + piece]) for at in range(0, len(pcm), piece)]
    return np.concatenate([*pieces, shift.finish()])


def pitch_of(pcm: Samples, rate: int) -> float:
    """Semitones, in the middle of what is voiced."""
    loudness, semitones, voicing = pitch_track(Resampler(rate, 16_000)(pcm))
    return float(np.median(semitones[(voicing > 0.5) & (loudness > loudness.max() - 25)]))


@pytest.mark.parametrize("semitones", [-4.0, -2.0, 1.0, 3.0, 5.0])
def test_speech_gets_as_much_higher_or_lower_as_was_asked_and_stays_as_long(
    speech: tuple[Samples, int], semitones: float
) -> None:
    pcm, rate = speech

    other = shifted(pcm, rate, semitones, rate // 20)

    assert len(other) == len(pcm)
    assert abs(pitch_of(other, rate) - pitch_of(pcm, rate) - semitones) < 0.5
    assert 0.9 < np.linalg.norm(other.astype(float)) / np.linalg.norm(pcm.astype(float)) < 1.1


def test_what_is_heard_does_not_depend_on_how_the_sound_was_cut(speech: tuple[Samples, int]) -> None:
    pcm, rate = speech

    assert np.array_equal(shifted(pcm, rate, 3.0, 317), shifted(pcm, rate, 3.0, len(pcm)))


@pytest.mark.parametrize("length", [0, 1, 100, 5_000])
@pytest.mark.parametrize("rate", [8_000, 22_050, 48_000])
def test_a_sound_of_any_length_stays_as_long(length: int, rate: int) -> None:
    assert len(shifted(np.full(length, 1_000, np.int16), rate, -12.0, 500)) == length


def test_sounds_keep_their_time() -> None:
    rate = 24_000
    pcm = np.zeros(rate, np.int16)
    pcm[rate // 2 : rate // 2 + 2_400] = (8_000 * np.sin(np.arange(2_400) * 2 * np.pi * 200 / rate)).astype(np.int16)

    loud = np.flatnonzero(np.abs(shifted(pcm, rate, 4.0, 1_000)) > 800)

    assert abs(loud[0] - rate // 2) < 0.02 * rate
    assert abs(loud[-1] - (rate // 2 + 2_400)) < 0.02 * rate
