"""How many syllables a word has: in Chinese its characters, in English by rules and a list of exceptions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache, lru_cache

from pipeline.practice.measures.turn import plain
from pipeline.text.language import is_han

LANGUAGES = frozenset(("en", "zh"))
_VOWELS = re.compile("[aeiouy]+")
_MORE = re.compile(
    "i[aou](?!us|n$|ns$)|eo(?!u)|ua[lt]|uou|(?<![aeiou])y[aeio]|[aeiou]ing$|sm$|sms$|[^aeiouy]n't$|[^aeiou]les?$|[td]ed$"
)
_LESS = re.compile("[^aeiouy]e$|[^aeioutd]ed$")


@lru_cache(maxsize=8192)
def syllables(word: str, language: str) -> int:
    """At least one of each word that has letters or figures. Latin words in a Chinese text are taken as English ones."""
    text = plain(word)
    han = sum(map(is_han, text))
    rest = "".join(c if not is_han(c) else " " for c in text)
    return han + sum(_of_piece(piece, language) for piece in re.findall(r"\d+|[^\W\d_][^\W\d_']*(?:'[^\W\d_]+)?", rest))


def _of_piece(piece: str, language: str) -> int:
    if piece.isdigit():
        return len(piece)
    return _english(piece)


def _english(word: str) -> int:
    known = _exceptions().get(word)
    if known:
        return known
    return max(1, len(_VOWELS.findall(word)) + len(_MORE.findall(word)) - len(_LESS.findall(word)))


@cache
def _exceptions() -> Mapping[str, int]:
    return {}
