"""Which of the facts that are known an answer is given, and which of them an order means. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.conversation.known import Asked, Known
from pipeline.memory.commands import Command, CorrectName, Forget, Remember
from pipeline.memory.relevance import telling
from pipeline.text.tokens import tokens_of
from server.memory.phrasing import put, words_of
from server.memory.profile import Remembered

MISSES = 3
"""After so many facts that did not fit no more are tried."""


def words_in(fact: Remembered) -> frozenset[str]:
    """By what a fact is compared with what is said."""
    return telling(f"{fact.text} {fact.quote}")


def fitting(facts: Sequence[Remembered], asked: Asked) -> list[Known]:
    """As many of the facts, in their order, as there is room for."""
    known, left, misses = list[Known](), asked.tokens, 0
    for fact in facts:
        text = put(fact, asked.language)
        if (needed := tokens_of(text)) > left:
            misses += 1
            if misses > MISSES:
                break
        else:
            known.append(Known(text, "memory", fact.id, fact.text, words_of(fact, asked.language)))
            left -= needed
    return known


def overruled(fact: Remembered, order: Command | None) -> bool:
    """Whether what the person says just now makes the fact untrue, or wants it forgotten."""
    match order:
        case Forget():
            return order.means_fact(fact.text, fact.topic)
        case CorrectName():
            return fact.kind == "name"
        case Remember():
            return fact.topic != "" and fact.topic in {new.topic for new in order.facts}
        case None:
            return False
