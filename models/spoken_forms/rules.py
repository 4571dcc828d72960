"""How rules find what is said otherwise than it is written. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from pipeline.text.spoken_forms import Piece

Match: TypeAlias = re.Match[str]
NEAR = 24
OPENING = "([{“‘$€£¥￥√-−+"


@dataclass(frozen=True, slots=True)
class Rule:
    """A pattern, and how what it matches is said; None if it is none of this kind after all.

    Where the pattern has a group `it`, that is what is said otherwise, and the rest is what must stand around it.
    """

    pattern: re.Pattern[str]
    spoken: Callable[[Match], str | None]


def rule(pattern: str, spoken: Callable[[Match], str | None] | str) -> Rule:
    """A rule; `spoken` may be a text, always the same. Letters and digits are ASCII's: Han beside a word ends it."""
    return Rule(re.compile(pattern, re.ASCII), (lambda _match: spoken) if isinstance(spoken, str) else spoken)


def table(entries: dict[str, str], before: str = "", after: str = "") -> Rule:
    """A rule for each entry of a table, between the patterns `before` and `after`; longer entries come first."""
    any_of = "|".join(map(re.escape, sorted(entries, key=len, reverse=True)))
    return rule(f"{before}(?P<it>{any_of}){after}", lambda match: entries[match["it"]])


def behind(match: Match, pattern: re.Pattern[str]) -> bool:
    """Whether the text before a match ends as the pattern says, within its last `NEAR` characters."""
    return bool(pattern.search(match.string, max(0, match.start() - NEAR), match.start()))


def pieces_of(text: str, rules: Sequence[Rule]) -> Iterator[Piece]:
    """The text with what the rules find in it: from left to right, the longest match, and of equals the first rule's."""
    at, ends_in = 0, ""
    for start, end, spoken in _chosen(_found(text, rules)):
        if start > at:
            yield Piece(text[at:start], text[at:start])
            ends_in = text[start - 1]
        spoken = _spaced(spoken, ends_in, text[end : end + 1])
        if end == len(text) and text[end - 1] == "." and _is_letter(spoken[-1:]):
            spoken += "."  # of an abbreviation, which ends the sentence too
        yield Piece(text[start:end], spoken)
        at, ends_in = end, spoken[-1:] or ends_in
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
    if before.isspace() or not before:
        spoken = spoken.lstrip()
    elif _is_letter(before) and _is_letter(spoken[:1]):
        spoken = " " + spoken
    if not (after.isalnum() or after in OPENING):
        return spoken.rstrip()
    return spoken + " " if _is_letter(spoken[-1:]) and (_is_letter(after) or after.isdecimal()) else spoken


def _is_letter(char: str) -> bool:
    return char.isalpha() and char < "\u3000"
