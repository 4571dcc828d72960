"""What a rewritten answer has in it that the person never said: numbers and names. Pure.

A stronger version of somebody's answer may be put better, and may not be more than they told. Numbers are compared as
digits, also where they are written as words; names are words with a capital inside a sentence, and Latin words in Chinese.
What stands in square brackets is a gap that the person is to fill, and no claim.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from pipeline.practice.answers.numbers import numbers_in, same_as
from pipeline.practice.answers.quotes import words_of

_GAP = re.compile(r"\[[^\]]{0,80}\]")
_NAME = re.compile(r"(?<![.!?…:。！？\n\"“])(?<=\s)[A-Z][\w’'-]+|\b[A-Z]{2,}\b")
_LATIN = re.compile(r"[A-Za-z][A-Za-z’'-]+")
_HAN = re.compile(r"[一-鿿]")

_NO_NAMES = frozenset(("i", "i'm", "i’m", "i've", "i’ve", "i'd", "i’d", "i'll", "i’ll", "ok"))


def invented_in(text: str, said: Sequence[str]) -> Sequence[str]:
    """Numbers and names of `text` that are in none of the texts that were `said`."""
    told = _GAP.sub(" ", text)
    known_numbers = {number for one in said for number in same_as(numbers_in(one), one)}
    known_words = {word.plain for one in said for word in words_of(one)}
    found = [number for number in numbers_in(told) if number not in known_numbers]
    return [*found, *(name for name in _names(told) if not _known(name, known_words))]


def _names(text: str) -> Sequence[str]:
    pattern = _LATIN if _HAN.search(text) else _NAME
    return [name for name in pattern.findall(text) if name.casefold() not in _NO_NAMES]


def _known(name: str, known: Collection[str]) -> bool:
    return all(word.plain in known or word.plain.removesuffix("s") in known for word in words_of(name))
