"""The engine: its settings, its languages, what it refuses; and real speech, where the weights of Whisper base are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.whisper.recognizer import WhisperRecognizer, create
from pipeline.audio.samples import LINE_RATE, Samples
from pipeline.engines.protocols import Recognition
from pipeline.errors import EngineUnavailable, SettingError
from tests.models.conformance import WHISPER_BASE
from tests.models.recordings import recording
from tests.speech import sentence

AMPLE_S = 60.0

for package in ("ctranslate2", "tokenizers", "opencc"):
    pytest.importorskip(package, reason=f"{package} is not installed")

tiny_whisper = pytest.importorskip("tests.models.tiny_whisper")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    built: Path = tiny_whisper.build(tmp_path_factory.mktemp("tiny") / "whisper")
    return built


@pytest.fixture(scope="module")
def tiny(folder: Path) -> Iterator[WhisperRecognizer]:
    with closing(create({"weights": str(folder), "device": "cpu"})) as engine:
        yield engine


@pytest.fixture(scope="module")
def base() -> Iterator[WhisperRecognizer]:
    try:
        engine = create({"weights": str(WHISPER_BASE), "device": "cpu"})
    except EngineUnavailable as error:
        pytest.skip(error.message)
    with closing(engine):
        yield engine


def finally_understood(engine: WhisperRecognizer, pcm: Samples) -> str:
    """The final text of English that comes all at once."""
    with closing(engine.open("en")) as stream:
        stream.accept(pcm)
        return stream.settle(AMPLE_S).text


def understood(engine: WhisperRecognizer, pcm: Samples, language: str = "en") -> tuple[list[str], Any]:
    """The partial texts, and what was settled on."""
    with closing(engine.open(language)) as stream:
        partials = [stream.accept(pcm[at : at + 1600]) for at in range(0, len(pcm), 1600)]
        return list(dict.fromkeys(partials)), stream.settle(AMPLE_S)


@pytest.mark.parametrize(
    ("settings", "named"),
    [({"device": "tpu"}, "tpu"), ({"slots": -1}, "slots"), ({"beam": 5}, "beam")],
)
def test_a_setting_that_is_wrong_is_named(folder: Path, settings: dict[str, Any], named: str) -> None:
    with pytest.raises(SettingError, match=named):
        create({"weights": str(folder), **settings})


def test_without_weights_it_says_how_to_get_them(tmp_path: Path) -> None:
    for weights in ("", str(tmp_path / "whisper-base")):
        with pytest.raises(EngineUnavailable, match="models pull whisper-base"):
            create({"weights": weights})


def test_a_folder_that_is_not_whole_is_refused_by_the_missing_file(folder: Path, tmp_path: Path) -> None:
    for file in folder.iterdir():
        if file.name != "tokenizer.json":
            (tmp_path / file.name).write_bytes(file.read_bytes())

    with pytest.raises(EngineUnavailable, match=r"tokenizer\.json"):
        create({"weights": str(tmp_path)})


def test_weights_that_are_damaged_are_refused(folder: Path, tmp_path: Path) -> None:
    for file in folder.iterdir():
        content = file.read_bytes()
        (tmp_path / file.name).write_bytes(content[: len(content) // 2] if file.name == "model.bin" else content)

    with pytest.raises(EngineUnavailable, match="cannot be used"):
        create({"weights": str(tmp_path), "device": "cpu"})


def test_languages_are_those_of_the_vocabulary_by_their_bcp_47_tags(tiny: WhisperRecognizer) -> None:
    assert tiny.info.languages == ("en", "zh", "de", "jv")


def test_the_language_is_the_conversations_or_one_that_is_spoken_here(folder: Path) -> None:
    with closing(create({"weights": str(folder), "device": "cpu", "languages": ("de", "xx")})) as engine:
        told = [understood(engine, sentence(), language)[1].language for language in ("", "zh", "zh-CN", "jv")]

    assert told == ["de", "zh", "zh", "jv"]


def test_a_long_recording_is_understood_to_its_end(tiny: WhisperRecognizer) -> None:
    once, long = (finally_understood(tiny, np.tile(sentence(), times)) for times in (1, 9))

    assert len(long) > 7 * len(once)


@pytest.mark.speech
@pytest.mark.parametrize(
    ("file", "language", "words"),
    [
        ("en_goforward.wav", "en", "Go forward 10 meters."),
        ("en_goforward.wav", "", "Go forward 10 meters."),
        ("en_sb_spk1_snt3.wav", "en", "At that high level, the air is pure."),
        ("zh_aishell_0121.wav", "zh", "广州市"),
        ("zh_aishell_0121.wav", "", "广州市"),
    ],
)
def test_real_speech_is_understood(base: WhisperRecognizer, file: str, language: str, words: str) -> None:
    partials, final = understood(base, recording(file).pcm, language)

    assert words in final.text
    assert final.language == file[:2]
    assert len(partials) > 1


@pytest.mark.speech
def test_noise_and_silence_are_no_words(base: WhisperRecognizer) -> None:
    random = np.random.default_rng(5)
    sounds = [
        np.zeros(3 * LINE_RATE, np.int16),
        random.normal(0, 300, 3 * LINE_RATE).astype(np.int16),
        (3000 * np.sin(2 * np.pi * 50 * np.arange(3 * LINE_RATE) / LINE_RATE)).astype(np.int16),
    ]

    assert [understood(base, pcm)[1].text for pcm in sounds] == ["", "", ""]


@pytest.mark.speech
def test_a_minute_of_speech_has_every_sentence_once(base: WhisperRecognizer) -> None:
    sentences = ("en_sb_spk1_snt1.wav", "en_sb_spk1_snt3.wav", "en_sb_spk1_snt4.wav", "en_sb_spk1_snt5.wav")
    spoken = np.concatenate([recording(file).pcm for file in sentences * 4])

    text = finally_understood(base, spoken).lower()

    assert [text.count(words) for words in ("small dog", "high level", "down the middle", "part of the week")] == [
        4
    ] * 4


def recorded(engine: WhisperRecognizer, pcm: Samples, language: str) -> Recognition:
    """What is understood of a recording."""
    with closing(engine.open_recording(language)) as stream:
        assert {stream.accept(pcm[at : at + 8000]) for at in range(0, len(pcm), 8000)} == {""}
        return stream.settle(AMPLE_S)


def test_words_of_a_recording_have_times_and_nobody_reads_along(tiny: WhisperRecognizer) -> None:
    heard = recorded(tiny, sentence(), "en")

    assert " ".join(word.text for word in heard.words) == heard.text
    assert heard.words[-1].end_ms <= len(sentence()) * 1000 / LINE_RATE
    assert all(word.start_ms <= word.end_ms for word in heard.words)


def test_words_of_live_speech_have_times_where_they_are_wanted(tiny: WhisperRecognizer) -> None:
    pcm = sentence()
    with closing(tiny.open_timed("en")) as stream:
        partials = [stream.accept(pcm[at : at + 8000]) for at in range(0, len(pcm), 8000)]
        heard = stream.settle(AMPLE_S)
    with closing(tiny.open("en")) as usual:
        usual.accept(pcm)
        untimed = usual.settle(AMPLE_S)

    assert partials[-1]
    assert " ".join(word.text for word in heard.words) == heard.text == untimed.text
    assert untimed.words == ()


@pytest.mark.speech
@pytest.mark.parametrize(("file", "language"), [("en_pauses_4turns.wav", "en"), ("zh_aishell_0121.wav", "zh")])
def test_words_of_real_speech_sound_within_it(base: WhisperRecognizer, file: str, language: str) -> None:
    spoken = recording(file)
    heard = recorded(base, spoken.pcm, language)
    starts = [word.start_ms / 1000 for word in heard.words]

    assert "".join(word.text for word in heard.words).replace(" ", "") == heard.text.replace(" ", "")
    assert starts == sorted(starts)


@pytest.mark.speech
def test_words_are_where_their_utterance_is(base: WhisperRecognizer) -> None:
    spoken = recording("en_pauses_4turns.wav")
    firsts = ("He", "What", "Go", "He")
    words = [word for word in recorded(base, spoken.pcm, "en").words if word.text in firsts]

    begun = [start for start, _end in spoken.about["speech_segments_s"]]
    assert [word.text for word in words] == list(firsts)
    assert [word.start_ms / 1000 for word in words] == pytest.approx(begun, abs=0.5)
