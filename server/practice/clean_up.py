"""Removes practices that are older than conversations may be, with the adverts and CVs in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func, select

from server.jobs.kind import JobContext, JobKind
from server.practice.store import is_kept
from server.storage.database import Database
from server.storage.ids import Now, now_ms
from server.storage.tables.practice import practices

EVERY_S = 3600.0
DAY_MS = 86_400_000
AT_ONCE = 200
"""Practices in one transaction."""


@dataclass(frozen=True)
class PracticeCleanUp:
    """`days`: for how long conversations are kept; 0: for ever, and practices with them."""

    database: Database
    days: int = 0
    now: Now = now_ms

    @property
    def kind(self) -> JobKind:
        """The job, to be done every `EVERY_S`."""
        return JobKind("practice.clean_up", self.run)

    async def run(self, context: JobContext, _arguments: Mapping[str, Any]) -> Any:
        """Remove all that is due."""
        return {"removed": await context.step("remove", self.remove)}

    async def remove(self) -> int:
        """How many were removed. One whose conversation is still there, because it is pinned or gone on with, stays."""
        table, removed = practices.c, 0
        if not self.days:
            return removed
        last = func.coalesce(table.ended_at, table.began_at, table.created_at)
        old = (last < self.now() - self.days * DAY_MS, ~is_kept(table.conversation_id))
        while True:
            async with self.database.write() as connection:
                due = select(table.id).where(*old).limit(AT_ONCE)
                gone = (await connection.execute(delete(practices).where(table.id.in_(due)))).rowcount
            removed += gone
            if gone < AT_ONCE:
                break
        if removed:
            await self.database.wipe()
        return removed
