"""What is done for characters in the background: what was deleted is removed, and with how many each talked is counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, distinct, func, insert, or_, select

from server.characters.store import DRAFT, KIND
from server.jobs.jobs import Jobs
from server.jobs.kind import JobContext, JobKind
from server.storage.database import Database
from server.storage.ids import Now, now_ms
from server.storage.objects import Objects
from server.storage.tables.characters import character_favourites, character_talks, characters
from server.storage.tables.conversations import conversations
from server.storage.undo import HOUR_MS, final_before

CLEAN_UP_S, COUNT_S = 60.0, 900.0

AT_ONCE = 100
"""Characters in one transaction."""

LATELY_MS = 30 * 86_400_000
SHORTEST_MS, FEWEST_LINES = 60_000, 6
"""A talk that is shorter was a look, and no talk."""


def prefix_of(id: str) -> str:
    """Where all objects of a character lie."""
    return f"characters/{id}"


@dataclass(frozen=True)
class Background:
    """The work."""

    database: Database
    objects: Objects
    now: Now = now_ms

    def declare(self, jobs: Jobs) -> None:
        """Have `jobs` do it again and again."""
        jobs.every(CLEAN_UP_S, JobKind("characters.clean_up", self._clean_up))
        jobs.every(COUNT_S, JobKind("characters.count_talks", self._count_talks))

    async def _clean_up(self, context: JobContext, _arguments: Mapping[str, Any]) -> Any:
        return {"removed": await context.step("remove", self.remove)}

    async def _count_talks(self, context: JobContext, _arguments: Mapping[str, Any]) -> Any:
        return {"characters": await context.step("count", self.count_talks)}

    async def remove(self) -> int:
        """Remove what was deleted and cannot be brought back, with its versions and objects; how many characters."""
        table, removed, now = characters.c, 0, self.now()
        due = or_(table.deleted_at < final_before(now), table.deleted_at > now + HOUR_MS)
        while True:
            async with self.database.read() as connection:
                ids = (await connection.scalars(select(table.id).where(due).limit(AT_ONCE))).all()
            if not ids:
                return removed
            for id in ids:
                await self.objects.delete_all(prefix_of(id))
            async with self.database.write() as connection:
                await connection.execute(delete(characters).where(table.id.in_(ids)))
                of_none = character_favourites.c.character_id.not_in(select(table.id))
                kept = character_favourites.c.character_id.startswith(f"{KIND}_", autoescape=True)
                await connection.execute(delete(character_favourites).where(kept, of_none))
            removed += len(ids)

    async def count_talks(self) -> int:
        """Count with how many people each character talked lately, and for a while; how many characters that were."""
        its = conversations.c
        lasted = (its.length_ms >= SHORTEST_MS, its.line_count >= FEWEST_LINES, its.talked_at >= self.now() - LATELY_MS)
        query = select(its.character_id, func.count(distinct(its.person_id)).label("talks")).group_by(its.character_id)
        async with self.database.read() as connection:
            query = query.where(*lasted, its.deleted_at.is_(None), its.character_version != DRAFT)
            rows = [row._asdict() for row in await connection.execute(query)]
        async with self.database.write() as connection:
            await connection.execute(delete(character_talks))
            if rows:
                await connection.execute(insert(character_talks), rows)
        return len(rows)

    async def remove_all_of(self, person_id: str) -> None:
        """Remove the objects of somebody who leaves; the rows go with the person's. Raises `StorageError`."""
        async with self.database.read() as connection:
            ids = (await connection.scalars(select(characters.c.id).where(characters.c.person_id == person_id))).all()
        for id in ids:
            await self.objects.delete_all(prefix_of(id))
