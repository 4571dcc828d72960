"""What is known of a person, one thing at a time, and a rule by which it is found in what they said. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from pipeline.memory.words import FUNCTION_WORDS, HAN, tokens

Kind: TypeAlias = Literal["name", "goal", "like", "person", "date", "other"]
"""person: somebody, or an animal, in the person's life; date: what happens at some time."""

Found: TypeAlias = tuple[str, str] | None
"""Text and topic of a fact, see `Fact`."""

LONGEST_QUOTE, LONGEST_TEXT = 200, 120


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that a person told of themselves.

    text: what is true of them, without a subject: "lives in Berlin", "住在柏林"; of a name, the name.
    quote: their words, exactly. topic: of one topic only the fact that was told last is true; empty: any number are.
    """

    kind: Kind
    text: str
    quote: str
    topic: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """A way to tell something. `of` makes a fact of the groups of what matched, or finds that it is none."""

    kind: Kind
    pattern: re.Pattern[str]
    of: Callable[[Sequence[str]], Found]

    def within(self, sentence: str, quote: str) -> Iterator[Fact]:
        """The facts that a sentence tells by this rule. `quote` is the sentence as it was said."""
        for match in self.pattern.finditer(sentence):
            if found := self.of(match.groups()):
                text, topic = found
                short = quote if len(quote) <= LONGEST_QUOTE else match[0].strip()
                yield Fact(self.kind, text.strip()[:LONGEST_TEXT], short, topic)


@dataclass(frozen=True, slots=True)
class Grammar:
    """How a language tells of oneself. A sentence in which one of `doubts` is found tells nothing.

    joke: the line before was not meant. play, play_over: a game begins, in which nothing is meant, and ends.
    """

    rules: Sequence[Rule]
    doubts: Sequence[re.Pattern[str]]
    joke: re.Pattern[str]
    play: re.Pattern[str]
    play_over: re.Pattern[str]


def topic_of(kind: str, what: str) -> str:
    """The same for "hiking" and "the hikes"."""
    return f"{kind}:{' '.join(sorted(set(tokens(what)) - FUNCTION_WORDS))}"


_LETTER = rf"[^\W_{HAN}]"


def said_in(quote: str, line: str) -> bool:
    """Whether a quote stands in a line word for word, and does not begin or end within one; only white space may differ."""
    words = " ".join(quote.split())
    begin = rf"(?<!{_LETTER})" if re.match(_LETTER, words) else ""
    end = rf"(?!{_LETTER})" if re.match(_LETTER, words[-1:]) else ""
    return bool(words) and re.search(begin + re.escape(words) + end, " ".join(line.split())) is not None
