"""Values of columns as JSON has them, the same for SQLite and PostgreSQL. Pure."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from typing import Any

from sqlalchemy import Column, LargeBinary
from sqlalchemy.dialects.postgresql import TSVECTOR

from server.storage.backup.archive import BackupError

WORD_AT_PLACES = re.compile(r"'([^']+)':([\d,]+)")
MOST_PLACES = 255
"""Of one word; PostgreSQL takes no more."""


def written(column: Column[Any], value: Any) -> Any:
    """A value of the database, for JSON."""
    if isinstance(value, bytes):
        return b64encode(value).decode()
    return words_of(value) if isinstance(column.type, TSVECTOR) and value is not None else value


def read(column: Column[Any], value: Any) -> Any:
    """The same back, for that column of any database. Raises `BackupError`."""
    if isinstance(column.type, TSVECTOR) and value is not None:
        return vector_of(str(value))
    if not isinstance(column.type, LargeBinary) or value is None:
        return value
    try:
        return b64decode(value, validate=True)
    except (TypeError, ValueError):
        raise BackupError(f"The backup holds a value of {column.name} that cannot be read.") from None


def words_of(vector: str) -> str:
    """What PostgreSQL finds a text by, as SQLite has it: the words in their order."""
    places = [(int(place), word) for word, at in WORD_AT_PLACES.findall(vector) for place in at.split(",")]
    return " ".join(word for _, word in sorted(places))


def vector_of(words: str) -> str:
    """The same back."""
    places: dict[str, list[str]] = {}
    for place, word in enumerate(words.split(), 1):
        places.setdefault(re.sub(r"['\\]", "", word), []).append(str(place))
    return " ".join(f"'{word}':{','.join(at[:MOST_PLACES])}" for word, at in places.items() if word)
