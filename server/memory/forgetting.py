"""Forgetting: a fact goes, and with it the sentences about its line, what could be learnt from that line again, and, once it
cannot be undone any more, its row."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, and_, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from pipeline.memory.commands import Forget
from server.history.keeping.items import summary_json, summary_of
from server.jobs.kind import JobContext, JobKind
from server.memory.store import FactStore, not_found
from server.storage.tables.conversations import conversations
from server.storage.tables.memory import memory_facts, memory_forgotten
from server.storage.undo import HOUR_MS, final_before, undo_until, undoable_since

EVERY_S = 60.0

table = memory_facts.c
LineKey = tuple[str, str]
"""Conversation and line."""


@dataclass(frozen=True)
class Forgetting:
    """All methods take the person's id."""

    store: FactStore

    @property
    def kind(self) -> JobKind:
        """The clean-up, to be done every `EVERY_S`."""
        return JobKind("memory.clean_up", self.run)

    async def forget(
        self, person_id: str, ids: Collection[str] | None = None, lines: Collection[LineKey] = (), character: str = ""
    ) -> tuple[Sequence[Any], int]:
        """Forget facts and lines; without ids all facts, of one character or at all. The rows, and until when to undo it."""
        at = self.store.now()
        wanted = [table.person_id == person_id, table.deleted_at.is_(None)]
        if ids is not None:
            wanted.append(table.id.in_(ids))
        if character:
            wanted.append(table.character_id == character)
        async with self.store.database.write() as connection:
            await self.store.touch(connection, person_id)
            change = update(memory_facts).where(*wanted).values(deleted_at=at).returning(*table)
            rows = (await connection.execute(change)).all()
            keys = {(row.conversation_id, row.line_id) for row in rows if row.conversation_id} | set(lines)
            await self._forget_lines(connection, person_id, keys)
            if ids is None:
                await self.store.learn_no_more_from_before(connection, person_id, character)
        return rows, undo_until(at)

    async def restore(self, person_id: str, id: str) -> None:
        """Undo a deletion of the last seconds, or a contradiction: what contradicted holds no more. Raises `NotFound`."""
        since = undoable_since(self.store.now())
        own = (table.id == id, table.person_id == person_id)
        async with self.store.database.write() as connection:
            await self.store.touch(connection, person_id)
            row = (await connection.execute(select(memory_facts).where(*own))).one_or_none()
            if row is None or (row.deleted_at is not None and row.deleted_at < since):
                raise not_found()
            if row.conversation_id and await connection.scalar(_deleted_at(row.conversation_id)) is not None:
                raise not_found()  # the talk in which it was told is gone, and it goes with it
            if row.deleted_at is not None:
                await connection.execute(update(memory_facts).where(*own).values(deleted_at=None))
                key = (
                    memory_forgotten.c.conversation_id == row.conversation_id,
                    memory_forgotten.c.line_id == row.line_id,
                )
                await connection.execute(delete(memory_forgotten).where(*key))
            elif row.closed_by is not None:
                await connection.execute(update(memory_facts).where(*own).values(valid_to=None, closed_by=None))
            else:
                raise not_found()
            if row.deleted_at is None or row.valid_to is None:
                await self._close_others(connection, row)

    async def ordered(
        self, person_id: str, character: str, order: Forget | None, ids: Collection[str], lines: Collection[LineKey]
    ) -> Sequence[Any]:
        """Forget these facts, and all others that the order means of what that character may know; the rows."""
        if order is None:
            return (await self.forget(person_id, ids, lines))[0]
        query = select(table.id, table.text, table.topic).where(
            table.person_id == person_id, table.deleted_at.is_(None)
        )
        known = or_(table.shared, table.character_id.is_(None), table.character_id == character)
        async with self.store.database.read() as connection:
            rows = (await connection.execute(query.where(table.about == "person", known))).all()
        meant = await asyncio.to_thread(lambda: [row.id for row in rows if order.means_fact(row.text, row.topic)])
        if order.wanted == "all":
            async with self.store.database.write() as connection:
                await self.store.touch(connection, person_id)
                await self.store.learn_no_more_from_before(connection, person_id, character)
        return (await self.forget(person_id, {*ids, *meant}, lines))[0]

    async def run(self, context: JobContext, _arguments: Mapping[str, Any]) -> Any:
        """Remove all that is due."""
        return {"removed": await context.step("remove", self.remove)}

    async def remove(self) -> int:
        """Remove the rows of what was deleted and cannot be undone; how many."""
        now = self.store.now()
        due = or_(table.deleted_at < final_before(now), table.deleted_at > now + HOUR_MS)
        async with self.store.database.write() as connection:
            removed = (await connection.execute(delete(memory_facts).where(due))).rowcount
        if removed:
            await self.store.database.wipe()
        return removed

    async def _close_others(self, connection: AsyncConnection, row: Any) -> None:
        """What holds in place of this fact, which holds again, does so no more: the end of the chain, and its topic's."""
        here = (table.person_id == row.person_id, table.about == row.about, table.id != row.id)
        ids, next_id = set[str](), row.closed_by
        while next_id and next_id not in ids | {row.id}:
            ids.add(next_id)
            next_id = await connection.scalar(select(table.closed_by).where(table.id == next_id, *here))
        same_topic = and_(table.topic == row.topic, table.character_id.is_not_distinct_from(row.character_id))
        contradicting = or_(table.id.in_(ids), same_topic) if row.topic else table.id.in_(ids)
        change = update(memory_facts).where(*here, contradicting, table.valid_to.is_(None), table.deleted_at.is_(None))
        await connection.execute(change.values(valid_to=self.store.now(), closed_by=row.id))

    async def _forget_lines(self, connection: AsyncConnection, person_id: str, keys: Collection[LineKey]) -> None:
        """Nothing is learnt from these lines any more, and no summary tells of them."""
        if not keys:
            return
        rows = [{"conversation_id": of, "line_id": line, "person_id": person_id} for of, line in sorted(keys)]
        await connection.execute(self.store.insert(memory_forgotten).on_conflict_do_nothing(), rows)
        talks = conversations.c
        of_these = (talks.person_id == person_id, talks.id.in_({of for of, _line in keys}), talks.summary.is_not(None))
        for row in (await connection.execute(select(talks.id, talks.summary).where(*of_these))).all():
            summary = summary_of(row.summary)
            assert summary is not None
            kept = summary_json(summary.without([line for of, line in keys if of == row.id]))
            await connection.execute(update(conversations).where(talks.id == row.id).values(summary=kept))


def _deleted_at(conversation_id: str) -> Select[tuple[int | None]]:
    return select(conversations.c.deleted_at).where(conversations.c.id == conversation_id)
