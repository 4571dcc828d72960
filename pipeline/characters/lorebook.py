"""Which entries of a character's lorebook belong to what was said: keys, order and budget. Pure.

Theory of operation. Keys are searched for in the last messages. An index from the first word (or Chinese character) of each
key to its entries keeps that fast for books of thousands: only entries of which a key may be there are looked at in full.
What was found is searched in its turn, if the book says so. Of what was found the most important is kept that fits.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import TypeAlias

from pipeline.characters.book import Book, BookEntry
from pipeline.characters.decorators import Decorators, decorated
from pipeline.characters.macros import hidden_keys
from pipeline.text.tokens import cut_to, tokens_of

MOST_ROUNDS = 4
"""How often what was found is searched in its turn."""
MOST_RECALLED = 100_000
"""Characters of what was found that are searched in their turn: about 10 ms, in which the event loop may have to wait."""
MOST_KEYS = 20_000
"""Keys that are looked for in one search, about 50 ms long. After so many the rest of the book is not found."""

_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3041-\u30ff\u31f0-\u31ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff"
    "\uff66-\uff9f\U00020000-\U0003ffff"
)
"""Scripts whose words stand, or take endings, without a space: Thai, Lao, Burmese, Khmer, kana, Han, Hangul."""
_UNIT = re.compile(rf"[{_UNSPACED}]|[^\W{_UNSPACED}]+")
_WORD_LETTER = re.compile(rf"[^\W{_UNSPACED}]")
_EXPRESSION = re.compile(r"/(.+)/([gimsuy]*)", re.DOTALL)

Matches: TypeAlias = Callable[[str, str, str], bool]
"""Whether a regular expression (first), with flags as JavaScript has them, is found in a text (third); bounded in time."""


def no_expressions(_expression: str, _flags: str, _text: str) -> bool:
    """Where there is nobody to match them, regular expressions are never found."""
    return False


@dataclass(frozen=True, slots=True)
class ScannedMessage:
    """Something that was said, by the character or by the person."""

    text: str
    by_character: bool = False


@dataclass(frozen=True, slots=True)
class Hit:
    """An entry that belongs to what was said. label: what a person may be shown of it."""

    text: str
    id: str
    label: str


class _Text:
    """What is searched: as it is, folded, and by its words."""

    def __init__(self, parts: Iterable[str]) -> None:
        self.exact = "\n".join(" ".join(part.split()) for part in parts)
        self.folded = _folded(self.exact)
        self.units = set(_UNIT.findall(self.folded))


class _Read:
    """An entry as it is searched for: without its decorators, with its hidden keys."""

    def __init__(self, entry: BookEntry, place: int) -> None:
        self.entry, self.place = entry, place
        self.decorators, content = decorated(entry.content)
        shown, self.searched = hidden_keys(content)
        self.text = shown.strip()
        self.size = tokens_of(self.text)
        labels = [entry.name, entry.comment, *(key for key in entry.keys if not _EXPRESSION.fullmatch(key)), self.text]
        self.hit = Hit(self.text, entry.id or str(place), " ".join(next(filter(None, labels), "").split())[:80])

    @property
    def always_looked_at(self) -> bool:
        """Whether no index can tell that it is not meant."""
        keys = self.entry.keys
        return (
            self.entry.constant
            or self.decorators.activate
            or any(_EXPRESSION.fullmatch(key) or not _UNIT.search(key) for key in keys)
        )


class Lorebook:
    """A book made ready to be searched, again and again. `found` changes nothing in it."""

    def __init__(self, book: Book) -> None:
        self._book = book
        read = [_Read(entry, place) for place, entry in enumerate(book.entries) if entry.enabled]
        self._entries = [each for each in read if each.text and not _is_off(each.decorators)]
        self._always = [each for each in self._entries if each.always_looked_at]
        self._by_unit: dict[str, list[_Read]] = defaultdict(list)
        for each in self._entries:
            for key in each.entry.keys:
                if unit := _UNIT.search(_folded(key)):
                    self._by_unit[unit[0]].append(each)

    def found(self, messages: Sequence[ScannedMessage], tokens: int, matches: Matches = no_expressions) -> list[Hit]:
        """What belongs to the newest of `messages`, in the order in which the model reads it, within `tokens`."""
        search = _Search(self._book, messages, matches)
        found: dict[int, _Read] = {}
        text = search.all_said
        for round_ in range(MOST_ROUNDS):
            fresh = [each for each in self._candidates(text) if each.place not in found and search.finds(each, round_)]
            found |= {each.place: each for each in fresh}
            if not fresh or not self._book.recursive_scanning:
                break
            text = search.recalled = _Text(_first(MOST_RECALLED, (each.searched for each in fresh)))
        budget = min(tokens, self._book.token_budget or tokens)
        return [
            each.hit if text is None else Hit(text, each.hit.id, each.hit.label) for each, text in _kept(found, budget)
        ]

    def _candidates(self, text: _Text) -> Iterable[_Read]:
        listed = (self._by_unit.get(unit, ()) for unit in text.units)
        return {each.place: each for each in chain(self._always, *listed)}.values()


class _Search:
    """One search: the messages as texts, each made once."""

    def __init__(self, book: Book, messages: Sequence[ScannedMessage], matches: Matches) -> None:
        self._depth, self._messages, self._matches = book.scan_depth, messages, matches
        self._answers = sum(message.by_character for message in messages)
        self._texts: dict[int, _Text] = {}
        self._left = MOST_KEYS
        self.all_said = self._last(len(messages))
        self.recalled: _Text | None = None

    def finds(self, each: _Read, round_: int) -> bool:
        """Whether the entry belongs to what was said or, after the first round, to what was recalled by that."""
        entry, decorators = each.entry, each.decorators
        if self._left <= 0:
            return False
        if decorators.activate:
            return True
        if not self._is_time(decorators):
            return False
        text = self.recalled if round_ and self.recalled else self._window(decorators)
        if any(self._has(key, entry, text) for key in decorators.exclude_keys):
            return False
        if decorators.dont_activate_after_match and self._has_one(entry.keys, entry, self._before):
            return False
        needed = list(decorators.additional_keys)
        if not entry.constant:
            needed.append(entry.keys)
        if not entry.constant and entry.selective and entry.secondary_keys:
            needed.append(entry.secondary_keys)
        return all(self._has_one(keys, entry, text) for keys in needed)

    def _is_time(self, decorators: Decorators) -> bool:
        after, every = decorators.activate_only_after, decorators.activate_only_every
        return self._answers >= (after or 0) and self._answers % (every or 1) == 0

    def _window(self, decorators: Decorators) -> _Text:
        depth = self._depth if decorators.scan_depth is None else decorators.scan_depth
        return self.all_said if decorators.keep_activate_after_match else self._last(depth)

    def _last(self, count: int) -> _Text:
        count = min(count, len(self._messages))
        if count not in self._texts:
            self._texts[count] = _Text(message.text for message in self._messages[len(self._messages) - count :])
        return self._texts[count]

    @cached_property
    def _before(self) -> _Text:
        """What was said before the person's last words."""
        persons = [place for place, message in enumerate(self._messages) if not message.by_character]
        return _Text(message.text for message in self._messages[: persons[-1] if persons else 0])

    def _has_one(self, keys: Sequence[str], entry: BookEntry, text: _Text) -> bool:
        return any(self._has(key, entry, text) for key in keys)

    def _has(self, key: str, entry: BookEntry, text: _Text) -> bool:
        self._left -= 1
        if expression := _EXPRESSION.fullmatch(key):
            return self._matches(expression[1], expression[2], text.exact)
        key = " ".join(key.split())
        return occurs(key, text.exact) if entry.case_sensitive else occurs(_folded(key), text.folded)


