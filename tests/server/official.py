"""Whether an event of the server's is one of the specification: the official client's models of all of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

from openai import BaseModel
from openai.types.realtime import RealtimeServerEvent
from pydantic import ValidationError

OFFICIAL = {
    kind: model
    for model in get_args(get_args(RealtimeServerEvent)[0])
    for kind in get_args(model.model_fields["type"].annotation)
}
"""The model of every type of event."""

ADDED = ("session.id", "session.object", "session.expires_at", "session.kaikou")
"""What the types of these events leave out of the session that OpenAI sends, and our own part of it."""


def faults_of(event: dict[str, Any]) -> list[str]:
    """What the model of its type says against an event, and fields that it does not know; nothing against our own."""
    kind = str(event["type"])
    if kind.startswith("kaikou."):
        return []
    if kind not in OFFICIAL:
        return [f"{kind} is no event of the specification"]
    try:
        told = OFFICIAL[kind].model_validate(event)
    except ValidationError as error:
        return [f"{kind}: {error}"]
    return [f"{kind}: {path} is no field of the specification" for path in _unknown(told, "") if path not in ADDED]


def _unknown(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, BaseModel):
        yield from (f"{path}{name}" for name in value.model_extra or {})
        for name in type(value).model_fields:
            yield from _unknown(getattr(value, name), f"{path}{name}.")
    elif isinstance(value, list):
        for inner in value:
            yield from _unknown(inner, path)
