"""The words of a talk: English ones as they are, Chinese ones cut by the longest match in our list.

Chinese that is in no list is cut into characters, except that a name or a rare word then counts as several words.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.practice.measures.talk import MeasuredTurn, Talk
from pipeline.practice.measures.turn import plain
from pipeline.practice.measures.vocabulary.levels import words_by_level
from pipeline.practice.speech import Clip

LONGEST = 6
"""Characters of the longest Chinese word that is looked for."""
COUNTING = frozenset("一二三四五六七八九十两几百千万")
"""Behind these 个 is a word of its own: 四 个 人, not 四 个人."""


@dataclass(frozen=True, slots=True)
class Said:
    """A word as it was said: `text` is plain; first, last: the indices of its first and last `TimedWord` in the turn."""

    text: str
    turn: MeasuredTurn
    first: int
    last: int

    @property
    def clip(self) -> Clip:
        return self.turn.clip(self.first, self.last)


def words_in(talk: Talk) -> list[Said]:
    """All words without fillers, in order."""
    return [word for turn in talk.turns for word in (_chinese(turn) if turn.language == "zh" else _single(turn))]


def _single(turn: MeasuredTurn) -> Iterator[Said]:
    for index, word in enumerate(turn.words):
        if index not in turn.filling:
            yield Said(plain(word.text), turn, index, index)


def _chinese(turn: MeasuredTurn) -> Iterator[Said]:
    known, at = words_by_level("zh"), 0
    while at < len(turn.words):
        if at in turn.filling:
            at += 1
            continue
        counted = at > 0 and plain(turn.words[at - 1].text) in COUNTING and plain(turn.words[at].text) == "个"
        length = 1 if counted else next((size for size in range(LONGEST, 1, -1) if _joined(turn, at, size) in known), 1)
        yield Said(_joined(turn, at, length), turn, at, at + length - 1)
        at += length


def _joined(turn: MeasuredTurn, at: int, size: int) -> str:
    """The characters as one word; empty where punctuation, a filler or the end comes between them."""
    indices = range(at, at + size)
    if indices[-1] >= len(turn.words) or not turn.filling.isdisjoint(indices) or any(map(turn.marked, indices[1:])):
        return ""
    return "".join(plain(turn.words[index].text) for index in indices)
