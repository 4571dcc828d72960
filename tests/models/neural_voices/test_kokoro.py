"""Kokoro through onnxruntime: with tiny networks everywhere, and with the real weights where they are installed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
pytest.importorskip("onnx", reason="onnx, which builds tiny networks, is not installed (requirements-dev.txt)")
pytest.importorskip("pypinyin", reason="pypinyin is not installed")

from models.neural_voices.kokoro.alphabet import TOKENS, spelled
from models.neural_voices.kokoro.engine import Kokoro, create
from models.neural_voices.kokoro.voices import WISHES
from models.support.clauses import PREFERENCES
from pipeline.errors import EngineError, EngineUnavailable
from server.characters.reading import load_characters
from tests.models.sound import misplaced_words, speak
from tests.models.tiny_voices import build_kokoro

ROOT = Path(__file__).resolve().parents[3]
REAL = ROOT / "models" / "weights" / "kokoro-82m"
SENTENCES = {
    "en": "I think we could walk along the river before it starts raining.",
    "zh": "我们今天去河边散步，好不好？",
}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Kokoro]]:
    made: list[Kokoro] = []

    def make(**how: Any) -> Kokoro:
        made.append(
            create({"weights": str(build_kokoro(tmp_path_factory.mktemp("kokoro"), **how)), "streaming": "off"})
        )
        return made[-1]

    yield make
    for engine in made:
        engine.close()


@pytest.fixture(scope="module")
def kokoro(tiny: Callable[..., Kokoro]) -> Kokoro:
    return tiny()


# --- Who speaks ------------------------------------------------------------------------------------------------------


def test_the_voices_of_the_folder_are_listed_with_language_and_gender(tiny: Callable[..., Kokoro]) -> None:
    info = tiny(voices=("af_heart", "bm_fable", "ef_dora", "zm_yunxi")).info

    assert info.languages == ("en", "zh")
    assert [(voice.id, voice.language, voice.gender) for voice in info.voices] == [
        ("kokoro/af_heart", "en", "female"),
        ("kokoro/bm_fable", "en", "male"),
        ("kokoro/zm_yunxi", "zh", "male"),
    ]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_character_has_a_voice_of_its_own(language: str) -> None:
    wishes = [character.voice[language] for character in load_characters(ROOT / "personas").values()]
    voices = {WISHES[language][wish] for wish in wishes}

    assert (len(wishes), len(voices)) == (7, 7)
    assert {WISHES[language][wish][1] for wish in wishes if PREFERENCES[wish] == "male"} == {"m"}
    assert {WISHES[language][wish][1] for wish in wishes if PREFERENCES[wish] == "female"} == {"f"}


@pytest.mark.parametrize(
    ("asked", "language", "meant"),
    [
        ("", "en", "kokoro/af_heart"),
        ("", "zh", "kokoro/zf_xiaoxiao"),
        ("female-2", "en", "kokoro/bf_emma"),
        ("female-3", "en", "kokoro/af_heart"),  # this folder has two women
        ("male-low", "zh", "kokoro/zm_yunxi"),
        ("cedar", "en", "kokoro/am_michael"),
        ("am_michael", "zh", "kokoro/am_michael"),
    ],
)
def test_a_name_of_any_engine_finds_a_voice(kokoro: Kokoro, asked: str, language: str, meant: str) -> None:
    one, other = (speak(kokoro, SENTENCES[language], name, language) for name in (asked, meant))

    assert np.array_equal(one.pcm, other.pcm)


def test_a_british_voice_reads_as_the_british_do(kokoro: Kokoro) -> None:
    assert speak(kokoro, "car, car, car", "bf_emma").seconds < speak(kokoro, "car, car, car", "af_heart").seconds


# --- What is said ----------------------------------------------------------------------------------------------------


def test_words_sound_where_their_phonemes_do(kokoro: Kokoro) -> None:
    spoken = speak(kokoro, "One two three, four.")

    assert (spoken.text, misplaced_words(spoken)) == (["One", "two", "three", "four"], [])
    assert [word.start_ms for word in spoken.words[1:]] == [540, 1040, 1740]  # wˈʌn tˈuː θɹˈiː, each letter 100 ms
    assert spoken.seconds == pytest.approx(0.04 + 0.1 * len("wˈʌn tˈuː θɹˈiː, fˈɔːɹ.") + 0.1, abs=0.03)


def test_chinese_with_english_in_it_has_a_time_for_every_character_and_word(kokoro: Kokoro) -> None:
    spoken = speak(kokoro, "我用Python写代码，OK吗？", language="zh")

    assert (spoken.text, misplaced_words(spoken)) == (["我", "用", "Python", "写", "代", "码", "OK", "吗"], [])


def test_every_sound_of_both_languages_can_be_written(kokoro: Kokoro) -> None:
    assert spelled("ɡˈʊd mˈɔːrnɪŋ t̪") == "ɡˈʊd mˈɔːɹnɪŋ t"
    assert set("ꭧʰʨʦɕʂɻɤɥɨŋ→↗↓↘") <= set(TOKENS)


def test_speed_and_pitch_are_followed(kokoro: Kokoro) -> None:
    text = SENTENCES["en"]
    plain, quick, high = speak(kokoro, text), speak(kokoro, text, speed=2.0), speak(kokoro, text, pitch=4.0)

    assert quick.seconds == pytest.approx(plain.seconds / 2, rel=0.05)
    assert 12 * np.log2(high.pitch / plain.pitch) == pytest.approx(4.0, abs=0.7)
    assert misplaced_words(high) == []


@pytest.mark.parametrize("text", ["", "…", "👍🏽", "\0\1", "?!", "——", " "])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_cannot_be_said_makes_no_sound(kokoro: Kokoro, text: str, language: str) -> None:
    assert speak(kokoro, text, language=language).seconds == 0


@pytest.mark.parametrize("text", ["a" * 2000, "word " * 390, "我们" * 990, "二〇二四" * 200])
def test_more_than_the_network_can_read_at_once_is_read_in_parts(kokoro: Kokoro, text: str) -> None:
    spoken = speak(kokoro, text)

    assert spoken.seconds > 50
    assert misplaced_words(spoken) == []
    with pytest.raises(EngineError):
        speak(kokoro, "a" * 2001)


# --- What is missing -------------------------------------------------------------------------------------------------


def test_a_folder_without_voices_is_named(tmp_path: Path) -> None:
    with pytest.raises(EngineUnavailable, match="no voice"):
        create({"weights": str(build_kokoro(tmp_path / "kokoro", voices=()))})


# --- The real weights ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def real() -> Iterator[Kokoro]:
    if not REAL.is_dir():
        pytest.skip("the weights kokoro-82m are not installed")
    engine = create({"weights": str(REAL)})
    yield engine
    engine.close()


def test_all_wishes_are_voices_of_the_real_folder(real: Kokoro) -> None:
    assert {voice for wishes in WISHES.values() for voice in wishes.values()} <= {v.label for v in real.info.voices}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_real_voices_say_when_each_word_sounds(real: Kokoro, language: str) -> None:
    spoken = speak(real, SENTENCES[language], language=language)

    assert misplaced_words(spoken) == []
    assert 2.0 < spoken.seconds < 4.5
    assert spoken.onset_ms < 80
    assert 50 < spoken.seconds * 1000 - spoken.words[-1].end_ms < 200
