"""Where reports are kept, part by part. Nothing is written of a practice that is gone, or whose talk is.

A report may be made again: each making has a number, and what an earlier one still writes is refused.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, case, exists, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from server.practice.report.answers import Content, PartName, Reason
from server.practice.report.numbers import NUMBERED, without_words
from server.practice.store import no_such_practice
from server.storage.database import POSTGRESQL, Database
from server.storage.ids import Now, now_ms
from server.storage.tables.conversations import conversations
from server.storage.tables.practice import practice_reports, practices

MOST_REMEMBERED = 100
"""Practices of which the words are known."""

MOST_LOOKED_AT = 20
"""Parts of earlier reports among which those of the last one are."""

Row = Any

table = practice_reports.c


@dataclass(frozen=True, slots=True)
class Made:
    """A part as it was made. content: None where it is missing; reason: why it is, or why only rules made it."""

    content: Content | None
    made_by: str = "rules"
    reason: Reason = ""


@dataclass(frozen=True)
class ReportStore:
    """All reports."""

    database: Database
    now: Now = now_ms

    async def parts(self, practice_id: str) -> Sequence[Row]:
        """The parts that there are."""
        async with self.database.read() as connection:
            query = select(practice_reports).where(table.practice_id == practice_id)
            return (await connection.execute(query)).all()

    async def begin(self, practice_id: str, person_id: str, parts: Collection[PartName], after: int) -> int:
        """Begin the making after that of number `after`, unless somebody else did: the number of the newest one.

        What was made before stays until it is made again. Raises `NotFound`.
        """
        own = select(practices.c.id).where(practices.c.id == practice_id, practices.c.person_id == person_id)
        newest = select(func.max(table.attempts)).where(table.practice_id == practice_id)
        async with self.database.write() as connection:
            if await connection.scalar(own.with_for_update()) is None:
                raise no_such_practice()
            number = await connection.scalar(newest) or 0
            if number != after:
                return number
            common = {"practice_id": practice_id, "person_id": person_id, "state": "waiting", "updated_at": self.now()}
            rows = [{**common, "part": part, "attempts": after + 1} for part in parts]
            insert = self._insert().values(rows)
            again = {"attempts": after + 1}
            await connection.execute(insert.on_conflict_do_update(index_elements=["practice_id", "part"], set_=again))
            return after + 1

    async def put(self, practice_id: str, part: PartName, number: int, made: Made) -> bool:
        """Keep a part of the making of that number; False if that is not wanted any more: the job then ends."""
        values = {
            "state": "missing" if made.content is None else "ready",
            "content": made.content.model_dump(mode="json") if made.content else None,
            "made_by": made.made_by if made.content else "",
            "reason": made.reason,
            "updated_at": self.now(),
        }
        return await self._change(practice_id, part, number, values)

    async def explain(self, practice_id: str, part: PartName, number: int, reason: Reason) -> bool:
        """Keep why the language model did not make a part; what rules made of it stays."""
        state = case((table.state == "waiting", "missing"), else_=table.state)
        return await self._change(practice_id, part, number, {"reason": reason, "state": state})

    async def _change(self, practice_id: str, part: PartName, number: int, values: Mapping[str, Any]) -> bool:
        change = update(practice_reports).where(
            table.practice_id == practice_id, table.part == part, table.attempts == number, _talk_is_there()
        )
        async with self.database.write() as connection:
            return bool((await connection.execute(change.values(**values))).rowcount)

    async def previous(self, practice: Row) -> Mapping[str, Mapping[str, Any]]:
        """What was counted in earlier practices of the same kind and language: the last content of each part."""
        of = practices.c
        alike = [getattr(of, name) == getattr(practice, name) for name in ("person_id", "kind", "language")]
        earlier = (of.created_at <= practice.created_at, of.id != practice.id)
        query = select(table.part, table.content).join(practices, of.id == table.practice_id)
        query = query.where(*alike, *earlier, table.part.in_(NUMBERED), table.state == "ready")
        newest = query.order_by(of.created_at.desc(), of.id.desc()).limit(MOST_LOOKED_AT)
        found = dict[str, Mapping[str, Any]]()
        async with self.database.read() as connection:
            for row in await connection.execute(newest):
                found.setdefault(row.part, row.content)
        return found

    async def known_words(self, practice: Row) -> frozenset[str]:
        """The words that the person said in earlier practices of the language: each was new in one of them."""
        of = practices.c
        query = (
            select(table.content)
            .join(practices, of.id == table.practice_id)
            .where(
                of.person_id == practice.person_id,
                of.language == practice.language,
                of.created_at <= practice.created_at,
                of.id != practice.id,
                table.part == "vocabulary",
                table.state == "ready",
            )
        )
        newest = query.order_by(of.created_at.desc(), of.id.desc()).limit(MOST_REMEMBERED)
        async with self.database.read() as connection:
            contents = (await connection.scalars(newest)).all()
        return frozenset(one["word"] for content in contents for one in content["new_words"])

    async def left(self, since: int, until: int, most: int) -> Sequence[Row]:
        """Practices whose talk ended between these moments and of which no report was begun, as after a crash."""
        of = practices.c
        begun = exists().where(table.practice_id == of.id)
        query = select(of.id, of.person_id).join(conversations, conversations.c.id == of.conversation_id)
        query = query.where(
            conversations.c.ended_at.between(since, until), conversations.c.deleted_at.is_(None), ~begun
        )
        async with self.database.read() as connection:
            return (await connection.execute(query.limit(most))).all()

    def _insert(self) -> Any:
        dialect = postgresql if self.database.dialect == POSTGRESQL else sqlite
        return dialect.insert(practice_reports)


async def forget_talks(connection: AsyncConnection, conversation_ids: Sequence[str]) -> None:
    """Take out of practices and their reports what was said in these talks: numbers are left, for progress."""
    of = practices.c
    rows = await connection.execute(
        select(table.practice_id, table.part, table.content)
        .join(practices, of.id == table.practice_id)
        .where(of.conversation_id.in_(conversation_ids))
    )
    for row in rows.all():
        kept = without_words(row.part, row.content)
        values = {"content": kept} if kept else {"content": None, "state": "missing", "made_by": ""}
        one = (table.practice_id == row.practice_id, table.part == row.part)
        await connection.execute(update(practice_reports).where(*one).values(**values))
    gone = update(practices).where(of.conversation_id.in_(conversation_ids))
    await connection.execute(gone.values(conversation_id=None, corrections=None, moves=None))


def _talk_is_there() -> ColumnElement[bool]:
    of = practices.c
    return exists().where(
        of.id == table.practice_id,
        conversations.c.id == of.conversation_id,
        conversations.c.deleted_at.is_(None),
    )
