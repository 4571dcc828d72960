"""Which Chinese characters sound the same: recognisers write one for the other, and nobody hears the difference."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from pipeline.practice.shadowing import Sounds
from pipeline.text.language import is_han


def sounds_of(language: str) -> Sounds | None:
    """Keys of the sounds of that language's words, tones among them; None where none are known."""
    return _pinyin if language == "zh" else None


def _pinyin(words: Sequence[str]) -> Sequence[str]:
    """The reading of each character in its sentence; what is none has no key."""
    from pypinyin import Style, lazy_pinyin  # reading its dictionary takes 0.1 s

    keys: list[str] = []
    for chinese, some in groupby(words, key=lambda word: len(word) == 1 and is_han(word)):
        run = list(some)
        read = lazy_pinyin("".join(run), style=Style.TONE3, neutral_tone_with_five=True) if chinese else []
        keys += read if len(read) == len(run) else [""] * len(run)
    return keys
