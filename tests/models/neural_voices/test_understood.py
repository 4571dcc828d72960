"""What Whisper understands of the real voices, where both are installed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
pytest.importorskip("ctranslate2", reason="ctranslate2 is not installed")

from benchmarks.scoring import spaced, word_errors
from benchmarks.sentences import SENTENCES
from pipeline.audio.resample import Resampler
from pipeline.audio.samples import LINE_RATE
from pipeline.engines import registry
from pipeline.engines.protocols import Recognizer, Synthesizer
from tests.models.sound import speak

WEIGHTS = Path(__file__).resolve().parents[3] / "models" / "weights"
SILENCE = np.zeros(LINE_RATE // 2, np.int16)
PATIENCE_S = 60.0


def made(role: Any, name: str, weights: str, **settings: Any) -> Any:
    if not (WEIGHTS / weights).is_dir():
        pytest.skip(f"the weights {weights} are not installed")
    return registry.create(role, name, {"weights": str(WEIGHTS / weights), **settings})


@pytest.fixture(scope="module")
def whisper() -> Iterator[Recognizer]:
    recognizer = made("recognizer", "whisper", "whisper-base")
    yield recognizer
    recognizer.close()


def error_rate(whisper: Recognizer, voice: Synthesizer, name: str, language: str) -> float:
    """Of twenty sentences, by words or Chinese characters."""
    wrong = total = 0
    for sentence in SENTENCES[language]:
        spoken = speak(voice, sentence, name, language)
        stream: Any = whisper.open(language)
        try:
            stream.accept(np.concatenate([SILENCE, Resampler(spoken.rate, LINE_RATE)(spoken.pcm), SILENCE]))
            heard = stream.settle(PATIENCE_S).text
        finally:
            stream.close()
        errors, words = word_errors(spaced(sentence), spaced(heard))
        wrong, total = wrong + errors, total + words
    return wrong / total


@pytest.mark.timeout(300)
def test_pipers_voice_is_understood(whisper: Recognizer) -> None:
    piper = made("synthesizer", "piper", "piper-joe")

    assert error_rate(whisper, piper, "", "en") <= 0.03
    piper.close()


@pytest.mark.heavy
@pytest.mark.timeout(900)
@pytest.mark.parametrize("streaming", ["on", "off"])
@pytest.mark.parametrize(("language", "most"), [("en", 0.03), ("zh", 0.12)])
def test_kokoros_voices_are_understood_whole_and_in_windows(
    whisper: Recognizer, language: str, most: float, streaming: str
) -> None:
    kokoro = made("synthesizer", "kokoro", "kokoro-82m", streaming=streaming)

    assert error_rate(whisper, kokoro, "", language) <= most
    kokoro.close()
