"""What is told of what is remembered."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from server.api.endpoint import Body, Described
from server.api.moments import Moment
from server.api.paging import PageQuery
from server.memory.profile import State


class RememberedFact(Described):
    """Something that is remembered."""

    id: str
    kind: str
    """Of the person: name, goal, like, person, date, other; `character` for what a character said of itself."""
    text: str
    quote: str
    """The words, exactly as they were said or written."""
    conversation_id: str | None
    """The talk in which it was said last; null for what its owner wrote down."""
    line_id: str
    """The line of that talk."""
    told_at: Moment
    valid_from: Moment
    valid_to: Moment | None
    """When something that was told later contradicted it; null while it holds."""
    closed_by: str | None
    """The fact that contradicted it."""
    character_id: str | None
    """Which character may know it; null for all."""
    told_to: str | None
    """The character to whom it was told, or who said it."""
    shared: bool
    source: str
    """How it came in: asked (by "remember that…"), rules, model, written, edited."""

    @classmethod
    def of(cls, row: Any) -> RememberedFact:
        """A row of `memory_facts`."""
        return cls(
            id=row.id,
            kind="character" if row.about == "character" else row.kind,
            text=row.text,
            quote=row.quote,
            conversation_id=row.conversation_id,
            line_id=row.line_id,
            told_at=row.told_at,
            valid_from=row.valid_from,
            valid_to=row.valid_to,
            closed_by=row.closed_by,
            character_id=None if row.shared else row.character_id,
            told_to=row.character_id,
            shared=row.shared,
            source=row.source,
        )


class FactQuery(PageQuery):
    """Which facts."""

    character: Annotated[str, Field(max_length=64)] = ""
    """Those that this character may know, or said of itself."""
    q: Annotated[str, Field(max_length=200)] = ""
    """Pieces of words that all stand in one fact."""


class ForgetQuery(Described):
    """Which facts."""

    character: Annotated[str, Field(max_length=64)] = ""
    """Those that were told to this character; without it all."""


class NewFact(Body):
    """Something that characters shall know."""

    text: Annotated[str, Field(min_length=1, max_length=120, pattern=r"\S", examples=["is allergic to nuts"])]
    character_id: Annotated[str, Field(max_length=64)] | None = None
    """Which character; without it all."""


class FactEdit(Body):
    """What may be changed; what is left out stays."""

    text: Annotated[str, Field(min_length=1, max_length=120, pattern=r"\S")] | None = None
    shared: bool | None = None
    """Whether all characters may know it."""


class CharacterChoice(Body):
    """What somebody wants of a character."""

    character_id: Annotated[str, Field(max_length=64)] = ""
    """Empty: of all; the stricter state holds."""
    state: State = "on"
    """paused: what is remembered is used, and nothing is learnt; off: neither."""
    shared: bool = False
    """Whether all characters may know what this one is told from now on."""


class Choices(Described):
    """What somebody chose, by character."""

    items: list[CharacterChoice]


class Forgotten(Described):
    """Until when it can be undone."""

    undo_until: Moment
    deleted: int
    """How many facts."""
