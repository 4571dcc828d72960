"""Lorebooks of cards (V2, V3) and of SillyTavern's worlds ↔ the book of a character's file. Pure.

In a file each entry's `id` is its place in the card, so that what our file does not say of it is found again when the book
was changed here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from server.characters.cards.formats import Data, ImportWarnings
from server.characters.cards.wording import cut, first, number_of, text_of, texts_of, without_empty
from server.characters.file_format import BOOK_LIMIT, LIST_LIMIT, BookTable, EntryTable

MOST_LETTERS, MOST_KEY = 50_000, 500
MOST_ORDER = 1e9

_DEPTH = re.compile(r"@@depth \d+\n")
_AT_DEPTH = 4
"""SillyTavern's position for an entry that stands some messages before the last one."""


def book_of(book: Any, warnings: ImportWarnings) -> dict[str, Any]:
    """The book of a file. book: a card's `character_book`."""
    if not isinstance(book, dict):
        return {}
    entries = book.get("entries")
    entries = entries if isinstance(entries, list) else []
    made = [entry for place, one in enumerate(entries) if (entry := _entry(one, place, warnings))]
    table: dict[str, Any] = {
        "name": text_of(book.get("name"))[:MOST_KEY].strip(),
        "description": cut(text_of(book.get("description")), MOST_LETTERS, "book.description", warnings),
        "entries": first(made, BOOK_LIMIT, "book", warnings),
        "recursive_scanning": book.get("recursive_scanning") is True,
    }
    if book.get("scan_depth") is not None:
        table["scan_depth"] = int(number_of(book["scan_depth"], 4, 0, 100))
    if book.get("token_budget") is not None:
        table["token_budget"] = int(number_of(book["token_budget"], 500, 0, 100_000))
    return without_empty(table)


def _entry(entry: Any, place: int, warnings: ImportWarnings) -> dict[str, Any]:
    """An entry of a file; {} for one that says nothing."""
    if not isinstance(entry, dict) or not (content := text_of(entry.get("content"))):
        return {}
    keys = [_keys(entry.get(name), warnings) for name in ("keys", "secondary_keys")]
    made = {
        "content": cut(content, MOST_LETTERS, "book", warnings),
        "keys": keys[0],
        "secondary_keys": keys[1],
        "selective": entry.get("selective") is True,
        "constant": entry.get("constant") is True,
        "enabled": entry.get("enabled") is not False,
        "insertion_order": number_of(entry.get("insertion_order"), 100, -MOST_ORDER, MOST_ORDER),
        "priority": number_of(entry.get("priority"), 0, -MOST_ORDER, MOST_ORDER),
        "position": "before_char" if entry.get("position") == "before_char" else "after_char",
        "case_sensitive": entry.get("case_sensitive") is True,
        "name": text_of(entry.get("name"))[:MOST_KEY].strip(),
        "comment": text_of(entry.get("comment"))[:MOST_LETTERS].strip(),
        "id": str(place),
    }
    return without_empty(made)


def _keys(value: Any, warnings: ImportWarnings) -> list[str]:
    keys = [key for key in texts_of([value] if isinstance(value, str) else value) if len(key) <= MOST_KEY]
    return first(keys, LIST_LIMIT, "book", warnings)


def written_book(book: BookTable) -> Data | None:
    """The book as a card has it; None for an empty one."""
    if not book.entries:
        return None
    table = book.model_dump(exclude={"entries"}, exclude_defaults=True)
    return {**table, "extensions": {}, "entries": [_written(entry) for entry in book.entries]}


def _written(entry: EntryTable) -> Data:
    table = entry.model_dump(exclude_defaults=True)
    required = {"keys": list(entry.keys), "content": entry.content, "extensions": {}, "enabled": entry.enabled}
    order = {"insertion_order": _plain(entry.insertion_order), "use_regex": any(key[:1] == "/" for key in entry.keys)}
    if "priority" in table:
        table["priority"] = _plain(entry.priority)
    if entry.secondary_keys:
        table["secondary_keys"] = list(entry.secondary_keys)
    return {**table, **required, **order}


def _plain(number: float) -> float:
    """As a card has it: 100, not 100.0."""
    return int(number) if number == int(number) else number


