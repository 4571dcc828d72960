import pytest

from models.neural_voices.reading import aligned


@pytest.mark.parametrize(
    ("sounds", "alone", "words"),
    [
        ("həlˈoʊ wˈɜːld", ["həlˈoʊ", "wˈɜːld"], ["həlˈoʊ ", "wˈɜːld"]),
        ("wˈʌn ʌvðə bˈɛst", ["wˌʌn", "ʌv", "ðə", "bˈɛst"], ["wˈʌn ", "ʌv", "ðə ", "bˈɛst"]),
        ("ɐ hˈæf", ["ˈeɪ", "hˈæf"], ["ɐ ", "hˈæf"]),
        ("nˈoʊ nˈoʊ nˈoʊ", ["nˈoʊ"] * 3, ["nˈoʊ ", "nˈoʊ ", "nˈoʊ"]),
        ("", ["a"], [""]),
    ],
)
def test_every_word_is_found_in_the_sounds_of_the_whole(sounds: str, alone: list[str], words: list[str]) -> None:
    begins = aligned(sounds, alone).begins
    cut = [sounds[begin:end] for begin, end in zip(begins, [*begins[1:], len(sounds)], strict=True)]

    assert cut == words
