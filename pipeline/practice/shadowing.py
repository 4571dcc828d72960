"""A sentence that somebody says after a model: which of its words were understood, and how both take their time. Pure.

The words that a recogniser heard are laid beside those of the sentence, at the least cost of words left out, added and
replaced. Words in other letters that are said alike are the same (`readings`, and for Chinese a key of sounds). That a
word was understood is all that is said of it: a recogniser that took it for another one may be wrong, and one that did not
says nothing of how it sounded.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import pairwise
from typing import Literal, TypeAlias

from pipeline.practice.readings import key, readings
from pipeline.practice.speech import Span, SpokenTurn, TimedWord

State: TypeAlias = Literal["matched", "other", "missed"]

Sounds: TypeAlias = Callable[[Sequence[str]], Sequence[str]]
"""For each word of a text a key that words have in common which sound the same; "" where that is not known."""

PAUSE_MS = 250
"""A silence from this on is a pause (Goldman-Eisler 1968; De Jong & Bosker 2013)."""

MOST_JOINED = 8
"""So many words may be the reading of one: "one thousand nine hundred and eighty four"."""

MISSED, ADDED, OTHER, ALIKE = 0.75, 0.75, 1.1, 0.4
"""What a word costs that is left out, added, or another one; a word of the same letters costs less by up to the last."""

_Step: TypeAlias = tuple[int, int]
"""How many words of the sentence, and of what was heard, are laid beside each other."""


@dataclass(frozen=True, slots=True)
class ShadowedWord:
    """A word of the sentence. heard: what it was taken for, if for something else. model, person: when they say it."""

    text: str
    at: int
    state: State
    heard: str = ""
    model: Span | None = None
    person: Span | None = None


@dataclass(frozen=True, slots=True)
class ExtraWord:
    """Something said besides. before: the number of the word of the sentence that it stands before."""

    text: str
    before: int
    person: Span


@dataclass(frozen=True, slots=True)
class Side:
    """How one of the two speaks. The line of time begins with their voice.

    length_ms: from the first voice to the last. units: syllables, or Chinese characters; per_s: of them in a second of that
    length. estimated: whether most times of words are spread over the voice.
    """

    length_ms: int
    units: int
    per_s: float
    pauses: Sequence[Span]
    estimated: bool


@dataclass(frozen=True, slots=True)
class Shadowed:
    """What became of the sentence. model: None where it is not known when its words sound."""

    words: Sequence[ShadowedWord]
    extras: Sequence[ExtraWord]
    person: Side
    model: Side | None

    @property
    def understood(self) -> int:
        """How many words of the sentence were."""
        return sum(word.state == "matched" for word in self.words)


def shadowed(
    text: str,
    target: Sequence[TimedWord],
    heard: SpokenTurn,
    units: Callable[[str], int],
    *,
    model: SpokenTurn | None = None,
    sounds: Sounds | None = None,
) -> Shadowed:
    """Lay what was `heard` beside the sentence `text`, whose words are `target`.

    model: who said it before, with times for the same words; units: of a word, syllables or characters.
    """
    ours, theirs = _begins(model), _begins(heard)
    words: list[ShadowedWord] = []
    extras: list[ExtraWord] = []
    at = to = 0
    for mine, other, same in _steps(text, target, heard, sounds):
        said = heard.words[to : to + other]
        person = Span(said[0].start_ms - theirs, said[-1].end_ms - theirs) if said else None
        taken_for = "" if same else heard.text[said[0].at : said[-1].end] if said else ""
        for index in range(at, at + mine):
            one = target[index]
            timed = model.words[index] if model else None
            sounding = Span(timed.start_ms - ours, timed.end_ms - ours) if timed else None
            state: State = "matched" if same else "other" if said else "missed"
            words.append(ShadowedWord(one.text, one.at, state, taken_for, sounding, person))
        if not mine and person:
            extras.append(ExtraWord(heard.text[said[0].at : said[-1].end], at, person))
        at, to = at + mine, to + other
    return Shadowed(words, extras, _side(heard, units), _side(model, units) if model else None)


def _steps(
    text: str, target: Sequence[TimedWord], heard: SpokenTurn, sounds: Sounds | None
) -> list[tuple[int, int, bool]]:
    """Which words lie beside which, and whether they are the same: the way of least cost through both (Levenshtein)."""
    mine = _Words.of(text, target, sounds)
    theirs = _Words.of(heard.text, heard.words, sounds)
    rows, columns = len(mine.keys) + 1, len(theirs.keys) + 1
    cost = [[0.0] * columns for _ in range(rows)]
    way: list[list[tuple[int, int, bool]]] = [[(0, 0, False)] * columns for _ in range(rows)]
    for row in range(rows):
        for column in range(columns):
            ways = [(cost[row - a][column - b], (a, b, True)) for a, b in _same(mine, theirs, row, column)]
            ways += [
                *([(cost[row - 1][column] + MISSED, (1, 0, False))] if row else []),
                *([(cost[row][column - 1] + ADDED, (0, 1, False))] if column else []),
            ]
            if row and column:
                likeness = _likeness(mine.keys[row - 1], theirs.keys[column - 1])
                ways.append((cost[row - 1][column - 1] + OTHER - ALIKE * likeness, (1, 1, False)))
            if ways:
                cost[row][column], way[row][column] = min(ways, key=lambda one: one[0])
    steps: list[tuple[int, int, bool]] = []
    row, column = rows - 1, columns - 1
    while row or column:
        steps.append(way[row][column])
        row, column = row - steps[-1][0], column - steps[-1][1]
    return steps[::-1]


@dataclass(frozen=True, slots=True)
class _Words:
    """The words of a text: their letters, their readings, and how they sound."""

    keys: Sequence[str]
    readings: Sequence[Set[str]]
    sounds: Sequence[str]

    @classmethod
    def of(cls, text: str, words: Sequence[TimedWord], sounds: Sounds | None) -> _Words:
        read = [
            readings(word.text, text[max(0, word.at - 1) : word.at], text[word.end : word.end + 1]) for word in words
        ]
        sounding = sounds([word.text for word in words]) if sounds else [""] * len(words)
        return cls([key(word.text) for word in words], read, sounding)


def _same(mine: _Words, theirs: _Words, row: int, column: int) -> list[_Step]:
    """How many of the last words on both sides say the same: one of one side, or of both."""
    if not (row and column):
        return []
    found: list[_Step] = []
    sound = mine.sounds[row - 1]
    if (sound and sound == theirs.sounds[column - 1]) or mine.readings[row - 1] & theirs.readings[column - 1]:
        found.append((1, 1))
    joined = theirs.keys[column - 1]
    for count in range(2, min(MOST_JOINED, column) + 1):
        joined = theirs.keys[column - count] + joined
        if joined in mine.readings[row - 1]:
            found.append((1, count))
    joined = mine.keys[row - 1]
    for count in range(2, min(MOST_JOINED, row) + 1):
        joined = mine.keys[row - count] + joined
        if joined in theirs.readings[column - 1]:
            found.append((count, 1))
    return found


@lru_cache(maxsize=4_096)
def _likeness(one: str, other: str) -> float:
    if not set(one) & set(other):
        return 0.0
    return SequenceMatcher(None, one, other, autojunk=False).ratio()


def _begins(turn: SpokenTurn | None) -> int:
    """When their voice is heard first."""
    if turn is None:
        return 0
    starts = [span.start_ms for span in turn.voiced[:1]] + [word.start_ms for word in turn.words[:1]]
    return min(starts, default=turn.start_ms)


def _side(turn: SpokenTurn, units: Callable[[str], int]) -> Side:
    begins = _begins(turn)
    ends = max([span.end_ms for span in turn.voiced[-1:]] + [word.end_ms for word in turn.words[-1:]], default=begins)
    count = sum(units(word.text) for word in turn.words)
    length_ms = ends - begins
    pauses = [
        Span(one.end_ms - begins, other.start_ms - begins)
        for one, other in pairwise(turn.voiced)
        if other.start_ms - one.end_ms >= PAUSE_MS
    ]
    per_s = 1000 * count / length_ms if length_ms else 0.0
    return Side(length_ms, count, per_s, pauses, turn.estimated)
