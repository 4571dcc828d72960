"""When each word of a turn was said: by the recogniser's times where it has any, else spread over the voice that was heard.

Recognisers write words otherwise than the text has them, leave some out, let a word last through the pause behind it,
and some tell no times at all. So theirs are matched with the words of the text, those that go backwards are not believed,
each is kept within the voice in which it begins, and the words between are given the voice between, by their length in
syllables. No word lies over a pause. Pure.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise

from pipeline.engines.protocols import WordTime
from pipeline.practice.speech import Span, SpokenTurn, TimedWord
from pipeline.text.speakable import WIDE
from pipeline.text.word_times import spoken_length

_WORD = re.compile(rf"[{WIDE}]|(?:(?![{WIDE}])[^\W_])+(?:(?:['’]|(?<=\d)[.,:](?=\d))(?:(?![{WIDE}])[^\W_])+)*")

CLOSURE_MS = 96
"""Between two words a silence this short is no pause."""

SHORTEST_MS = 40
"""What a word takes at the least; one that has less where it begins was said behind the pause."""

MOST_ROUNDS = 8
"""How often neighbours of words without room are asked to give theirs up."""

MOST_MATCHED = 1_500
"""Words of a turn beyond which the recogniser's are not looked for: matching takes the square of it."""


@dataclass(frozen=True, slots=True)
class Token:
    """A word as it stands in a text, from the character `at` on."""

    text: str
    at: int

    @property
    def key(self) -> str:
        """What is the same of two words that are written otherwise."""
        return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", self.text).casefold()))


def tokens_of(text: str) -> list[Token]:
    """The words of a text; of Chinese each character. Punctuation belongs to none."""
    return [Token(found[0], found.start()) for found in _WORD.finditer(text)]


def spoken_turn(
    line_id: str,
    text: str,
    language: str,
    span: Span,
    *,
    words: Sequence[WordTime] = (),
    voiced: Sequence[tuple[int, int]] = (),
    asked_ms: int | None = None,
    step: str = "",
) -> SpokenTurn:
    """The turn that was said in `span` of the conversation, with a time for each word of its text.

    words, voiced: as an `Item` has them, in milliseconds from the beginning of `span`. Where nobody listened for a voice,
    as in a turn that the client ended, it is taken to be where the recogniser's words are.
    """
    length = max(0, span.ms)
    tokens = tokens_of(text)
    known = _believed(tokens, words, length)
    voice = _in_order(voiced, length) or _in_order([(one.start_ms, one.end_ms) for one in known.values()], length)
    room = voice or [Span(0, length)]
    placed = {index: _within(span, room) for index, span in known.items()}
    times, heard = _filled(tokens, _apart(placed), room)
    start_ms = span.start_ms
    return SpokenTurn(
        line_id,
        text,
        language,
        start_ms,
        start_ms + length,
        voiced=[_later(one, start_ms) for one in voice],
        words=[
            TimedWord(token.text, token.at, start_ms + time.start_ms, start_ms + time.end_ms)
            for token, time in zip(tokens, times, strict=True)
        ],
        estimated=2 * heard < len(tokens),
        asked_ms=asked_ms,
        step=step,
    )


def _believed(tokens: Sequence[Token], words: Sequence[WordTime], length_ms: int) -> Mapping[int, Span]:
    """By the number of a word of the text, when the recogniser heard it; those that are behind one another."""
    heard = [(token.key, span) for word in words[:MOST_MATCHED] for token, span in _split(word)]
    heard = [(key, span) for key, span in heard if 0 <= span.start_ms < length_ms and span.end_ms >= span.start_ms]
    if len(tokens) > MOST_MATCHED or not heard:
        return {}
    matcher = SequenceMatcher(None, [token.key for token in tokens], [key for key, _ in heard], autojunk=False)
    found = [
        (mine + n, heard[theirs + n][1]) for mine, theirs, size in matcher.get_matching_blocks() for n in range(size)
    ]
    return {
        found[index][0]: Span(found[index][1].start_ms, min(found[index][1].end_ms, length_ms))
        for index in _longest_rise([span.start_ms for _, span in found])
    }


def _split(word: WordTime) -> Iterator[tuple[Token, Span]]:
    """The words in what a recogniser calls one, such as several Chinese characters."""
    tokens = tokens_of(word.text)
    whole = Span(word.start_ms, max(word.start_ms, word.end_ms))
    yield from zip(tokens, _spread(tokens, [whole]), strict=True)


