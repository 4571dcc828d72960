"""Quotes are checked: what is told as said stands so in a line of the person's, or it is left out.

A quote is compared word by word. Case, spaces, punctuation and the width of letters may differ, for language models tidy up;
what comes out is always the text as it stands in the line. Chinese is compared by its characters.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from pipeline.practice.speech import Clip, SpokenTurn

_UNSEEN = "\u00ad\u200b-\u200d\u2060\ufeff"
_LETTER = rf"(?:[^\W_㐀-䶿一-鿿][\u0300-\u036f{_UNSEEN}]*)"
"""With the accents that stand behind it, and with what nobody sees."""
_WORD = re.compile(rf"[㐀-䶿一-鿿]|{_LETTER}+(?:['’ʼ＇]{_LETTER}+)*")
_PASSED_OVER = str.maketrans("", "", "'’ʼ＇\u00ad\u200b\u200c\u200d\u2060\ufeff")

LONGEST_QUOTE = 600
"""Characters of a quote that are looked for; a longer one is no quote but a copy."""

MOST_FAILED = 0.25
"""Of the quotes of an answer this share may be wrong; where more are, none of what the model says is to be relied on."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word as it is compared, and where it stands in its text."""

    plain: str
    start: int
    end: int


def words_of(text: str) -> Sequence[Word]:
    """The words of a text; of Chinese its characters."""
    return [Word(_plain(found[0]), found.start(), found.end()) for found in _WORD.finditer(text)]


def span_in(quote: str, text: str) -> tuple[int, int] | None:
    """Where the words of `quote` stand in `text`, all of them and in that order: start and end there; None if nowhere."""
    if len(quote) > LONGEST_QUOTE:
        return None
    wanted, there = [word.plain for word in words_of(quote)], _cached_words(text)
    if not wanted:
        return None
    for place in range(len(there) - len(wanted) + 1):
        if there[place].plain == wanted[0] and [w.plain for w in there[place : place + len(wanted)]] == wanted:
            return there[place].start, there[place + len(wanted) - 1].end
    return None


def clip_at(turn: SpokenTurn, start: int, end: int) -> Clip:
    """What stands in the turn's text from `start` to `end`, with the time of its words; the turn's, where it has none."""
    inside = [word for word in turn.words if word.at < end and word.end > start]
    since, until = (inside[0].start_ms, inside[-1].end_ms) if inside else (turn.start_ms, turn.end_ms)
    return Clip(turn.line_id, since, until, turn.text[start:end])


def place_of(quote: str, turns: Sequence[SpokenTurn], line_id: str = "") -> tuple[SpokenTurn, int, int] | None:
    """Where the quote was said: the turn, start and end in it.

    Looked for in the turn of `line_id` first, and then in all: who names lines may be wrong.
    """
    for turn in sorted(turns, key=lambda turn: turn.line_id != line_id):
        if found := span_in(quote, turn.text):
            return turn, *found
    return None


def clip_of(quote: str, turns: Sequence[SpokenTurn], line_id: str = "") -> Clip | None:
    """The quote as it was said; None if it was not."""
    found = place_of(quote, turns, line_id)
    return clip_at(*found) if found else None


@dataclass
class Quotes:
    """The quotes of one answer of a language model: how many were looked for, and how many are nowhere."""

    turns: Sequence[SpokenTurn]
    asked: int = 0
    failed: int = 0
    required: list[str] = field(default_factory=list)
    """What cannot be told without a quote, and has none."""

    def place(self, quote: str, line_id: str = "") -> tuple[SpokenTurn, int, int] | None:
        """Where the quote was said, or None, which is counted."""
        self.asked += 1
        found = place_of(quote, self.turns, line_id)
        self.failed += found is None
        return found

    def clip(self, quote: str, line_id: str = "") -> Clip | None:
        """The quote as it was said, or None, which is counted."""
        found = self.place(quote, line_id)
        return clip_at(*found) if found else None

    def clips(self, quotes: Sequence[tuple[str, str]]) -> Sequence[Clip]:
        """Those of the quotes, each with the id of its line, that were said, each of them once."""
        found = [clip for quote, line_id in quotes if (clip := self.clip(quote, line_id))]
        return list(dict.fromkeys(found))

    @property
    def hold(self) -> bool:
        """Whether what they stand for can be relied on."""
        return not self.required and self.failed <= MOST_FAILED * self.asked


def _plain(word: str) -> str:
    return unicodedata.normalize("NFKC", word).casefold().translate(_PASSED_OVER)


@lru_cache(maxsize=512)
def _cached_words(text: str) -> Sequence[Word]:
    return words_of(text)
