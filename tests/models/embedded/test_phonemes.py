from collections.abc import Iterator

import pytest

from models.embedded.phonemes import Phonemes
from pipeline.errors import EngineUnavailable


@pytest.fixture(scope="module")
def phonemes() -> Iterator[Phonemes]:
    made = Phonemes("tests")
    yield made
    made.close()


@pytest.mark.parametrize(
    ("text", "accent", "sounds"),
    [
        ("Hello, world.", "en-us", "həlˈoʊ, wˈɜːld."),
        ("It is 3.5!", "en-us", "ɪɾ ɪz θɹˈiː pɔɪnt fˈaɪv!"),
        ("bath", "en-gb", "bˈaθ"),
        ("Bonjour", "fr", "bɔ\u0303ʒˈuʁ"),
        ("", "en-us", ""),
        ("...", "en-us", "."),
    ],
)
def test_text_becomes_phonemes_and_keeps_its_punctuation(
    phonemes: Phonemes, text: str, accent: str, sounds: str
) -> None:
    assert phonemes.of(text, accent) == sounds


def test_words_of_another_language_are_not_announced(phonemes: Phonemes) -> None:
    assert "(" not in phonemes.of("Bon weekend, my dear", "fr")


def test_chinese_full_stops_pause_like_others(phonemes: Phonemes) -> None:
    assert [mark for mark in phonemes.of("你好，世界。", "cmn") if not mark.isalnum()][-1] == "."
    assert ", " in phonemes.of("你好，世界。", "cmn")


def test_an_unknown_accent_is_refused(phonemes: Phonemes) -> None:
    with pytest.raises(EngineUnavailable, match="xx-yy"):
        phonemes.of("Hello", "xx-yy")
