"""A text beside its spoken form, piece by piece, and when its written words sound by when the spoken ones do. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from pipeline.text.word_times import WordTime, words_of

_SEARCHED = 64
"""How far behind the last word the next one is looked for: engines leave punctuation out."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text as it is written, and as it is said: "$20" and "twenty dollars"."""

    written: str
    spoken: str

    @property
    def changes(self) -> bool:
        """Whether it is said otherwise than it is written."""
        return self.written != self.spoken


def written_of(pieces: Iterable[Piece]) -> str:
    """The text as it is written."""
    return "".join(piece.written for piece in pieces)


def spoken_of(pieces: Iterable[Piece]) -> str:
    """The text as it is said."""
    return "".join(piece.spoken for piece in pieces)


def as_written(pieces: Sequence[Piece], words: Sequence[WordTime]) -> tuple[WordTime, ...]:
    """When the written words sound, by the times of the spoken `words`, in order.

    "twenty" and "dollars" give "$20" the time of both; the words of one piece ("July 4") share one time.
    """
    written, spoken, origins = written_of(pieces), spoken_of(pieces), _origins(pieces)
    units = _units(pieces, written)
    begins = [start for start, _ in units]
    times: list[WordTime] = []
    last, at = -1, 0
    for word in words:
        found = spoken.find(word.text, at, at + len(word.text) + _SEARCHED) if word.text else -1
        index = max(0, last)
        if found >= 0:
            index, at = bisect_right(begins, origins[found]) - 1, found + len(word.text)
        if index > last and units:
            start, end = units[index]
            times.append(WordTime(written[start:end].strip(), word.start_ms, word.end_ms))
            last = index
        elif times:
            times[-1] = WordTime(times[-1].text, times[-1].start_ms, word.end_ms)
    return tuple(times)


def _origins(pieces: Iterable[Piece]) -> list[int]:
    """For each character of the spoken text, the place in the written one that it comes from."""
    origins: list[int] = []
    at = 0
    for piece in pieces:
        origins += [at] * len(piece.spoken) if piece.changes else range(at, at + len(piece.written))
        at += len(piece.written)
    return origins


def _units(pieces: Sequence[Piece], written: str) -> list[tuple[int, int]]:
    """From where to where the written words go; those that one changed piece touches are one."""
    units: list[tuple[int, int]] = []
    words = _places(words_of(written))
    places = _places(piece.written for piece in pieces)
    changed = (place for piece, place in zip(pieces, places, strict=True) if piece.changes)
    for start, end in sorted([*words, *changed]):
        if units and start < units[-1][1]:
            units[-1] = units[-1][0], max(end, units[-1][1])
        elif start < end:
            units.append((start, end))
    return units


def _places(parts: Iterable[str]) -> Iterator[tuple[int, int]]:
    at = 0
    for part in parts:
        yield at, at + len(part)
        at += len(part)
