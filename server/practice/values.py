"""Practices ↔ JSON, here and nowhere else: as they are kept, and as reports and directors get them back."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from pydantic import TypeAdapter, ValidationError

from pipeline.practice.practice import Practice
from server.errors import Conflict

_PRACTICE = TypeAdapter(Practice)


def json_of(practice: Practice) -> dict[str, Any]:
    """The practice as JSON."""
    return asdict(practice)


def practice_of(value: Any) -> Practice:
    """The practice that was kept as `value`. Raises `Conflict` for one that an older version of Kaikou kept otherwise."""
    try:
        return _PRACTICE.validate_python(_tuples(value))
    except ValidationError as error:
        message = "This practice was made by another version of Kaikou and cannot be gone on with: make a new one."
        raise Conflict(message, code="practice_outdated") from error


def _tuples(value: Any) -> Any:
    """Frozen values have tuples where JSON has lists."""
    match value:
        case dict():
            return {name: _tuples(inner) for name, inner in value.items()}
        case list():
            return tuple(map(_tuples, value))
        case _:
            return value
