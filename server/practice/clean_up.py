"""Removes what was written for practices that are older than conversations may be: adverts and CVs above all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, delete, func, or_, select, update

from server.jobs.kind import JobContext, JobKind
from server.practice.planning.by_model import FITTED
from server.practice.planning.words import RESUME
from server.practice.store import is_kept
from server.storage.database import Database
from server.storage.ids import Now, now_ms
from server.storage.tables.practice import practices

EVERY_S = 3600.0
DAY_MS = 86_400_000
AT_ONCE = 200
"""Practices in one transaction."""

OF_PAPERS = (f"{RESUME}-", f"{FITTED}-")
"""How the ids of steps begin that quote advert and CV."""


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
        """How many were removed, since they were never talked, or lost their advert and CV: what was measured stays.

        One whose conversation is still there, because it is pinned or gone on with, stays as it is.
        """
        if not self.days:
            return 0
        table = practices.c
        last = func.coalesce(table.ended_at, table.began_at, table.created_at)
        old = (last < self.now() - self.days * DAY_MS, ~is_kept(table.conversation_id))
        changed = 0
        while done := await self._some(old):
            changed += done
        if changed:
            await self.database.wipe()
        return changed

    async def _some(self, old: Sequence[ColumnElement[bool]]) -> int:
        table = practices.c
        papers = [table.practice["interview"][name].as_string() != "" for name in ("advert", "resume")]
        query = select(table.id, table.state, table.practice).where(*old, or_(table.state == "ready", *papers))
        async with self.database.write() as connection:
            rows = (await connection.execute(query.limit(AT_ONCE))).all()
            unused = [row.id for row in rows if row.state == "ready"]
            await connection.execute(delete(practices).where(table.id.in_(unused)))
            for row in rows:
                if row.state != "ready":
                    change = update(practices).where(table.id == row.id)
                    await connection.execute(change.values(practice=without_papers(row.practice)))
        return len(rows)


def without_papers(kept: Mapping[str, Any]) -> dict[str, Any]:
    """A practice as it is kept, without advert and CV and what was asked of them. Of an older shape, too."""
    steps = [step for step in kept.get("steps", ()) if not str(step.get("id", "")).startswith(OF_PAPERS)]
    return {**kept, "steps": steps, "interview": {**kept["interview"], "advert": "", "resume": ""}}
