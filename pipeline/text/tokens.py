"""About how many tokens a text is to a language model: the one estimate for all budgets; texts cut to fit them. Pure.

Every model counts with a vocabulary of its own, which a server does not tell. Too high an estimate costs a little of the
model's memory, too low a one the whole request. docs/memory.md has the measured error.
"""

from __future__ import annotations

import math
import re

_PIECE = re.compile(r"[A-Z][a-z]{1,4}|[A-Z]{1,3}|[a-z]{1,5}|\n+|[^\sA-Za-z]")
"""Words take a token for five letters, capitals one for three; everything else one for a character."""
_SENTENCE = re.compile(r"(?:[^。！？….!?\n]|[.!?]++(?![\"”’)]*+\s))*+(?:[。！？…]++[”」』）]*+|[.!?]++[\"”’)]*+|\n|\Z)")
"""Nothing in it is tried twice: a text may be a hundred thousand exclamation marks."""
_WORD = re.compile("\\s+|[\u3400-\u9fff]|[^\\s\u3400-\u9fff]+")
_CHARACTER = re.compile(".", re.DOTALL)
_HAN = re.compile("[\u3400-\u9fff]")
_BEYOND = re.compile("[\U00010000-\U0010ffff]")
HAN, BEYOND = 1.25, 3.0
"""Tokens of an ideograph, and of an emoji or a rare one, which many vocabularies spell in bytes."""


def tokens_of(text: str) -> int:
    """An estimate that is hardly ever too low for English and Chinese."""
    pieces = len(_PIECE.findall(text))
    if text.isascii():
        return pieces
    wide = (HAN - 1) * len(_HAN.findall(text)) + (BEYOND - 1) * len(_BEYOND.findall(text))
    return pieces + math.ceil(wide)


def cut_to(text: str, tokens: int) -> str:
    """As many whole sentences from the beginning as fit; if not even one does, as many words, or characters."""
    parts = (_SENTENCE, _WORD, _CHARACTER)
    return next(filter(None, (_beginning(text, part, tokens) for part in parts)), "")


def _beginning(text: str, part: re.Pattern[str], tokens: int) -> str:
    end = 0
    for found in part.finditer(text):
        tokens -= tokens_of(found[0])
        if tokens < 0:
            break
        end = found.end()
    return text[:end].strip()


def fitted(texts: dict[str, str], tokens: int) -> dict[str, str]:
    """The texts cut so that together they take no more than `tokens`. The longest give first, so that short ones stay."""
    sizes = {name: tokens_of(text) for name, text in texts.items()}
    left, share = max(0, tokens), 0
    for place, size in enumerate(sorted(sizes.values())):
        share = left // (len(sizes) - place)
        if size > share:
            break
        left -= size
    return {name: text if sizes[name] <= share else cut_to(text, share) for name, text in texts.items()}