def changed_book(original: Any, before: Data | None, now: Data | None) -> Data:
    """The book of the card `original` with what was changed between `before` and `now`, both as `written_book` has them."""
    original = original if isinstance(original, dict) else {}
    before, now = before or {"entries": []}, now or {"entries": []}
    old = original.get("entries")
    old = old if isinstance(old, list) else []
    known = {entry.get("id", ""): entry for entry in before["entries"]}
    entries = [_changed_entry(old, known, entry) for entry in now["entries"]]
    unused = [entry for place, entry in enumerate(old) if str(place) not in known]  # those that say nothing
    head = {name: value for name, value in now.items() if name != "entries" and before.get(name) != value}
    head.pop("extensions", None)
    return {**original, **head, "extensions": original.get("extensions", {}), "entries": [*entries, *unused]}


def _changed_entry(old: Sequence[Any], known: dict[str, Data], entry: Data) -> Data:
    id = entry.get("id", "")
    if id not in known:
        return {name: value for name, value in entry.items() if name != "id"}
    was = known[id]
    changed = {
        name: value for name, value in entry.items() if name not in ("extensions", "id") and was.get(name) != value
    }
    gone = {name: _UNSET[name] for name in was if name not in entry and name in _UNSET}
    return {**old[int(id)], **changed, **gone}


_UNSET: Data = {
    **dict.fromkeys(("selective", "constant", "case_sensitive"), False),
    **dict.fromkeys(("name", "comment"), ""),
    "secondary_keys": [],
    "priority": 0,
    "position": "after_char",
}
"""What is written where an entry had one of these, and has it no more."""


def book_of_world(world: Data) -> Data:
    """A world of SillyTavern's as a card's book, its entries in the same order."""
    entries = world.get("entries")
    values = list(entries.values()) if isinstance(entries, dict) else []
    return {"name": world.get("name", ""), "extensions": {}, "entries": [_of_world(entry) for entry in values]}


def _of_world(entry: Any) -> Data:
    if not isinstance(entry, dict):
        return {}
    content, depth = entry.get("content"), entry.get("depth")
    if entry.get("position") == _AT_DEPTH and isinstance(content, str) and isinstance(depth, int):
        content = f"@@depth {max(0, depth)}\n{content}"
    return {
        "keys": entry.get("key", []),
        "secondary_keys": entry.get("keysecondary", []),
        "content": content,
        "comment": entry.get("comment", ""),
        "constant": entry.get("constant") is True,
        "selective": entry.get("selective") is True and bool(entry.get("keysecondary")),
        "enabled": entry.get("disable") is not True,
        "insertion_order": entry.get("order", 100),
        "position": "before_char" if entry.get("position") == 0 else "after_char",
        "case_sensitive": entry.get("caseSensitive") is True,
        "use_regex": True,
        "extensions": {},
    }


_IN_WORLD = {
    "keys": "key",
    "secondary_keys": "keysecondary",
    "content": "content",
    "comment": "comment",
    "constant": "constant",
    "selective": "selective",
    "insertion_order": "order",
    "case_sensitive": "caseSensitive",
}


def changed_world(world: Data, before: Data | None, now: Data | None) -> Data:
    """The same as `changed_book`, for a world of SillyTavern's."""
    entries = world.get("entries")
    old = list(entries.values()) if isinstance(entries, dict) else []
    view = {"entries": [{"_entry": entry} for entry in old]}
    changed = changed_book(view, before, now)["entries"]
    made = {str(place): _world_entry(entry, place) for place, entry in enumerate(changed)}
    return {**world, "entries": made}


def _world_entry(entry: Data, place: int) -> Data:
    """An entry of a world, with what was changed. A new one has all that SillyTavern asks for."""
    was = entry.get("_entry")
    made: Data = dict(was) if isinstance(was, dict) else {"uid": place, "addMemo": True, "key": [], "keysecondary": []}
    made |= {name: entry[key] for key, name in _IN_WORLD.items() if key in entry}
    if "content" in entry and made.get("position") == _AT_DEPTH:
        made["content"] = _DEPTH.sub("", entry["content"], count=1)
    if "enabled" in entry:
        made["disable"] = not entry["enabled"]
    if "position" in entry:
        made["position"] = 0 if entry["position"] == "before_char" else 1
    return made
