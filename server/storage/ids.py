"""Identifiers that sort by the time they were made at: what was made later comes later in an index, and in a list."""

from __future__ import annotations

import time
from collections.abc import Callable
from secrets import randbits
from typing import TypeAlias

LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's base 32, whose letters sort like their values."""

TIME_BITS, RANDOM_BITS = 48, 80

Now: TypeAlias = Callable[[], int]
"""The wall clock in milliseconds since 1970. It may be set by hours at any time; no duration is measured by it."""


def now_ms() -> int:
    """The wall clock in milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def new_id(kind: str, at_ms: int | None = None) -> str:
    """`kind`, an underscore and 26 letters: the time in milliseconds, then 80 random bits, like a ULID's."""
    moment = now_ms() if at_ms is None else at_ms
    value = (moment & (1 << TIME_BITS) - 1) << RANDOM_BITS | randbits(RANDOM_BITS)
    letters = (LETTERS[value >> shift & 31] for shift in range(125, -1, -5))
    return f"{kind}_{''.join(letters)}"


def moment_of(id: str) -> int:
    """When an id of `new_id` was made, in milliseconds since 1970."""
    value = 0
    for letter in id.rpartition("_")[2]:
        value = value << 5 | LETTERS.index(letter)
    return value >> RANDOM_BITS
