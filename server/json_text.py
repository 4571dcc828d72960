"""JSON from outside, HTTP bodies and messages alike: read here and nowhere else."""

from __future__ import annotations

from typing import Any

import orjson

from pipeline.errors import InvalidRequest

DEEPEST = 100
"""Levels. What is echoed must be possible to write again, and orjson writes 254 levels at most."""


def from_json(text: str | bytes, what: str) -> Any:
    """The value of `text`, which the message calls `what`. Raises `InvalidRequest`; infinity and NaN are no JSON."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise InvalidRequest(f"{what} is not valid JSON: {error}.", code="invalid_json") from None


def check_depth(value: Any, what: str) -> None:
    """Raises `InvalidRequest` if `value` is nested more than `DEEPEST` levels deep."""
    level = [value]
    for _ in range(DEEPEST):
        inner = [part.values() if isinstance(part, dict) else part for part in level if isinstance(part, dict | list)]
        if not inner:
            return
        level = [child for children in inner for child in children]
    if any(isinstance(part, dict | list) for part in level):
        raise InvalidRequest(f"{what} may be nested {DEEPEST} levels deep at most.", code="invalid_json")
