"""The slips of a turn that rules know, in the order in which they stand."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.practice.mistake import Mistake


def mistakes_in(text: str, language: str, own_language: str) -> Sequence[Mistake]:
    """What of `text`, in `language`, would be said otherwise; reasons are in `own_language`."""
    return ()


def most_important(mistakes: Sequence[Mistake], *, only_hindering: bool = False) -> Mistake | None:
    """The one to be told of during the talk: what hinders understanding first, then what stands first."""
    fitting = [mistake for mistake in mistakes if mistake.hinders or not only_hindering]
    return min(fitting, key=lambda mistake: not mistake.hinders, default=None)
