"""Which of the things that are known help with what was said just now. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from pipeline.memory.words import tokens, weight_of

T = TypeVar("T")

WITHIN = 300
"""Characters of a text that are compared."""

LEAST = 0.9
"""Words that say less alone (function words, single ideographs) make nothing relevant."""


def telling(text: str) -> frozenset[str]:
    """The tokens of a text by which it is compared; some 30 µs for a sentence."""
    return frozenset(token for token in tokens(text[:WITHIN]) if weight_of(token) >= LEAST)


def ordered(said: str, known: Iterable[tuple[T, frozenset[str]]]) -> Sequence[T]:
    """Those first that share most with `said`, each beside its `telling` tokens; the others keep their order."""
    wanted = telling(said[-WITHIN:])
    scored = [(-len(wanted & words), place, one) for place, (one, words) in enumerate(known)]
    return [one for _score, _place, one in sorted(scored, key=lambda entry: entry[:2])]
