"""What the models that judge the sound of a pause make of voices that fall, rise, stay, or are none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.embedded import pitch, smart_turn
from models.embedded import turns as embedded_turns
from models.embedded.turns import together
from pipeline.audio.samples import LINE_RATE, Samples
from pipeline.errors import EngineUnavailable, SettingError
from tests.models.recordings import FOLDER
from tests.speech import read_wav

WEIGHTS = FOLDER.parent / "weights" / "smart-turn-v3.2" / smart_turn.WEIGHTS.name
SENTENCES = ("en_sb_spk1_snt4.wav", "en_sb_spk1_snt5.wav", "en_arctic_a0024.wav")


def voice(*hertz: float, seconds: float = 2.0) -> Samples:
    """A buzz whose pitch goes through these points, evenly in time."""
    at = np.linspace(0, 1, int(seconds * LINE_RATE))
    phase = np.cumsum(np.interp(at, np.linspace(0, 1, len(hertz)), hertz)) / LINE_RATE
    buzz = sum(np.sin(2 * np.pi * overtone * phase) / overtone for overtone in range(1, 12))
    return (6000 * buzz).astype(np.int16)


def in_noise(pcm: Samples, snr_db: float) -> Samples:
    noise = np.random.default_rng(0).standard_normal(len(pcm))
    level = np.sqrt(np.mean(pcm.astype(np.float64) ** 2)) / 10 ** (snr_db / 20)
    return np.clip(pcm + level * noise, -32768, 32767).astype(np.int16)


@pytest.mark.parametrize("low", [90, 180])
@pytest.mark.parametrize("snr_db", [60, 20])
def test_a_voice_that_falls_at_its_end_sounds_complete_and_one_that_rises_does_not(low: float, snr_db: float) -> None:
    judge = pitch.create({}).probability
    falling, rising = voice(1.3 * low, 1.5 * low, 1.3 * low, low), voice(1.3 * low, 1.1 * low, 1.3 * low, 1.5 * low)
    assert judge(in_noise(falling, snr_db)) > 0.95
    assert judge(in_noise(rising, snr_db)) < 0.05


@pytest.mark.parametrize(
    "sound",
    [
        np.zeros(2 * LINE_RATE, np.int16),
        np.random.default_rng(0).integers(-3000, 3000, 2 * LINE_RATE, np.int16),
        np.zeros(0, np.int16),
        voice(120, seconds=0.1),
    ],
    ids=["silence", "noise", "nothing", "a moment"],
)
def test_a_sound_without_a_pitch_is_no_evidence(sound: Samples) -> None:
    assert pitch.create({}).probability(sound) == 0.5


def test_an_octave_error_at_the_end_is_not_taken_for_a_fall() -> None:
    steady = voice(150, 152, 150)
    assert pitch.create({}).probability(np.concatenate((steady, voice(75, seconds=0.04)))) < 0.5


def test_witnesses_that_agree_are_surer_than_one_and_opposed_ones_leave_the_odds_to_the_prior() -> None:
    assert together([0.9]) == pytest.approx(0.9)
    assert together([0.9, 0.9]) > 0.9
    assert together([0.1, 0.1]) < 0.1
    assert together([0.9, 0.1]) == pytest.approx(1 / (1 + np.e))
    assert 0.0 < together([0.0, 0.0]) < together([1.0, 1.0]) < 1.0


def test_without_weights_the_pitch_judges_alone_and_says_what_is_missing(tmp_path: Path) -> None:
    model = embedded_turns.create({"weights": tmp_path / "none.onnx"})
    assert model.info.name == "pitch"
    assert "none.onnx" in model.info.note
    with pytest.raises(EngineUnavailable, match="weights are missing"):
        smart_turn.create({"weights": tmp_path / "none.onnx"})
    with pytest.raises(SettingError, match="no setting wait"):
        smart_turn.create({"wait": 1})


@pytest.mark.parametrize("content", [b"", b"no network at all" * 9])
def test_damaged_weights_are_told_from_missing_ones_and_leave_the_pitch(tmp_path: Path, content: bytes) -> None:
    pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    (tmp_path / smart_turn.FILE).write_bytes(content)

    with pytest.raises(EngineUnavailable, match=r"is damaged: python3 run\.py models verify smart-turn"):
        smart_turn.create({"weights": str(tmp_path)})
    assert embedded_turns.create({"weights": str(tmp_path)}).info.name == "pitch"


def test_features_are_eighty_mels_of_eight_seconds_whatever_is_given() -> None:
    for seconds in (0.0, 1.0, 12.0):
        features = smart_turn.log_mel(voice(150, seconds=seconds) if seconds else np.zeros(0, np.int16))
        assert features.shape == (80, 800)
        assert np.isfinite(features).all()


@pytest.mark.skipif(not WEIGHTS.is_file(), reason="Smart Turn's weights are not there")
def test_smart_turn_is_taken_in_from_the_folder_that_it_was_pulled_into() -> None:
    pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    assert embedded_turns.create({"weights": str(WEIGHTS.parent)}).info.name == "pitch and smart_turn"


@pytest.mark.skipif(not WEIGHTS.is_file(), reason="Smart Turn's weights are not there")
@pytest.mark.parametrize("name", SENTENCES)
def test_smart_turn_tells_a_whole_sentence_from_its_first_half(name: str) -> None:
    pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    model = smart_turn.create({"weights": WEIGHTS})
    pcm = read_wav(FOLDER / name)
    assert model.probability(pcm) > 0.5 > model.probability(pcm[: len(pcm) // 2])