def _folded(text: str) -> str:
    """The text as it is compared where capitals do not matter: "STRASSE" is "Straße", "İstanbul" is "istanbul"."""
    return unicodedata.normalize("NFKC", text).casefold().replace("\u0307", "")


def _first(characters: int, texts: Iterable[str]) -> Iterable[str]:
    for text in texts:
        if characters <= 0:
            break
        yield text[:characters]
        characters -= len(text)


def occurs(key: str, text: str) -> bool:
    """Whether `key` stands in `text`: between words, where its script has spaces between them; anywhere, where not."""
    at = text.find(key) if key else -1
    while at >= 0:
        end = at + len(key)
        if not (_joins(text[at - 1 : at], key[0]) or _joins(key[-1], text[end : end + 1])):
            return True
        at = text.find(key, at + 1)
    return False


def _joins(before: str, after: str) -> bool:
    """Whether two characters are of one word."""
    return bool(_WORD_LETTER.match(before) and _WORD_LETTER.match(after))


def _is_off(decorators: Decorators) -> bool:
    return decorators.dont_activate and not decorators.activate


def _kept(found: dict[int, _Read], tokens: int) -> list[tuple[_Read, str | None]]:
    """What fits, in order, with its text where that had to be cut: the most important entry is cut rather than left out."""
    kept: list[tuple[_Read, str | None]] = []
    for each in sorted(found.values(), key=_importance):
        size, text = each.size, None
        if size > tokens and not kept:
            text = cut_to(each.text, tokens)
            size = tokens_of(text) if text else size
        if size <= tokens:
            kept.append((each, text))
            tokens -= size
    return sorted(kept, key=lambda entry: _place(entry[0]))


def _importance(each: _Read) -> tuple[bool, float, float, int]:
    return each.decorators.ignore_on_max_context, -each.entry.priority, -each.entry.insertion_order, each.place


def _place(each: _Read) -> tuple[int, float, float, int]:
    """Before the character, after it, or among the messages, where the deepest comes first."""
    depth, entry = each.decorators.depth, each.entry
    position = each.decorators.position or entry.position
    if depth is not None and not each.decorators.position:
        return 2, -depth, entry.insertion_order, each.place
    return int(position == "after_char"), 0, entry.insertion_order, each.place
