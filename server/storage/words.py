"""What a text is found by: the same words for SQLite and PostgreSQL, and each Chinese character a word. Pure.

Both databases get words that hold nothing but letters and digits, in small letters and without accents, so that no parser
of theirs decides anything, and nothing that a person types has a meaning in their query languages.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from server.storage.database import POSTGRESQL

MOST_WORDS = 10_000
"""Of one line; PostgreSQL counts places up to 16,383."""

MOST_BYTES = 900_000
"""Of the different words of one line; PostgreSQL takes 1,048,575 with its own figures, some for each word."""

LONGEST_WORD = 64
MOST_TERMS = 16
PREFIX = 2
"""From how many letters on a word is also found by its beginning."""

WIDE = (
    "\u2e80-\u2fdf\u3040-\u30ff\u3105-\u312f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uff66-\uff9f"
    "\U00020000-\U0003ffff"
)
"""Scripts that are written without spaces: Chinese characters, kana, bopomofo."""

_WORD = re.compile(f"[{WIDE}]|(?:[^\\W_{WIDE}][\u0300-\u036f]*)+")
_WIDE = re.compile(f"[{WIDE}]")


@dataclass(frozen=True, slots=True)
class Word:
    """A word as it is found, and where in the text it stands."""

    text: str
    start: int
    end: int


def words_of(text: str) -> Iterator[Word]:
    """The words of `text`, in order."""
    for match in _WORD.finditer(text):
        if folded := _folded(match[0]):
            yield Word(folded[:LONGEST_WORD], match.start(), match.end())


def _folded(word: str) -> str:
    if word.isascii():
        return word.lower()
    if _WIDE.match(word):  # the marks of kana make other letters
        return unicodedata.normalize("NFKC", word)
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", word).casefold() if letter.isalnum())
    return unicodedata.normalize("NFC", plain)


def tokens_of(text: str, dialect: str) -> str:
    """The value of the column that the search index is made of."""
    words = [word.text for _, word in zip(range(MOST_WORDS), words_of(text), strict=False)]
    if dialect != POSTGRESQL:
        return " ".join(words)
    places: dict[str, list[int]] = {}
    room = MOST_BYTES
    for place, word in enumerate(words, 1):
        if word not in places:
            room -= len(word.encode())
        if room < 0:
            break
        places.setdefault(word, []).append(place)
    return " ".join(f"'{word}':{','.join(map(str, at[:255]))}" for word, at in places.items())


@dataclass(frozen=True, slots=True)
class Term:
    """Words that must follow each other; `prefix`: the last one may go on."""

    words: tuple[str, ...]
    prefix: bool


def terms_of(query: str) -> Sequence[Term]:
    """What must all be in a line for it to be found: what stands between the spaces."""
    terms = list[Term]()
    for part in query.split()[:MOST_TERMS]:
        words = tuple(word.text for word in words_of(part))[:MOST_TERMS]
        if words:
            last = words[-1]
            terms.append(Term(words, len(last) >= PREFIX and not _WIDE.match(last)))
    return terms


def match_of(terms: Sequence[Term], dialect: str) -> str:
    """The terms in the query language of the database."""
    if dialect == POSTGRESQL:
        return " & ".join(
            "(" + " <-> ".join(f"'{word}'" for word in term.words) + (":*" if term.prefix else "") + ")"
            for term in terms
        )
    return " AND ".join(f'tokens : "{" ".join(term.words)}"{" *" if term.prefix else ""}' for term in terms)


def marks_of(text: str, terms: Sequence[Term]) -> list[tuple[int, int]]:
    """Where the terms stand in `text`, as begin and end, in order and without overlaps."""
    words = list(words_of(text))
    found = list[tuple[int, int]]()
    for term in terms:
        length = len(term.words)
        for first in range(len(words) - length + 1):
            row = words[first : first + length]
            if _matches([word.text for word in row], term):
                found.append((row[0].start, row[-1].end))
    merged = list[tuple[int, int]]()
    for start, end in sorted(found):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged


def _matches(row: Sequence[str], term: Term) -> bool:
    *before, last = term.words
    return list(row[:-1]) == before and (row[-1].startswith(last) if term.prefix else row[-1] == last)
