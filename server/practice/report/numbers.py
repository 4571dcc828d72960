"""What is left of a report when its talk is deleted: numbers, by which progress is shown, and no word that was said."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Json = Mapping[str, Any]


def without_words(part: str, content: Json | None) -> dict[str, Any] | None:
    """The numbers of a part's content; None if it has none."""
    reduce = _NUMBERS.get(part)
    return reduce(content) if reduce and content else None


def _measures(content: Json) -> dict[str, Any]:
    return {**content, "items": [{**item, "clips": []} for item in content["items"]]}


def _vocabulary(content: Json) -> dict[str, Any]:
    return {**_measures(content), "new_words": [], "range": None}


def _mistakes(content: Json) -> dict[str, Any]:
    return {**content, "groups": [{**group, "items": []} for group in content["groups"]]}


_NUMBERS: Mapping[str, Callable[[Json], dict[str, Any]]] = {
    "measures": _measures,
    "vocabulary": _vocabulary,
    "mistakes": _mistakes,
}

NUMBERED = tuple(_NUMBERS)
"""The parts that have numbers in them."""
