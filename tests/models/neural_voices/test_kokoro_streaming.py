"""Kokoro in windows: what is learnt for them, what is heard at their joints, and when they are made at all."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
pytest.importorskip("onnx", reason="onnx, which builds tiny networks, is not installed (requirements-dev.txt)")
pytest.importorskip("pypinyin", reason="pypinyin is not installed")

from models.neural_voices.kokoro.engine import Kokoro, _windows, create
from models.neural_voices.kokoro.networks import FRAME, RATE
from models.neural_voices.kokoro.pace import Pace
from models.neural_voices.kokoro.statistics import VoiceStatistics
from pipeline.engines.protocols import SynthesisRequest, VoiceChoice
from pipeline.errors import SettingError
from tests.models.sound import misplaced_words, speak
from tests.models.tiny_voices import build_kokoro

REAL = Path(__file__).resolve().parents[3] / "models" / "weights" / "kokoro-82m"
SENTENCE = "I think we could walk along the river before it starts raining."
LESSONS = ("Nobody in the village had ever seen a machine like that.", "Good morning, my friend.")


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_kokoro(tmp_path_factory.mktemp("kokoro"))


@pytest.fixture
def engine(weights: Path) -> Iterator[Callable[..., Kokoro]]:
    made: list[Kokoro] = []

    def make(folder: Path = weights, **settings: Any) -> Kokoro:
        made.append(create({"weights": str(folder), **settings}))
        return made[-1]

    yield make
    for each in made:
        each.close()


def test_a_clause_in_windows_is_what_it_is_whole(engine: Callable[..., Kokoro]) -> None:
    kokoro = engine(streaming="on")
    whole, windows = speak(kokoro, SENTENCE), speak(kokoro, SENTENCE)

    assert np.abs(whole.pcm.astype(int) - windows.pcm).max() <= 1
    assert (windows.words, misplaced_words(windows)) == (whole.words, [])


def test_the_first_sound_of_a_long_clause_takes_a_part_of_its_time(
    engine: Callable[..., Kokoro], tmp_path: Path
) -> None:
    kokoro = engine(build_kokoro(tmp_path / "slow", work=20), streaming="on")
    whole = speak(kokoro, SENTENCE)
    windows = speak(kokoro, SENTENCE)

    assert windows.first_s < whole.first_s
    assert len(windows.pcm) == len(whole.pcm)


def test_it_can_be_told_not_to(engine: Callable[..., Kokoro]) -> None:
    kokoro = engine(streaming="off")
    speak(kokoro, SENTENCE)
    clause = kokoro.speak(SynthesisRequest(SENTENCE))
    next(clause)

    assert kokoro._networks._window is None
    with pytest.raises(SettingError, match="streaming"):
        engine(streaming="perhaps")


@pytest.mark.parametrize(
    ("begin", "end", "sizes"),
    [(0, 20, [20]), (3, 28, [16, 9]), (0, 150, [16, 24, 36, 48, 26]), (0, 129, [16, 24, 36, 53]), (5, 5, [])],
)
def test_windows_begin_small_and_leave_no_crumbs(begin: int, end: int, sizes: list[int]) -> None:
    windows = list(_windows(begin, end))

    assert [last - first for first, last in windows] == sizes
    assert all(one[1] == other[0] for one, other in pairwise(windows))


# --- What is learnt --------------------------------------------------------------------------------------------------


def test_clauses_with_a_like_share_of_silence_count_most() -> None:
    voice = VoiceStatistics()
    voice.learn(0.2, 100, np.array([1.0, 10.0], np.float32))
    voice.learn(0.3, 100, np.array([3.0, 20.0], np.float32))

    between, near = voice.at(0.25), voice.at(0.3)
    assert between is not None
    assert near is not None
    assert between.tolist() == pytest.approx([2.0, 15.0])
    assert near.tolist() == pytest.approx([2.76, 18.8], abs=0.01)


def test_what_is_given_lies_between_what_was_seen() -> None:
    voice = VoiceStatistics()
    for quiet in (0.2, 0.3, 0.4):
        voice.learn(quiet, 1_000, np.array([10 * quiet], np.float32))

    beyond = [voice.at(quiet) for quiet in (0.1, 0.15, 0.45, 0.5)]
    assert all(row is not None and 1.99 < row[0] < 4.01 for row in beyond)


@pytest.mark.parametrize(("frames", "quiet"), [(59, 0.3), (150, 0.38), (150, 0.22)])
def test_too_little_speech_and_other_silence_is_not_known(frames: int, quiet: float) -> None:
    voice = VoiceStatistics()
    voice.learn(0.3, frames, np.zeros(2, np.float32))

    assert voice.at(quiet) is None


def test_a_voice_that_was_never_heard_is_not_known() -> None:
    assert VoiceStatistics().at(0.3) is None


def test_learning_ends() -> None:
    voice = VoiceStatistics()
    voice.learn(0.3, 2_000, np.ones(2, np.float32))
    voice.learn(0.3, 2_000, np.zeros(2, np.float32))

    row = voice.at(0.3)
    assert row is not None
    assert row.tolist() == [1.0, 1.0]


# --- When --------------------------------------------------------------------------------------------------------------


def test_a_machine_that_falls_behind_makes_clauses_whole_until_it_keeps_up_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    pace = Pace("kokoro")
    kept_up = [pace.keeps_up]
    with caplog.at_level(logging.INFO):
        for work_s in (2.0, 2.0, 2.0, 0.5, 0.5, 0.5):
            pace.add(work_s, 2.0)
            kept_up.append(pace.keeps_up)

    assert kept_up == [True, False, False, False, False, False, True]
    assert [record.message.rpartition(" ")[2] for record in caplog.records] == ["gaps.", "windows."]


def test_a_word_alone_says_nothing_of_the_pace() -> None:
    pace = Pace("kokoro")
    pace.add(5.0, 0.5)

    assert pace.keeps_up


# --- The real weights --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def real() -> Iterator[Kokoro]:
    if not REAL.is_dir():
        pytest.skip("the weights kokoro-82m are not installed")
    engine = create({"weights": str(REAL), "streaming": "on"})
    yield engine
    engine.close()


def loudness_db(pcm: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """In steps of 50 ms."""
    size = RATE // 20
    return 10 * np.log10(np.square(pcm[: len(pcm) // size * size].reshape(-1, size).astype(float)).mean(axis=1) + 1)


def spectrum_db(pcm: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    frames = np.lib.stride_tricks.sliding_window_view(pcm.astype(float), 1024)[::256] * np.hanning(1024)
    return 10 * np.log10(np.square(np.abs(np.fft.rfft(frames))) + 1e4)


@pytest.mark.parametrize("voice", ["af_heart", "bm_fable"])
def test_the_joints_of_real_speech_are_not_heard(real: Kokoro, voice: str) -> None:
    for lesson in LESSONS:
        speak(real, lesson, voice)
    request = SynthesisRequest(SENTENCE, voice=VoiceChoice(voice))
    windows = np.concatenate([chunk.pcm for chunk in real.speak(request)]).astype(int)
    real._streaming = "off"
    whole = np.concatenate([chunk.pcm for chunk in real.speak(request)]).astype(int)
    real._streaming = "on"
    joints = [last * FRAME for _, last in _windows(0, len(windows) // FRAME)][:-1]
    steps = np.abs(np.diff(windows))
    loud = loudness_db(whole) > loudness_db(whole).max() - 30
    distance = np.sqrt(np.square(spectrum_db(windows) - spectrum_db(whole)).mean(axis=1))

    assert len(windows) == len(whole)
    assert max(steps[joint - 600 : joint + 600].max() for joint in joints) < steps.max()
    assert np.abs(loudness_db(windows) - loudness_db(whole))[loud].mean() < 2.0
    assert distance.mean() < 8.0
