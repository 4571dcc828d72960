"""JSON from outside, HTTP bodies and messages alike: read here and nowhere else."""

from __future__ import annotations

from typing import Any

import orjson

from pipeline.errors import InvalidRequest

DEEPEST = 100
"""Levels. What is echoed must be possible to write again, and orjson writes 254 levels at most."""


MOST_OBJECTS = 10_000
"""Objects and lists; to check one that is part of a message takes about 20 µs."""

MOST_MARKS = 200_000
"""Brackets and commas, those in texts included, which are counted before it is read: 24 MiB of empty lists take 6 s."""


def from_json(text: str | bytes, what: str, marks: int = MOST_MARKS) -> Any:
    """The value of `text`, which the message calls `what`. Raises `InvalidRequest`; infinity and NaN are no JSON."""
    data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    if len(data) > marks and sum(map(data.count, (b"[", b"{", b","))) > marks:
        raise _too_many(what, f"{marks} brackets and commas")
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise InvalidRequest(f"{what} is not valid JSON: {error}.", code="invalid_json") from None


def check_structure(value: Any, what: str, objects: int = MOST_OBJECTS) -> None:
    """Raises `InvalidRequest` for more than so many objects and lists, or if they are nested more than `DEEPEST` levels."""
    level, count = [value], 0
    for _ in range(DEEPEST):
        inner = [part.values() if isinstance(part, dict) else part for part in level if isinstance(part, dict | list)]
        if not inner:
            return
        count += len(inner)
        if count > objects:
            raise _too_many(what, f"{objects} objects and lists")
        level = [child for children in inner for child in children]
    if any(isinstance(part, dict | list) for part in level):
        raise InvalidRequest(f"{what} may be nested {DEEPEST} levels deep at most.", code="invalid_json")


def _too_many(what: str, limit: str) -> InvalidRequest:
    return InvalidRequest(f"{what} holds too many values: at most {limit}.", code="invalid_json")
