"""A report as a document that is read from top to bottom: what to do next, the evidence, what the numbers mean. Pure.

It is written from the parts' contents as they are kept. What a part does not have is left out, so that half a report, or one
of another version, makes a document all the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from pipeline.practice.measures.definitions import Definition, missing_label
from server.practice.exporting.texts import Texts

Style: TypeAlias = Literal["heading", "subheading", "text", "item", "note"]

PARTS = ("next", "measures", "vocabulary", "mistakes", "understood", "questions", "rubric")
MOST_BLOCKS = 1_500
LONGEST_TEXT = 4_000
MOST_QUOTES = 3
"""Of one item: a document is read, the page has all."""

STRUCTURE = ("situation", "task", "action", "result")

TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""What makes text run the other way, beyond its end."""

Json: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Block:
    """One paragraph, in one line."""

    style: Style
    text: str


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a report as it is kept. state: waiting, ready or missing, then `reason` says why."""

    state: str
    content: Json
    made_by: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """A report to take along. language: of its reader. made_at: milliseconds since 1970."""

    title: str
    about: str
    language: str
    made_at: int
    blocks: Sequence[Block]


@dataclass(frozen=True, slots=True)
class About:
    """Of which practice the report is, and whom it is for. day: as it is told."""

    title: str
    language: str
    day: str
    minutes: int
    made_at: int


def document_of(about: About, parts: Mapping[str, Part], definitions: Mapping[str, Definition]) -> Document:
    """The report as a document."""
    texts = Texts(about.language)
    blocks = [Block(style, _line(text)) for style, text in _Writer(texts, definitions).all_of(parts)]
    return Document(
        _line(texts("title", title=about.title)),
        texts("about", day=about.day, minutes=about.minutes),
        about.language,
        about.made_at,
        blocks[:MOST_BLOCKS],
    )


def _line(text: str) -> str:
    return " ".join(TURNING.sub("", text).split())[:LONGEST_TEXT]


Written: TypeAlias = Iterator[tuple[Style, str]]


@dataclass(frozen=True, slots=True)
class _Writer:
    texts: Texts
    definitions: Mapping[str, Definition]

    def all_of(self, parts: Mapping[str, Part]) -> Written:
        if not parts:
            yield "text", self.texts("no_report")
            return
        for name in PARTS:
            if name in parts:
                yield from self._part(name, parts[name])
        told = [item["id"] for name in ("measures", "vocabulary") for item in _items(parts.get(name), "items")]
        if known := [self.definitions[id] for id in dict.fromkeys(told) if id in self.definitions]:
            yield "heading", self.texts("definitions")
            for definition in known:
                yield from self._definition(definition)

    def _part(self, name: str, part: Part) -> Written:
        yield "heading", self.texts(name)
        if part.state == "missing":
            reason = part.reason or str(part.content.get("reason", ""))
            yield "text", self.texts("missing", reason=self.texts.reason(reason))
        elif part.state != "ready":
            yield "text", self.texts("waiting")
        else:
            yield from getattr(self, f"_{name}")(part)
            if part.made_by == "rules" and name in ("questions", "rubric", "mistakes"):
                yield "note", self.texts("by_rules")

    # --- The parts ----------------------------------------------------------------------------------------------------

    def _next(self, part: Part) -> Written:
        for number, item in enumerate(_items(part, "items"), 1):
            yield "subheading", f"{number}. {item['text']}"
            if item.get("why"):
                yield "text", self.texts("why", why=item["why"])
            yield from self._quotes(item.get("clips"))

    def _measures(self, part: Part) -> Written:
        for item in _items(part, "items"):
            yield "item", self._measure(item)

    def _vocabulary(self, part: Part) -> Written:
        yield from self._measures(part)
        if levels := _items(part, "levels"):
            told = [
                self.texts("level", level=one["level"], share=_number(100 * one["share"]), count=one["count"])
                for one in levels
            ]
            yield "item", " · ".join(told)
        if words := [str(one["word"]) for one in _items(part, "new_words")]:
            yield "item", self.texts("new_words", words=", ".join(words))
        if span := part.content.get("range"):
            yield "text", self.texts("range", **{"from": span["from"], "to": span["to"]})
            for evidence in span.get("evidence", ()):
                yield "item", str(evidence)

    def _mistakes(self, part: Part) -> Written:
        if part.content.get("per_100") is not None:
            yield "text", self.texts("per_100", value=_number(part.content["per_100"]))
        for group in _items(part, "groups"):
            before = group.get("previous")
            key = "group" if before is None else "group_previous"
            yield "subheading", self.texts(key, label=group["label"], count=group["count"], previous=before)
            for item in group.get("items", ()):
                yield "item", self.texts("correction", said=item["said"], better=item["better"])
                reason = item.get("reason", "")
                yield "text", self.texts("hinders", reason=reason) if item.get("hinders") else reason
        for one in _items(part, "better"):
            numbers = {name: _number(one[name]) for name in ("before", "now")}
            yield "item", self.texts("better", label=one["label"], **numbers)

    def _understood(self, part: Part) -> Written:
        items = _items(part, "items")
        if not items:
            known = part.content.get("known", 1)
            yield "text", self.texts("understood_none" if known else "understood_unknown")
        for item in items:
            yield "item", self.texts("misheard", expected=item["expected"], heard=item["heard"])

    def _questions(self, part: Part) -> Written:
        for item in _items(part, "items"):
            yield "subheading", item["title"]
            if not item.get("asked") or not item.get("answered"):
                yield "text", self.texts("not_answered" if item.get("asked") else "not_asked")
                continue
            structure = item.get("structure") or {}
            for name in STRUCTURE if structure else ():
                clip = structure.get(name)
                quote = self._quote(clip) if clip else ""
                yield "item", self.texts("part_there" if clip else "part_missing", part=self.texts(name), quote=quote)
            for name in ("strength", "change", "stronger"):
                if told := item.get(name):
                    yield "text", self.texts(name, text=told["text"])
                    yield from self._quotes([told["clip"]] if told.get("clip") else ())

    def _rubric(self, part: Part) -> Written:
        for one in _items(part, "dimensions"):
            key = "score" if one["low"] == one["high"] else "score_range"
            yield "subheading", self.texts(key, label=one["label"], low=one["low"], high=one["high"])
            anchors = one.get("anchors") or ()
            if 0 < one["low"] <= len(anchors):
                yield "text", str(anchors[one["low"] - 1])
            yield "text", one.get("why", "")
            yield from self._quotes(one.get("evidence"))
        if impression := part.content.get("impression"):
            yield "text", impression["text"]

    # --- Pieces -------------------------------------------------------------------------------------------------------

    def _measure(self, item: Json) -> str:
        known = self.definitions.get(item["id"])
        label, unit = (known.label, known.unit) if known else (item["id"], "")
        if item.get("value") is None:
            why = item.get("missing")
            return f"{label}: {missing_label(why, self.texts.language) if why else self.texts('unmeasured')}"
        about = [self.texts("from_count", count=item["count"])] if item.get("count") else []
        if item.get("previous") is not None:
            about.append(self.texts("previous", value=_number(item["previous"], known)))
        if item.get("estimated"):
            about.append(self.texts("estimated"))
        value = f"{_number(item['value'], known)} {unit}".strip()
        return f"{label}: {value}" + (f" ({'; '.join(about)})" if about else "")

    def _definition(self, one: Definition) -> Written:
        yield "subheading", one.label
        yield "text", one.definition
        yield "text", self.texts("formula", label=one.label, formula=one.formula)
        yield "text", self.texts("not_said", text=one.not_said)
        yield "note", self.texts("source", source=one.source)

    def _quotes(self, clips: Sequence[Json] | None) -> Written:
        for clip in [clip for clip in clips or () if clip.get("quote")][:MOST_QUOTES]:
            yield "item", self._quote(clip)

    def _quote(self, clip: Json) -> str:
        if clip.get("start_ms") is None:
            return self.texts("quote_alone", quote=clip.get("quote", ""))
        minutes, seconds = divmod(int(clip["start_ms"]) // 1000, 60)
        return self.texts("quote", quote=clip.get("quote", ""), time=f"{minutes}:{seconds:02}")


def _items(part: Part | None, name: str) -> Sequence[Any]:
    return (part.content.get(name) or ()) if part is not None and part.state == "ready" else ()


def _number(value: float, known: Definition | None = None) -> str:
    """As it is read: with the digits of its measure, or three that say something."""
    digits = known.digits if known else 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    written = f"{value:.{digits}f}"
    return written.rstrip("0").rstrip(".") if "." in written else written
