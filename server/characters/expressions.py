"""The regular expressions that people write into lorebooks, matched by a library that can be told to stop."""

from __future__ import annotations

import math
import re
import time
from functools import lru_cache
from typing import Any

import regex

ONE_S, ALL_S = 0.02, 0.06
"""How long one match may take, and all of one search: what is shown to the model is waited for 150 ms (`sources_s`)."""

FLAGS = {"i": regex.IGNORECASE, "m": regex.MULTILINE, "s": regex.DOTALL}
"""By JavaScript's letters; the others change nothing where it is only asked whether there is a match."""


LONGEST, LARGEST = 1_000, 50_000
"""Characters of an expression; and of one that is written out: `(a{100}){100}` is built of 10,000 pieces."""
_LEAST = re.compile(r"\{(\d+)")
_VERBOSE = re.compile(r"\(\?[A-Za-z0-9]*x")
"""Where spaces count for nothing, also within a number. JavaScript knows no such expressions."""


class Expressions:
    """Matches the expressions of one search. One that is wrong or takes too long matches nothing."""

    def __init__(self) -> None:
        self._ends_at = time.monotonic() + ALL_S

    def __call__(self, expression: str, flags: str, text: str) -> bool:
        """Whether `expression` is found in `text`."""
        left = self._ends_at - time.monotonic()
        pattern = compiled(expression, flags) if left > 0 else None
        if pattern is None:
            return False
        try:
            # The interpreter is free for other threads meanwhile: the text is one that nobody can change.
            return pattern.search(text, timeout=min(ONE_S, left), concurrent=True) is not None
        except TimeoutError:
            return False


@lru_cache(maxsize=1024)
def compiled(expression: str, flags: str) -> Any:
    """The pattern; None for what is none, or would take up all of the memory."""
    if len(expression) > LONGEST or _written_out(expression) > LARGEST or _VERBOSE.search(expression):
        return None
    try:
        return regex.compile(expression, sum(FLAGS.get(flag, 0) for flag in set(flags)))
    except (regex.error, OverflowError, RecursionError):
        return None


def _written_out(expression: str) -> int:
    """Characters that it has at most: as if each of its repetitions were within all others."""
    return len(expression) * math.prod(max(1, int(least)) for least in _LEAST.findall(expression))
