"""What is told of conversations and their lines."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from server.api.endpoint import Body, Described
from server.api.etags import Versioned
from server.api.moments import Moment
from server.api.paging import PageQuery
from server.storage.words import Term, marks_of

AROUND = 60
"""Characters of a line on each side of what was found in it."""

MOST_PARTS = 20


def _written_as_a_day(value: Any) -> Any:
    if isinstance(value, str) and not re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII):
        raise ValueError("should be a day such as 2026-11-30")
    return value


Day = Annotated[date, BeforeValidator(_written_as_a_day)]
"""Numbers of seconds, which pydantic takes for days as well, are none."""


class Who(Described):
    """A character as it was."""

    id: str
    name: str
    version: str
    """Of its file, by a hash."""


class Word(Described):
    """A word, and where it sounds, in milliseconds of its line. A recogniser may write it otherwise than the line has it."""

    text: str
    start_ms: int
    end_ms: int


class Line(Described):
    """What was said in one go."""

    id: str
    role: Literal["user", "assistant"]
    said: str
    """All of it."""
    heard: str
    """What of it was heard before somebody interrupted; else the same."""
    interrupted: bool
    at_ms: int
    """When it was heard first, or written, in milliseconds since the conversation began; days between do not count."""
    end_ms: int | None
    """When it had been heard; null for what was written, and sounds nowhere."""
    words: list[Word]
    timing: dict[str, Any] | None
    """Where the time went before the character answered, as in `kaikou.timing`."""
    created_at: Moment

    @classmethod
    def of(cls, row: Any) -> Line:
        """A row of `lines`."""
        words = [Word(text=text, start_ms=start, end_ms=end) for text, start, end in row.item.get("words", ())]
        return cls(
            id=row.item_id,
            role=row.role,
            said=row.said,
            heard=row.heard,
            interrupted=row.interrupted,
            at_ms=row.at_ms,
            end_ms=row.end_ms,
            words=words,
            timing=row.timing,
            created_at=row.created_at,
        )


class Part(Described):
    """A piece of a line; `marked`: it is what was looked for."""

    text: str
    marked: bool


class Hit(Described):
    """A line in which something was found."""

    line_id: str
    role: Literal["user", "assistant"]
    at_ms: int
    excerpt: list[Part]
    """Some of the line around what was found; joined, the texts are what stands there."""

    @classmethod
    def of(cls, row: Any, terms: Sequence[Term]) -> Hit:
        """A row of `lines`."""
        return cls(line_id=row.item_id, role=row.role, at_ms=row.at_ms, excerpt=excerpt_of(row.said, terms))


class Conversation(Versioned):
    """A conversation that was kept."""

    id: str
    title: str
    """Given by its owner; empty until then."""
    character: Who
    language: str
    started_at: Moment
    talked_at: Moment
    """When it was begun, or continued the last time; the list is ordered by it."""
    ended_at: Moment | None
    """Null while it goes on."""
    ended: str
    """How: left, connection_lost, logged_out, idle, longest, too_slow, continued_elsewhere, server_stopped, failed."""
    lines: int
    length_ms: int
    recorded: bool
    """Whether there is sound of it."""
    pinned: bool
    preview: str
    """How it began."""
    practice_id: str | None = None
    """The practice that it was, which has a report; null for any other."""
    hits: list[Hit]
    """Where it was found, if something was looked for: the newest first, at most three."""

    @classmethod
    def of(cls, row: Any, hits: Sequence[Hit] = (), practice_id: str | None = None) -> Conversation:
        """A row of `conversations`."""
        return cls(
            id=row.id,
            title=row.title,
            character=Who(id=row.character_id, name=row.character_name, version=row.character_version),
            language=row.language,
            started_at=row.started_at,
            talked_at=row.talked_at,
            ended_at=row.ended_at,
            ended=row.ended,
            lines=row.line_count,
            length_ms=row.length_ms,
            recorded=row.recording is not None,
            pinned=row.pinned,
            preview=row.preview,
            version=row.version,
            practice_id=practice_id,
            hits=list(hits),
        )


class ConversationQuery(PageQuery):
    """Which conversations."""

    q: Annotated[str, Field(max_length=200)] = ""
    """Words that were all said in one line; of a word its beginning is enough, of Chinese any character."""
    day: Day | None = None
    """Those of one day, as 2026-11-30."""
    offset_minutes: Annotated[int, Field(ge=-1_000, le=1_000)] = 0
    """How far the person's clock is ahead of UTC: which time is a day."""
    character: Annotated[str, Field(max_length=64)] = ""
    pinned: bool | None = None


class LineQuery(PageQuery):
    """Which lines."""

    around: Annotated[str, Field(max_length=64)] = ""
    """Begin half a page before this line, rather than at a cursor."""


class ExportQuery(Described):
    """In which format."""

    format: Literal["text", "markdown", "json", "srt", "audio"]


class Edit(Body):
    """What its owner may change; what is left out stays."""

    title: Annotated[str, Field(max_length=200, examples=["About the sea"])] | None = None
    pinned: bool | None = None


class Deleted(Described):
    """Until when it can be undone."""

    undo_until: Moment
    deleted: int
    """How many conversations."""


def excerpt_of(text: str, terms: Sequence[Term]) -> list[Part]:
    """Some of `text` around what was found in it, with that marked. Where it is cut, between two words, stands "…"."""
    marks = marks_of(text, terms)[: MOST_PARTS // 2]
    first, last = (marks[0], marks[-1]) if marks else ((0, AROUND), (0, AROUND))
    place, end = max(0, first[0] - AROUND), min(len(text), last[1] + AROUND, first[1] + 4 * AROUND)
    if place:  # a script without blanks is cut anywhere
        place = text.find(" ", place, first[0]) + 1 or place
    if end < len(text):
        end = max(text.rfind(" ", first[1], end), 0) or end
    parts = [Part(text="…", marked=False)] if place else []
    for start, stop in marks:
        if start >= end:
            break
        if start > place:
            parts.append(Part(text=text[place:start], marked=False))
        parts.append(Part(text=text[start:stop], marked=True))
        place = stop
    if place < end:
        parts.append(Part(text=text[place:end], marked=False))
    return [*parts, Part(text="…", marked=False)] if end < len(text) else parts
