"""Piper through onnxruntime: with tiny networks everywhere, and with the real voice where it is installed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
pytest.importorskip("onnx", reason="onnx, which builds tiny networks, is not installed (requirements-dev.txt)")

from models.neural_voices.piper import Piper, create
from pipeline.errors import EngineError
from tests.models.sound import misplaced_words, speak
from tests.models.tiny_voices import build_piper

REAL = Path(__file__).resolve().parents[3] / "models" / "weights" / "piper-joe"
SENTENCE = "I think we could walk along the river before it starts raining."


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Piper]]:
    made: list[Piper] = []

    def make(**how: Any) -> Piper:
        made.append(create({"weights": str(build_piper(tmp_path_factory.mktemp("piper"), **how))}))
        return made[-1]

    yield make
    for engine in made:
        engine.close()


@pytest.fixture(scope="module")
def piper(tiny: Callable[..., Piper]) -> Piper:
    return tiny(dataset="joe")


def test_what_the_json_says_is_what_it_declares(tiny: Callable[..., Piper]) -> None:
    info = tiny(speakers=3, language="de").info

    assert (info.rate, info.languages, info.times_words) == (22_050, ("de",), True)
    assert [voice.id for voice in info.voices] == ["piper/p0", "piper/p1", "piper/p2"]


def test_words_begin_where_their_phonemes_do(piper: Piper) -> None:
    spoken = speak(piper, "One two three, four. Five")
    starts = [word.start_ms for word in spoken.words[1:]]

    assert (spoken.text, misplaced_words(spoken)) == (["One", "two", "three", "four", "Five"], [])
    # wˈʌn tˈuː θɹˈiː, fˈɔːɹ. fˈaɪv, each phoneme and each pad four frames; the mark of the beginning and a pad before.
    assert starts == [int((2 + 2 * begin) * 4 * 256 * 1000 / 22_050) for begin in (5, 10, 17, 24)]


def test_without_durations_no_times_are_claimed(tiny: Callable[..., Piper]) -> None:
    untimed = tiny(timed=False)

    assert (untimed.info.times_words, speak(untimed, SENTENCE).words) == (False, [])


def test_speed_and_pitch_are_followed(piper: Piper) -> None:
    plain, quick, high = speak(piper, SENTENCE), speak(piper, SENTENCE, speed=2.0), speak(piper, SENTENCE, pitch=6.0)

    assert quick.seconds == pytest.approx(plain.seconds / 2, rel=0.05)
    assert high.seconds == pytest.approx(plain.seconds, rel=0.1)
    assert 12 * np.log2(high.pitch / plain.pitch) == pytest.approx(6.0, abs=0.7)
    assert misplaced_words(high) == []


def test_one_mans_voice_becomes_several_for_characters(piper: Piper) -> None:
    wishes = ("male-low", "male", "male-2", "neutral", "female-3", "female", "female-2")
    pitches = [speak(piper, SENTENCE, wish).pitch for wish in wishes]

    assert all(higher / lower > 2 ** (0.7 / 12) for lower, higher in pairwise(pitches))
    assert speak(piper, SENTENCE, "piper/joe").pitch == speak(piper, SENTENCE).pitch == pitches[1]


def test_each_speaker_of_several_is_heard(tiny: Callable[..., Piper]) -> None:
    several = tiny(speakers=3)

    assert len({speak(several, "river", voice.id).pitch for voice in several.info.voices}) == 3


@pytest.mark.parametrize("text", ["", "…", "👍🏽", "\0\1", "?!", "你好", " "])
def test_what_cannot_be_said_makes_no_sound(piper: Piper, text: str) -> None:
    assert speak(piper, text).seconds == 0


def test_two_thousand_letters_without_a_space_are_spoken(piper: Piper) -> None:
    assert speak(piper, "a" * 2000).seconds > 10
    with pytest.raises(EngineError):
        speak(piper, "a" * 2001)


def test_sessions_side_by_side_sound_as_each_does_alone(piper: Piper) -> None:
    texts = [f"{SENTENCE} {word}" for word in ("One", "Two and three", "Four")] * 4
    alone = [speak(piper, text).pcm for text in texts]
    with ThreadPoolExecutor(6) as sessions:
        together = list(sessions.map(lambda text: speak(piper, text).pcm, texts))

    assert all(np.array_equal(one, other) for one, other in zip(alone, together, strict=True))


@pytest.fixture(scope="module")
def joe() -> Iterator[Piper]:
    if not REAL.is_dir():
        pytest.skip("the weights piper-joe are not installed")
    engine = create({"weights": str(REAL)})
    yield engine
    engine.close()


def test_the_real_voice_says_when_each_word_sounds(joe: Piper) -> None:
    spoken = speak(joe, SENTENCE)

    assert (" ".join(spoken.text), misplaced_words(spoken)) == (SENTENCE.rstrip("."), [])
    assert 2.5 < spoken.seconds < 4.5
    assert 0 < spoken.seconds * 1000 - spoken.words[-1].end_ms < 400
    assert spoken.peak < 32_767
