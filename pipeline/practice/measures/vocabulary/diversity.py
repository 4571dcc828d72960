"""How many different words there are, by measures that do not fall with the length of a text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

WINDOW = 50
FACTOR = 0.72


def mattr(words: Sequence[str], window: int = WINDOW) -> float:
    """The mean share of different words in all windows of `window` words in a row (Covington and McFall 2010).

    Raises `ValueError` where there are fewer words than that.
    """
    if len(words) < window:
        raise ValueError(f"{len(words)} words are fewer than a window of {window}.")
    counts = Counter(words[:window])
    different = total = len(counts)
    for old, new in zip(words[:-window], words[window:], strict=True):
        counts[old] -= 1
        different -= not counts[old]
        different += not counts[new]
        counts[new] += 1
        total += different
    return total / (len(words) - window + 1) / window


def mtld(words: Sequence[str], factor: float = FACTOR) -> float:
    """How many words in a row keep a share of different ones of `factor`, forwards and backwards (McCarthy and Jarvis 2010).

    The number of words, where none is said twice.
    """
    return (_one_way(words, factor) + _one_way(list(reversed(words)), factor)) / 2


def _one_way(words: Iterable[str], factor: float) -> float:
    factors, count, total = 0.0, 0, 0
    types: set[str] = set()
    for word in words:
        total += 1
        count += 1
        types.add(word)
        if len(types) / count < factor:
            factors, count, types = factors + 1, 0, set()
    if count:
        factors += (1 - len(types) / count) / (1 - factor)
    return total / factors if factors else float(total)
