"""A turn put in order, whatever its times were: voice, pauses, words; and its words as a line that patterns can read."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from pipeline.practice.speech import Clip, Span, SpokenTurn, TimedWord

PAUSE_MS = 250
"""A silence of so much is a pause (Goldman-Eisler 1968; De Jong and Bosker 2013); a shorter one may be a consonant."""

LATE_MS = 47
"""For so much longer than a voice is, the detector hears it: the median over the pauses of `bench practice`."""

_MARK = re.compile("[.!?,;:…。！？，；：、—–]")
_CLAUSE_END = re.compile(r"(?<!\.)\.{1,2}(?!\.)|[!?,;:。！？，；：、—–]")
"""The same without "…" and "...", which recognisers write at every pause."""


class OrderedTurn:
    """A turn whose voice and words follow each other. `words` have texts that are `plain`, and times within the turn."""

    def __init__(self, turn: SpokenTurn) -> None:
        self.line_id, self.text, self.asked_ms = turn.line_id, turn.text, turn.asked_ms
        self.language = turn.language.partition("-")[0].lower()
        self.estimated = turn.estimated
        self.words = tuple(_words_in_order(turn.words))
        heard = [
            Span(span.start_ms, max(span.start_ms + 1, span.end_ms - LATE_MS)) for span in turn.voiced if span.ms > 0
        ]
        self.heard_voice = bool(heard)
        self.voiced = _apart(heard or [Span(word.start_ms, word.end_ms) for word in self.words])

    @property
    def start_ms(self) -> int:
        """Where the voice begins."""
        return self.voiced[0].start_ms if self.voiced else 0

    @property
    def end_ms(self) -> int:
        """Where the voice ends."""
        return self.voiced[-1].end_ms if self.voiced else 0

    @property
    def ms(self) -> int:
        """From the first to the last voice, with the pauses."""
        return self.end_ms - self.start_ms

    @property
    def phonation_ms(self) -> int:
        """The same without the pauses."""
        return self.ms - sum(pause.span.ms for pause in self.pauses)

    @cached_property
    def pauses(self) -> tuple[Pause, ...]:
        """The silences of at least `PAUSE_MS`, in order."""
        middles = [(word.start_ms + word.end_ms) / 2 for word in self.words]
        gaps = [Span(a.end_ms, b.start_ms) for a, b in zip(self.voiced[:-1], self.voiced[1:], strict=True)]
        return tuple(
            Pause(gap, bisect_right(middles, (gap.start_ms + gap.end_ms) / 2)) for gap in gaps if gap.ms >= PAUSE_MS
        )

    @cached_property
    def line(self) -> Line:
        """The words as one line."""
        return Line(self)

    def marked(self, at: int) -> bool:
        """Whether there is punctuation between the word before `at` and the one there."""
        return self._has(_MARK, at)

    def clause_ends(self, at: int) -> bool:
        """Whether there is punctuation there that ends a clause."""
        return self._has(_CLAUSE_END, at)

    def _has(self, mark: re.Pattern[str], at: int) -> bool:
        if not 0 < at < len(self.words):
            return True
        return bool(mark.search(self.text[self.words[at - 1].end : max(self.words[at].at, 0)]))

    def clip(self, first: int, last: int) -> Clip:
        """Where the words from `first` to `last`, both with it, were said."""
        start, end = self.words[first], self.words[last]
        return Clip(self.line_id, start.start_ms, end.end_ms, self.text[max(start.at, 0) : max(end.end, 0)])

    @property
    def whole(self) -> Clip:
        """From the first to the last word."""
        quote = self.clip(0, len(self.words) - 1).quote if self.words else ""
        return Clip(self.line_id, self.start_ms, self.end_ms, quote)


@dataclass(frozen=True, slots=True)
class Pause:
    """A silence in a turn. `at`: how many words come before it."""

    span: Span
    at: int


class Line:
    """The words of a turn with a space around each, and " | " where there is punctuation or a pause, and at both ends.

    In Chinese there are no spaces: the words are characters.
    """

    def __init__(self, turn: OrderedTurn) -> None:
        paused = {pause.at for pause in turn.pauses}
        space = "" if turn.language == "zh" else " "
        pieces, at = ["|", space], 1 + len(space)
        self._starts: list[int] = []
        for index, word in enumerate(turn.words):
            if index and (index in paused or turn.marked(index)):
                pieces += ["|", space]
                at += 1 + len(space)
            self._starts.append(at)
            pieces += [plain(word.text), space]
            at += len(pieces[-2]) + len(space)
        self.text = "".join([*pieces, "|"])

    def found(self, pattern: re.Pattern[str]) -> Iterator[range]:
        """The indices of the words of each match that has any."""
        for match in pattern.finditer(self.text):
            words = range(
                bisect_right(self._starts, match.start() - 1),
                bisect_right(self._starts, max(match.start(), match.end() - 1)),
            )
            if words:
                yield words


@lru_cache(maxsize=8192)
def plain(text: str) -> str:
    """A word as words are compared: in small letters, with plain apostrophes, without punctuation around it."""
    text = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    kept = "".join(c for c in text if c.isalnum() or c in "'-" or unicodedata.combining(c))
    return kept.strip("'-")


def _words_in_order(words: Sequence[TimedWord]) -> Iterator[TimedWord]:
    """As they stand in the text, none before the one before it; what has no letter or figure is none."""
    since = 0
    for word in sorted((word for word in words if plain(word.text)), key=lambda word: word.at):
        start = max(word.start_ms, since)
        since = max(word.end_ms, start)
        yield TimedWord(word.text, word.at, start, since)


def _apart(spans: Sequence[Span]) -> tuple[Span, ...]:
    """In order, and joined where they touch or overlap."""
    joined: list[Span] = []
    for span in sorted((span for span in spans if span.ms > 0), key=lambda span: span.start_ms):
        if joined and span.start_ms <= joined[-1].end_ms:
            joined[-1] = Span(joined[-1].start_ms, max(joined[-1].end_ms, span.end_ms))
        else:
            joined.append(span)
    return tuple(joined)
