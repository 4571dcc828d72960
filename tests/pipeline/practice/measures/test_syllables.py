"""Syllables by rules and exceptions, figures and Chinese too."""

from __future__ import annotations

import pytest

from pipeline.practice.measures.syllables import syllables


@pytest.mark.parametrize(
    ("word", "count"),
    [
        *((word, 1) for word in "I the make makes worked boxed through strength don't played yes".split()),
        *((word, 2) for word in "table wanted something boxes closely didn't people going lion quiet every evening".split()),
        *((word, 3) for word in "beautiful banana vegetable idea computer everything museum companies".split()),
        *((word, 4) for word in "information experience necessary".split()),
        *((word, 5) for word in "university possibility".split()),
        ("well-known", 2), ("O’Clock", 2), ("GDP", 3), ("USA", 3), ("10", 1), ("70", 3), ("25", 3), ("105", 4), ("1995", 5),
        ("2000", 3), ("007", 6), ("café", 2), ("…", 0), ("", 0),
    ],
)  # fmt: skip
def test_english_syllables(word: str, count: int) -> None:
    assert syllables(word, "en") == count


@pytest.mark.parametrize(
    ("word", "count"), [("你", 1), ("Python", 2), ("5", 1), ("10", 1), ("25", 3), ("105", 4), ("110", 4), ("2024", 4)]
)
def test_chinese_syllables_are_characters_and_figures_as_they_are_read(word: str, count: int) -> None:
    assert syllables(word, "zh") == count
