"""Cards that are deleted: brought back for some seconds, then removed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, or_, update

from server.jobs.kind import JobContext, JobKind
from server.practice.cards.store import CardStore, Row, not_found
from server.storage.tables.practice import practice_cards
from server.storage.undo import HOUR_MS, final_before, undo_until, undoable_since

EVERY_S = 60.0

table = practice_cards.c


@dataclass(frozen=True)
class CardDeletion:
    """All but the clean-up take the person's id."""

    store: CardStore

    @property
    def kind(self) -> JobKind:
        """The clean-up, to be done every `EVERY_S`."""
        return JobKind("practice.clean_up_cards", self.run)

    async def delete(self, person_id: str, id: str) -> int:
        """Delete a card; until when it can be undone. Raises `NotFound`."""
        at = self.store.now()
        there = (table.id == id, table.person_id == person_id, table.deleted_at.is_(None))
        async with self.store.database.write() as connection:
            done = await connection.execute(update(practice_cards).where(*there).values(deleted_at=at))
        if not done.rowcount:
            raise not_found()
        return undo_until(at)

    async def restore(self, person_id: str, id: str) -> Row:
        """Undo a deletion of the last seconds. Raises `NotFound`."""
        since = undoable_since(self.store.now())
        own = (table.id == id, table.person_id == person_id, table.deleted_at >= since)
        async with self.store.database.write() as connection:
            back = update(practice_cards).where(*own).values(deleted_at=None).returning(*table)
            row = (await connection.execute(back)).one_or_none()
        if row is None:
            raise not_found()
        return row

    async def run(self, context: JobContext, _arguments: Mapping[str, Any]) -> Any:
        """Remove all that is due."""
        return {"removed": await context.step("remove", self.remove)}

    async def remove(self) -> int:
        """Remove what was deleted and cannot be undone, with its reviews; how many cards."""
        now = self.store.now()
        due = or_(table.deleted_at < final_before(now), table.deleted_at > now + HOUR_MS)
        async with self.store.database.write() as connection:
            removed = (await connection.execute(delete(practice_cards).where(due))).rowcount
        if removed:
            await self.store.database.wipe()
        return removed
