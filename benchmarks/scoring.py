"""Figures from what was measured: word error rate, percentiles, and a player that counts its underruns. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from pipeline.turns.interruption import words_of

HAN = re.compile(r"([\u3400-\u9fff])")
UP_TO_NINETEEN = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
SPOKEN = {"oh": "zero", "mr": "mister", "mrs": "misses"}
"""One spelling for what is said the same: recognisers that punctuate write figures and abbreviations, too."""


def spoken_words(text: str) -> list[str]:
    """The words as they are said: "10" is "ten", a figure of three or more digits is one digit after the other."""
    return [spoken for word in words_of(text) for spoken in _spoken(word)]


def _spoken(word: str) -> list[str]:
    if not (word.isascii() and word.isdigit()):
        return [SPOKEN.get(word, word)]
    if len(word) > 2:
        return [UP_TO_NINETEEN[int(digit)] for digit in word]
    if int(word) < 20:
        return [UP_TO_NINETEEN[int(word)]]
    tens, ones = TENS[int(word) // 10 - 2], int(word) % 10
    return [tens, UP_TO_NINETEEN[ones]] if ones else [tens]


def word_errors(expected: str, heard: str) -> tuple[int, int]:
    """Word substitutions, insertions and deletions (Levenshtein), and the number of expected words."""
    wanted, got = spoken_words(expected), spoken_words(heard)
    row = list(range(len(got) + 1))
    for i, word in enumerate(wanted, 1):
        diagonal, row[0] = row[0], i
        for j, other in enumerate(got, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (word != other))
    return row[-1], len(wanted)


def spaced(text: str) -> str:
    """The text with each Chinese character as a word of its own: that is how errors in Chinese are counted."""
    return HAN.sub(r" \1 ", text)


def percentile(values: Sequence[float], share: float) -> float | None:
    """The smallest value that `share` of `values` do not exceed (nearest rank); None without values."""
    ordered = sorted(values)
    rank = math.ceil(round(share * len(ordered), 9))  # 0.28 of 25 is 7, not 7.000000000000001
    return ordered[max(0, rank - 1)] if ordered else None


class Player:
    """Plays pieces as they arrive, from `prebuffer_ms` after the first one, and counts when it has nothing to play."""

    def __init__(self, prebuffer_ms: float = 0.0) -> None:
        self.underruns = 0
        self.first_at: float | None = None
        self._prebuffer_s = prebuffer_ms / 1000
        self._ends_at = 0.0

    def arrived(self, seconds: float, at: float) -> None:
        """A piece of audio came in at the clock reading `at`."""
        if self.first_at is None:
            self.first_at, self._ends_at = at, at + self._prebuffer_s
        elif at > self._ends_at:
            self.underruns += 1
            self._ends_at = at
        self._ends_at += seconds
