"""Whether a decoder repeats itself: "ten of clubs ten of clubs ten of clubs …", though it was said once. Pure."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

COMPRESSION = 2.4
"""A text that zlib shortens by more than this repeats itself (OpenAI's own bound). It misses short loops."""

SHORTEST_DOUBLED = 3
"""Tokens of a text that is doubted when all of it stands there twice; "No, no" and "Bye. Bye" are shorter."""

LONGEST = 24
"""Tokens of the longest phrase that is looked for."""


def is_loop(tokens: Sequence[int], text: str) -> bool:
    """Whether a phrase stands at the end more often than people say it, or all that was decoded stands there twice."""
    data = text.encode()
    half = len(tokens) // 2
    doubled = half >= SHORTEST_DOUBLED and tokens[:half] == tokens[half:]
    return doubled or len(data) > COMPRESSION * len(zlib.compress(data)) or len(without_loop(tokens)) < len(tokens)


def without_loop(tokens: Sequence[int]) -> Sequence[int]:
    """The tokens, of a phrase that loops at their end only as many as somebody may have said."""
    for length in range(1, min(LONGEST, len(tokens) // 3) + 1):
        repeated = _repeated(tokens, length)
        said = _may_be_said(length) * length
        if repeated >= said + length:
            return tokens[: len(tokens) - repeated + said]
    return tokens


def _repeated(tokens: Sequence[int], length: int) -> int:
    """How many tokens at the end are a phrase of `length` tokens in a row; the last one need not be whole."""
    count = length
    while count < len(tokens) and tokens[-count - 1] == tokens[-count - 1 + length]:
        count += 1
    return count


def _may_be_said(length: int) -> int:
    """How often: people do say "no, no, no, no" and "a lot of work, a lot of work"."""
    return 5 if length == 1 else 3 if length < 4 else 2
