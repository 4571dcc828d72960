"""What is told of cards, and what is sent to make and review them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from server.api.endpoint import Body, Described
from server.api.etags import Versioned
from server.api.moments import Moment
from server.api.paging import PageQuery
from server.practice.cards.schedule import RatingName, StateName, due_by_rating, state_of

LONGEST_FACE = 1_000
Face = Annotated[str, Field(min_length=1, max_length=LONGEST_FACE, pattern=r"\S")]
Language = Annotated[str, Field(pattern="^[a-z]{2,3}$", examples=["en"])]


class NextDue(Described):
    """When the card comes again, by how it is answered now."""

    again: Moment
    hard: Moment
    good: Moment
    easy: Moment


class PracticeCard(Versioned):
    """A card."""

    id: str
    language: str
    front: str
    """What is asked; in [brackets] what is to be said otherwise."""
    back: str
    """How it is better."""
    reason: str
    kind: str
    """Of the mistake, by the names of the report."""
    practice_id: str | None
    """In which it came up; null once that is deleted."""
    line_id: str
    state: StateName
    due_at: Moment
    created_at: Moment
    next: NextDue

    @classmethod
    def of(cls, row: Any, now: int) -> PracticeCard:
        """A row of `practice_cards`."""
        named = (
            *("id", "language", "front", "back", "reason", "kind", "practice_id", "line_id"),
            *("due_at", "created_at", "version"),
        )
        told = {name: getattr(row, name) for name in named}
        return cls(**told, state=state_of(row.fsrs), next=NextDue.model_validate(due_by_rating(row.fsrs, now)))


class CardQuery(PageQuery):
    """Which cards."""

    language: Annotated[str, Field(max_length=8)] = ""
    q: Annotated[str, Field(max_length=200)] = ""
    """Pieces of words that all stand on one card."""
    due: bool = False
    """Those that are due, the longest overdue first; without it all, the newest first."""


class CardSummary(Described):
    """How many cards there are."""

    due: int
    total: int
    next_due_at: Moment | None
    """When the next card that is not due yet will be."""
    languages: list[str]
    """In which there are cards."""


class SummaryQuery(Described):
    """Of which cards."""

    language: Annotated[str, Field(max_length=8)] = ""


class NewCard(Body):
    """A correction to learn from, or anything that one wants to be able to say."""

    language: Language
    """What is practised."""
    said: Face
    """What was said, or what is asked."""
    better: Face
    """What is better."""
    sentence: Annotated[str, Field(max_length=20_000)] = ""
    """What `said` stands in; the card has the sentence of it. Without it the line is looked up, where it is kept."""
    at: Annotated[int, Field(ge=0)] | None = None
    """From which character of it; without it, the first place."""
    reason: Annotated[str, Field(max_length=LONGEST_FACE)] = ""
    kind: Annotated[str, Field(max_length=64)] = ""
    practice_id: Annotated[str, Field(max_length=64)] | None = None
    line_id: Annotated[str, Field(max_length=128)] = ""


class CardEdit(Body):
    """What may be changed; what is left out stays."""

    front: Face | None = None
    back: Face | None = None
    reason: Annotated[str, Field(max_length=LONGEST_FACE)] | None = None


class Review(Body):
    """How a card was answered."""

    rating: RatingName
    ms: Annotated[int, Field(ge=0, le=86_400_000)] | None = None
    """How long it took."""


class CardDeleted(Described):
    """Until when it can be undone."""

    undo_until: Moment
