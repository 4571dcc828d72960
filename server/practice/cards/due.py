"""Cards within a talk: which are due, and that one came up in it."""

from __future__ import annotations

from collections.abc import Sequence

from server.errors import NotFound
from server.practice.cards.answers import CardQuery
from server.practice.cards.schedule import RatingName
from server.practice.cards.sides import DueCard, spoken
from server.practice.cards.store import CardStore
from server.storage.database import Database
from server.storage.ids import now_ms


async def due_cards(database: Database, person_id: str, language: str, limit: int, now: int) -> Sequence[DueCard]:
    """At most `limit` cards of the person's that are due, the longest overdue first.

    language: BCP 47 primary tag of what is practised; now: milliseconds since 1970.
    """
    store = CardStore(database, lambda: now)
    rows = await store.listed(person_id, CardQuery(language=language, due=True), None, limit)
    return [DueCard(row.id, spoken(row.front), row.back, row.reason, row.kind) for row in rows[:limit]]


async def worked_in(
    database: Database, person_id: str, card_id: str, rating: RatingName, now: int | None = None
) -> bool:
    """Count that a due card came up in a talk: "good" if it was said rightly, "again" if not. False where it is gone.

    now: milliseconds since 1970; the clock's if it is not told.
    A card that comes up twice counts once, for then it is not due any more.
    """
    at = now_ms() if now is None else now
    try:
        await CardStore(database, lambda: at).review(person_id, card_id, rating, only_due=True)
    except NotFound:
        return False
    return True
