"""How long a silence must last to end a turn, by what was said so far. Pure.

A sentence that sounds finished ends sooner; one that ends in "and", "because", "嗯" or in the middle of a number is given
time. The words come from the recogniser while the person speaks, so nothing here waits for them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, TypeAlias

from pipeline.interruption import words_of
from pipeline.language import is_han

Eagerness: TypeAlias = Literal["low", "medium", "high", "auto"]

FACTORS: Mapping[Eagerness, float] = {"low": 1.8, "medium": 1.0, "auto": 1.0, "high": 0.6}
"""How patient each eagerness of the realtime API's `semantic_vad` is."""

UNFINISHED = 2.4
"""How many times longer to wait when more must come."""

OPEN_ENDINGS = frozenset(
    "and or but because so that which who whose if when while although though since unless until than as like with for "
    "to of in on at by from about into the a an my your his her its our their this these those is are was were be am "
    "im hes shes theyre i you he she we they it not very really just also even maybe um uh er erm well "
    "okay so then would could should can will might must have has had do does did going want need think mean".split()
)
"""Last words, as `words_of` gives them, after which an English sentence is not over."""

OPEN_ENDINGS_ZH = tuple(
    "嗯 呃 那个 这个 然后 因为 所以 但是 可是 不过 而且 还有 就是 就是说 比如 比如说 如果 虽然 "
    "和 跟 或者 的话 我觉得 我想 以及 并且 是 在 把 被 给 对于".split()
)
"""Endings after which a Chinese sentence is not over."""

NUMBERS = frozenset(
    "zero one two three four five six seven eight nine oh double triple 零 一 二 三 四 五 六 七 八 九 幺".split()
)
"""A turn that ends in these may be a number that is being dictated."""


def adaptive_wait(eagerness: Eagerness, silence_ms: int) -> Callable[[str], int]:
    """From the words so far to the silence in milliseconds that ends the turn; `silence_ms` is the usual one."""
    usual = silence_ms * FACTORS[eagerness]
    return lambda text: round(usual * (UNFINISHED if is_unfinished(text) else 1.0))


def is_unfinished(text: str) -> bool:
    """Whether more must come after these words."""
    words = words_of(text)
    if not words:
        return False
    last = words[-1]
    if last in OPEN_ENDINGS or last.endswith(OPEN_ENDINGS_ZH):
        return True
    # Chinese digits come as one word: "一三八"
    last_two = list(last[-2:]) if is_han(last[-1]) and len(last) > 1 else words[-2:]
    return len(last_two) == 2 and all(word in NUMBERS for word in last_two)
