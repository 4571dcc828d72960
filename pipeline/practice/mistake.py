"""A mistake as it is told: during the talk in one line, in the report with its clip, and as a card to learn from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mistake:
    """Something that would be said otherwise. `said` stands exactly so in the turn's text, from the character `at` on.

    better: what to say in place of `said`; reason: one sentence, in the person's own language, as it was made for.
    kind: a name of ERRANT's such as "R:VERB:SVA" for English, of the table in docs/practice.md for Chinese.
    hinders: whether it makes the sentence hard to understand. source: "rules" or "model".
    """

    said: str
    at: int
    better: str
    reason: str
    kind: str
    hinders: bool = False
    source: str = "rules"