def _longest_rise(starts: Sequence[int]) -> list[int]:
    """The most indices whose values do not fall: one time that is far off costs that one word, not all behind it."""
    ends: list[int] = []
    values: list[int] = []
    before: list[int] = []
    for index, start in enumerate(starts):
        place = bisect_right(values, start)
        before.append(ends[place - 1] if place else -1)
        ends[place : place + 1] = [index]
        values[place : place + 1] = [start]
    rise: list[int] = []
    index = ends[-1] if ends else -1
    while index >= 0:
        rise.append(index)
        index = before[index]
    return rise[::-1]


def _in_order(stretches: Sequence[tuple[int, int]], length_ms: int) -> list[Span]:
    """Within the turn, in order, joined where only a closure is between them."""
    joined: list[Span] = []
    for start, end in sorted((max(0, start), min(end, length_ms)) for start, end in stretches):
        if end <= start:
            continue
        if joined and start - joined[-1].end_ms < CLOSURE_MS:
            joined[-1] = Span(joined[-1].start_ms, max(joined[-1].end_ms, end))
        else:
            joined.append(Span(start, end))
    return joined


def _within(word: Span, voice: Sequence[Span]) -> Span:
    """A word within the voice in which it begins; where it has none at all, as it is."""
    parts = [Span(max(word.start_ms, one.start_ms), min(word.end_ms, one.end_ms)) for one in voice]
    parts = [part for part in parts if part.ms > 0]
    first = next((part for part in parts if part.start_ms == word.start_ms and part.ms >= SHORTEST_MS), None)
    return first or max(parts, key=lambda part: part.ms, default=word)


def _apart(known: Mapping[int, Span]) -> dict[int, Span]:
    """None begins before the one before it, or lasts into the next."""
    since_ms = 0
    apart: dict[int, Span] = {}
    for index, span in known.items():
        start_ms = max(span.start_ms, since_ms)
        apart[index] = Span(start_ms, max(start_ms, span.end_ms))
        since_ms = start_ms
    for one, other in pairwise(apart):
        apart[one] = Span(apart[one].start_ms, min(apart[one].end_ms, apart[other].start_ms))
    return {index: span for index, span in apart.items() if span.ms > 0}


def _filled(tokens: Sequence[Token], known: dict[int, Span], voice: Sequence[Span]) -> tuple[list[Span], int]:
    """A time for every word, and how many were known. Neighbours of words that have no room give theirs up."""
    for rounds_left in range(MOST_ROUNDS, -1, -1):
        times, crowded = dict(known), set[int]()
        edges = [-1, *known, len(tokens)]
        for before, after in pairwise(edges):
            between = range(before + 1, after)
            if not between:
                continue
            since_ms = known[before].end_ms if before in known else 0
            until_ms = known[after].start_ms if after in known else voice[-1].end_ms
            room = [Span(max(one.start_ms, since_ms), min(one.end_ms, until_ms)) for one in voice]
            room = [one for one in room if one.ms > 0]
            if sum(one.ms for one in room) < SHORTEST_MS * len(between):
                crowded |= {before, after} & known.keys()
            spans = _spread([tokens[index] for index in between], room or [Span(since_ms, since_ms)])
            times |= dict(zip(between, spans, strict=True))
        if not crowded or not rounds_left:
            break
        known = {index: span for index, span in known.items() if index not in crowded}
    return [times[index] for index in range(len(tokens))], len(known)


def _spread(tokens: Sequence[Token], room: Sequence[Span]) -> list[Span]:
    """The words one after the other, by their syllables; each within one of the stretches."""
    lengths = [spoken_length(token.text) for token in tokens]
    scale = sum(one.ms for one in room) / (sum(lengths) or 1.0)
    spans: list[Span] = []
    at, stretch, passed = 0.0, 0, 0
    for length in lengths:
        start, end = at * scale, (at + length) * scale
        middle = (start + end) / 2
        while stretch < len(room) - 1 and passed + room[stretch].ms <= middle:
            passed += room[stretch].ms
            stretch += 1
        one = room[stretch]
        starts, ends = (one.start_ms + round(min(max(0.0, edge - passed), one.ms)) for edge in (start, end))
        spans.append(Span(starts, ends))
        at += length
    return spans


def _later(span: Span, by_ms: int) -> Span:
    return Span(span.start_ms + by_ms, span.end_ms + by_ms)
