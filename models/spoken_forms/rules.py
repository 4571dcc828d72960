"""How rules find what is said otherwise than it is written. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from pipeline.text.spoken_forms import Piece

Match: TypeAlias = re.Match[str]


@dataclass(frozen=True, slots=True)
class Rule:
    """A pattern, and how what it matches is said; None if it is none of this kind after all.

    Where the pattern has a group `it`, that is what is said otherwise, and the rest is what must stand around it.
    """

    pattern: re.Pattern[str]
    spoken: Callable[[Match], str | None]


def rule(pattern: str, spoken: Callable[[Match], str | None] | str, flags: int = 0) -> Rule:
    """A rule; `spoken` may be a text, always the same."""
    return Rule(re.compile(pattern, flags), (lambda _match: spoken) if isinstance(spoken, str) else spoken)


def table(entries: dict[str, str], before: str = "", after: str = "") -> Rule:
    """A rule for each entry of a table, between the patterns `before` and `after`; longer entries come first."""
    any_of = "|".join(map(re.escape, sorted(entries, key=len, reverse=True)))
    return rule(f"{before}(?P<it>{any_of}){after}", lambda match: entries[match["it"]])


def pieces_of(text: str, rules: Sequence[Rule]) -> Iterator[Piece]:
    """The text with what the rules find in it: from left to right, the longest match, and of equals the first rule's."""
    at = 0
    for start, end, spoken in _chosen(_found(text, rules)):
        if start > at:
            yield Piece(text[at:start], text[at:start])
        yield Piece(text[start:end], _spaced(spoken, text[:start], text[end:]))
        at = end
    if text[at:]:
        yield Piece(text[at:], text[at:])


def _found(text: str, rules: Sequence[Rule]) -> Iterator[tuple[int, int, int, str]]:
    for order, each in enumerate(rules):
        group = "it" if "it" in each.pattern.groupindex else 0
        for match in each.pattern.finditer(text):
            spoken = each.spoken(match)
            if spoken is not None:
                start, end = match.span(group)
                yield start, start - end, order, spoken


def _chosen(found: Iterable[tuple[int, int, int, str]]) -> Iterator[tuple[int, int, str]]:
    at = 0
    for start, minus_length, _, spoken in sorted(found):
        if start >= at and minus_length:
            at = start - minus_length
            yield start, at, spoken


def _spaced(spoken: str, before: str, after: str) -> str:
    """Latin words neither run into what stands around them, as "five" into the "km" of "5km", nor stand two spaces apart."""
    if before[-1:].isspace() or not before:
        spoken = spoken.lstrip()
    elif _is_letter(before[-1:]) and _is_letter(spoken[:1]):
        spoken = " " + spoken
    if after[:1].isspace() or not after:
        return spoken.rstrip()
    return spoken + " " if _is_letter(spoken[-1:]) and (_is_letter(after[:1]) or after[:1].isdigit()) else spoken


def _is_letter(char: str) -> bool:
    return char.isalpha() and char < "\u3000"
