"""Removes what was deleted, once that cannot be undone any more, and what was kept for as long as it may be."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.history.exporting.job import ExportJob
from server.history.sound.recorder import RECORDINGS
from server.history.store import DAY_MS
from server.jobs.kind import JobContext, JobKind
from server.storage.database import Database
from server.storage.ids import Now, now_ms
from server.storage.objects import Objects
from server.storage.tables.conversations import conversations
from server.storage.undo import HOUR_MS, final_before

EVERY_S = 60.0
AT_ONCE = 100
"""Conversations in one transaction: one of two hours has some thousand rows."""


Besides = Callable[[AsyncConnection, Sequence[str]], Awaitable[None]]
"""Removes what a domain made of these conversations, in the transaction that removes them."""


@dataclass(frozen=True)
class CleanUp:
    """`days`: for how long conversations are kept that nobody pinned; 0: for ever. `besides`: what else goes with them."""

    database: Database
    objects: Objects
    exports: ExportJob
    days: int = 0
    now: Now = now_ms
    besides: list[Besides] = field(default_factory=list)

    @property
    def kind(self) -> JobKind:
        """The job, to be done every `EVERY_S`."""
        return JobKind("history.clean_up", self.run)

    async def run(self, context: JobContext, _arguments: Mapping[str, Any]) -> Any:
        """Remove all that is due."""
        removed = await context.step("remove", self.remove)
        return {"removed": removed, "exported": await context.step("exports", self.exports.remove_old)}

    async def remove(self) -> int:
        """How many conversations were removed, each with its lines, what they are found by, its recording, and exports."""
        if self.days:
            await self._delete_old()
        removed = 0
        while due := await self._due():
            await self._remove_recordings(due)
            ids = [row.id for row in due]
            gone = delete(conversations).where(conversations.c.id.in_(ids))
            async with self.database.write() as connection:
                for forget in self.besides:
                    await forget(connection, ids)
                rows = (await connection.execute(gone.returning(conversations.c.recording))).all()
            await self._remove_recordings(rows)  # one may have been finished meanwhile
            for row in due:
                await self.exports.remove_begun_before(row.person_id, row.deleted_at)
            removed += len(due)
        if removed:
            await self.database.wipe()
        return removed

    async def remove_all_of(self, person_id: str) -> None:
        """Remove the recordings and exports of somebody who leaves; rows go with the person's. Raises `StorageError`."""
        await self.objects.delete_all(f"{RECORDINGS}/{person_id}")
        await self.exports.remove_all_of(person_id)

    async def _delete_old(self) -> None:
        """Delete for good what is too old: nobody pins from now on what is about to be removed."""
        table, now = conversations.c, self.now()
        old = (table.deleted_at.is_(None), table.pinned.is_(False), table.updated_at < now - self.days * DAY_MS)
        async with self.database.write() as connection:
            await connection.execute(update(conversations).where(*old).values(deleted_at=final_before(now) - 1))

    async def _due(self) -> Sequence[Any]:
        table, now = conversations.c, self.now()
        due = or_(table.deleted_at < final_before(now), table.deleted_at > now + HOUR_MS)
        rows = select(table.id, table.person_id, table.recording, table.deleted_at).where(due)
        async with self.database.read() as connection:
            return (await connection.execute(rows.limit(AT_ONCE))).all()

    async def _remove_recordings(self, rows: Sequence[Any]) -> None:
        for key in [row.recording["key"] for row in rows if row.recording]:
            await self.objects.delete(key)
