"""When a card is asked again: FSRS, by the fsrs package, with times in milliseconds since 1970. Pure.

https://github.com/open-spaced-repetition/free-spaced-repetition-scheduler: the parameters are the package's defaults, the
wanted retention is 90 %. Intervals are not blurred by chance, so that what is told of them before holds.

A clock that was set back does no harm: a review that seems to come before the last one is one of the same day.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, TypeAlias

from fsrs import Card, Rating, Scheduler, State

from server.storage.ids import moment_of

RatingName: TypeAlias = Literal["again", "hard", "good", "easy"]
StateName: TypeAlias = Literal["new", "learning", "review", "relearning"]

RATINGS: Mapping[RatingName, Rating] = {
    "again": Rating.Again,
    "hard": Rating.Hard,
    "good": Rating.Good,
    "easy": Rating.Easy,
}

SCHEDULER = Scheduler(enable_fuzzing=False)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a card is: as the package writes it, and when it is due."""

    fsrs: Mapping[str, Any]
    due_at: int


def first_place(card_id: str, now: int) -> Place:
    """Of a new card, which is due at once."""
    return _place(Card(card_id=moment_of(card_id), due=_time(now)))


def next_place(fsrs: Mapping[str, Any], rating: RatingName, now: int) -> Place:
    """Where a card is once it was answered so."""
    card, _log = SCHEDULER.review_card(_card(fsrs), RATINGS[rating], _time(now))
    return _place(card)


def due_by_rating(fsrs: Mapping[str, Any], now: int) -> Mapping[RatingName, int]:
    """When it would be due, by how it is answered now."""
    return {rating: next_place(fsrs, rating, now).due_at for rating in RATINGS}


def state_of(fsrs: Mapping[str, Any]) -> StateName:
    """How well it is known."""
    if fsrs["last_review"] is None:
        return "new"
    return {State.Learning: "learning", State.Review: "review", State.Relearning: "relearning"}[State(fsrs["state"])]  # type: ignore[return-value]


def _card(fsrs: Mapping[str, Any]) -> Card:
    return Card.from_dict(dict(fsrs))  # type: ignore[arg-type]


def _place(card: Card) -> Place:
    return Place(dict(card.to_dict()), round(card.due.timestamp() * 1000))


def _time(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC)
