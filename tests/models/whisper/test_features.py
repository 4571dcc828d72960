"""The spectra against librosa's filters, whose values are published, and against the definition of a Fourier transform."""

from __future__ import annotations

import numpy as np
import pytest

from models.whisper.features import log_mel, mel_filters
from pipeline.audio.samples import LINE_RATE

LIBROSA = {
    (0, 1): 0.02486259490251541,
    (1, 2): 0.022871771827340126,
    (9, 10): 0.006945197004824877,
    (39, 41): 0.011486922390758991,
    (69, 131): 0.00487553421407938,
    (79, 192): 0.0031647116411477327,
}
"""`librosa.filters.mel(sr=16000, n_fft=400, n_mels=80)` at some places."""

NOISE = np.random.default_rng(3).integers(-8000, 8000, LINE_RATE).astype(np.int16)


def test_the_filters_are_those_whisper_was_trained_with() -> None:
    filters = mel_filters(80)

    assert {place: filters[place] for place in LIBROSA} == pytest.approx(LIBROSA, abs=1e-7)


@pytest.mark.parametrize("mels", [80, 128])
def test_a_spectrum_is_the_fourier_transform_of_25_ms_around_its_time(mels: int) -> None:
    frame = 40
    samples = NOISE[frame * 160 - 200 : frame * 160 + 200] / 32768 * np.sin(np.pi * np.arange(400) / 400) ** 2
    frequencies = np.arange(201)[:, None]
    turned = np.exp(-2j * np.pi * frequencies * np.arange(400) / 400) @ samples
    expected = np.log10(mel_filters(mels).astype(np.float64) @ np.abs(turned) ** 2)

    assert log_mel(NOISE, mels)[:, frame] == pytest.approx((expected + 4) / 4, abs=1e-4)


def test_there_are_100_spectra_a_second_of_speech_and_of_the_silence_after_it() -> None:
    padded = log_mel(NOISE, 80, padding=3 * LINE_RATE)

    assert padded.shape == (80, 400)
    assert padded.dtype == np.float32
    assert padded[:, 150:].min() == padded[:, 150:].max() == padded.max() - 2  # 80 dB, by 4


def test_no_sound_at_all_has_spectra_too() -> None:
    assert np.ptp(log_mel(np.zeros(1600, np.int16), 80)) == 0
