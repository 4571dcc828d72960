"""Times as the API tells them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, TypeAlias

from pydantic import PlainSerializer, WithJsonSchema


def iso(at_ms: int) -> str:
    """A time in milliseconds since 1970, as ISO 8601 in UTC."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Moment: TypeAlias = Annotated[
    int,
    PlainSerializer(iso, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}, mode="serialization"),
]
"""A field that is milliseconds since 1970 here, and ISO 8601 in an answer."""
