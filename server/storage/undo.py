"""How long a deletion can be undone, and from when on what was deleted may be removed. Pure."""

from __future__ import annotations

UNDO_S = 10
"""How long a deletion can be undone."""

GRACE_MS = 2_000
"""Longer than is told: an answer is on its way for a moment, and so is the request that undoes it."""

LATER_MS = 1_000
"""Longer than an undo may take, so that it is never beaten by its clean-up."""

HOUR_MS = 3_600_000
"""What was deleted so long after now was deleted before the clock was set back."""


def undo_until(deleted_at: int) -> int:
    """Until when somebody is told that it can be undone, in milliseconds since 1970."""
    return deleted_at + UNDO_S * 1000


def undoable_since(now: int) -> int:
    """What was deleted then or later can still be undone."""
    return now - UNDO_S * 1000 - GRACE_MS


def final_before(now: int) -> int:
    """What was deleted before that cannot be undone any more."""
    return undoable_since(now) - LATER_MS
