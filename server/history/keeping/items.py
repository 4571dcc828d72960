"""Items of a transcript and its summary as JSON, to go on with them another day. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from pipeline.conversation.journal import ItemSnapshot
from pipeline.conversation.summary import Summary, SummarySentence
from pipeline.conversation.transcript import Part
from pipeline.engines.protocols import WordTime
from pipeline.text.clean import clean

DEFAULTS: Mapping[str, Any] = {
    "type": "message",
    "status": "completed",
    "text": "",
    "spoken": False,
    "transcribed": True,
    "parts": (),
    "words": (),
    "voiced": (),
    "audio_ms": 0,
    "call_id": "",
    "name": "",
    "whole": None,
    "heard_ms": None,
    "aside": False,
    "emotion": "",
    "sounds": (),
}
"""What is left out of the JSON."""


def item_json(item: ItemSnapshot) -> dict[str, Any]:
    """The item, but for what is as it mostly is."""
    values = {field.name: getattr(item, field.name) for field in fields(item)}
    kept = {name: value for name, value in values.items() if name not in DEFAULTS or value != DEFAULTS[name]}
    if item.words:
        kept["words"] = [[word.text, word.start_ms, word.end_ms] for word in item.words]
    if item.parts:
        kept["parts"] = [_part_json(part) for part in item.parts]
    return {name: _cleaned(value) for name, value in kept.items()}


def item_of(value: Mapping[str, Any]) -> ItemSnapshot:
    """The item that was kept. Fields that a later version added are left out."""
    known = {field.name for field in fields(ItemSnapshot)}
    values = {**DEFAULTS, **{name: value for name, value in value.items() if name in known}}
    words = tuple(WordTime(*word) for word in values["words"])
    parts = tuple(Part(**part) for part in values["parts"])
    voiced = tuple((start, end) for start, end in values["voiced"])
    return ItemSnapshot(
        **values | {"words": words, "parts": parts, "voiced": voiced, "sounds": tuple(values["sounds"])}
    )


def summary_json(summary: Summary) -> dict[str, Any]:
    """The summary of a conversation's older part."""
    sentences = [{"text": clean(one.text), "items": list(one.items)} for one in summary.sentences]
    return {"sentences": sentences, "through": summary.through, "forgotten": sorted(summary.forgotten)}


def summary_of(value: Mapping[str, Any] | None) -> Summary | None:
    """The summary that was kept, if there is one."""
    if value is None:
        return None
    sentences = tuple(SummarySentence(one["text"], tuple(one["items"])) for one in value["sentences"])
    return Summary(sentences, value["through"], frozenset(value["forgotten"]))


def _part_json(part: Part) -> dict[str, Any]:
    return {"text": part.text, "spoken": part.spoken, "transcribed": part.transcribed}


def _cleaned(value: Any) -> Any:
    """The value with text that every database takes, see `clean`."""
    match value:
        case str():
            return clean(value)
        case list() | tuple():
            return [_cleaned(inner) for inner in value]
        case dict():
            return {name: _cleaned(inner) for name, inner in value.items()}
        case _:
            return value
