"""The slips of a turn that rules know, in the order in which they stand."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.practice.mistake import Mistake
from pipeline.practice.mistakes.rules import rules_of

LONGEST = 4_000
"""Characters of a turn that are looked at: some five minutes of speech. All rules together take 1 ms for 1,000."""


def mistakes_in(text: str, language: str, own_language: str, *, spoken: bool = True) -> Sequence[Mistake]:
    """What of `text`, in `language`, would be said otherwise; reasons are in `own_language` ("en" or "zh").

    Of two that overlap the one that begins first is told, the longer one if both do. spoken: without what only writing has.
    """
    primary, own = language.partition("-")[0].lower(), own_language.partition("-")[0].lower()
    rules = (rule for rule in rules_of(primary) if not (spoken and rule.written))
    found = [mistake for rule in rules for mistake in rule.found_in(text[:LONGEST], own)]
    found.sort(key=lambda mistake: (mistake.at, -len(mistake.said)))
    told: list[Mistake] = []
    for mistake in found:
        if not told or mistake.at >= told[-1].at + len(told[-1].said):
            told.append(mistake)
    return told


def most_important(mistakes: Sequence[Mistake], *, only_hindering: bool = False) -> Mistake | None:
    """The one to be told of during the talk: what hinders understanding first, then what stands first."""
    fitting = [mistake for mistake in mistakes if mistake.hinders or not only_hindering]
    return min(fitting, key=lambda mistake: not mistake.hinders, default=None)
