"""What a person has kept: lists, lines in pages, edits, deletion. Nobody else's rows are ever in an answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, func, select, tuple_, update

from server.errors import PreconditionFailed
from server.history.continuing import not_found
from server.storage.database import Database
from server.storage.ids import Now, now_ms
from server.storage.tables.conversations import conversations, lines
from server.storage.tables.practice import practices
from server.storage.undo import undo_until, undoable_since

DAY_MS = 86_400_000

Row = Any


@dataclass(frozen=True, slots=True)
class Filter:
    """Which conversations of a person's; `since` and `until` in milliseconds since 1970."""

    character: str = ""
    pinned: bool | None = None
    since: int | None = None
    until: int | None = None

    @property
    def narrow(self) -> bool:
        """Whether most likely few conversations are meant."""
        return bool(self.pinned) or self.since is not None

    def conditions(self, person_id: str, table: Any = conversations.c) -> list[ColumnElement[bool]]:
        """For rows of `conversations`, whose columns are those of `table`."""
        found: list[ColumnElement[bool]] = [table.person_id == person_id, table.deleted_at.is_(None)]
        if self.character:
            found.append(table.character_id == self.character)
        if self.pinned is not None:
            found.append(table.pinned.is_(self.pinned))
        if self.since is not None:
            found.append(table.talked_at >= self.since)
        if self.until is not None:
            found.append(table.talked_at < self.until)
        return found


def day_of(day: date | None, offset_minutes: int) -> tuple[int | None, int | None]:
    """From when to when a day lasts, in milliseconds since 1970; for no day, without end."""
    if day is None:
        return None, None
    begins = (day.toordinal() - date(1970, 1, 1).toordinal()) * DAY_MS - offset_minutes * 60_000
    return begins, begins + DAY_MS


@dataclass(frozen=True)
class ConversationStore:
    """All methods take the person's id; what is not theirs is not there."""

    database: Database
    now: Now = now_ms

    async def listed(self, person_id: str, wanted: Filter, after: tuple[int, str] | None, limit: int) -> Sequence[Row]:
        """At most `limit` + 1 conversations, the newest first, after the one with this `talked_at` and id."""
        table = conversations.c
        query = select(conversations).where(*wanted.conditions(person_id))
        if after:
            query = query.where(tuple_(table.talked_at, table.id) < after)
        query = query.order_by(table.talked_at.desc(), table.id.desc()).limit(limit + 1)
        async with self.database.read() as connection:
            return (await connection.execute(query)).all()

    async def practices_of(self, ids: Sequence[str]) -> Mapping[str, str]:
        """Which of these conversations, all of them the person's, were a practice: its id by the conversation's."""
        table = practices.c
        query = select(table.conversation_id, table.id).where(table.conversation_id.in_(ids))
        async with self.database.read() as connection:
            return {row.conversation_id: row.id for row in await connection.execute(query.order_by(table.id))}

    async def count(self, person_id: str, wanted: Filter) -> int:
        """How many conversations there are."""
        query = select(func.count()).select_from(conversations).where(*wanted.conditions(person_id))
        async with self.database.read() as connection:
            return await connection.scalar(query) or 0

    async def begun_after(self, person_id: str, wanted: Filter, id: str, limit: int) -> Sequence[Row]:
        """At most `limit` conversations in the order in which they were begun, after the one of that id."""
        table = conversations.c
        query = select(conversations).where(*wanted.conditions(person_id), table.id > id).order_by(table.id)
        async with self.database.read() as connection:
            return (await connection.execute(query.limit(limit))).all()

    async def get(self, person_id: str, id: str) -> Row:
        """One conversation. Raises `NotFound`."""
        query = select(conversations).where(conversations.c.id == id, *Filter().conditions(person_id))
        async with self.database.read() as connection:
            row = (await connection.execute(query)).one_or_none()
        if row is None:
            raise not_found()
        return row

    async def lines(self, person_id: str, id: str, after: int, limit: int, around: str = "") -> Sequence[Row]:
        """At most `limit` + 1 lines, the oldest first, after the one with this number. Raises `NotFound`.

        around: the item id of a line; the page begins half a page before it, wherever `after` is.
        """
        theirs = select(conversations.c.id).where(conversations.c.id == id, *Filter().conditions(person_id))
        of = (lines.c.conversation_id == id, lines.c.shown)
        async with self.database.read() as connection:
            if (await connection.execute(theirs)).one_or_none() is None:
                raise not_found()
            if around:
                number = await connection.scalar(select(lines.c.number).where(*of, lines.c.item_id == around))
                if number is None:
                    raise not_found()
                before = select(lines.c.number).where(*of, lines.c.number < number).order_by(lines.c.number.desc())
                earlier = (await connection.scalars(before.limit(limit // 2 + 1))).all()
                after = earlier[-1] if len(earlier) > limit // 2 else 0
            query = select(lines).where(*of, lines.c.number > after).order_by(lines.c.number)
            return (await connection.execute(query.limit(limit + 1))).all()

    async def edit(self, person_id: str, id: str, version: int | None, values: dict[str, Any]) -> Row:
        """Change title or pin; its new state. Raises `NotFound`, `PreconditionFailed`."""
        table = conversations.c
        change = update(conversations).where(table.id == id, *Filter().conditions(person_id))
        if version is not None:
            change = change.where(table.version == version)
        change = change.values(version=table.version + 1, **values).returning(*conversations.c)
        async with self.database.write() as connection:
            row = (await connection.execute(change)).one_or_none()
        if row is None:
            await self.get(person_id, id)
            raise PreconditionFailed("The conversation was changed meanwhile.")
        return row

    async def delete(self, person_id: str, id: str | None = None) -> tuple[int, int]:
        """Delete one conversation, or all: how many, and until when it can be undone. Raises `NotFound`."""
        at = self.now()
        change = update(conversations).where(*Filter().conditions(person_id)).values(deleted_at=at)
        if id is not None:
            change = change.where(conversations.c.id == id)
        async with self.database.write() as connection:
            deleted = (await connection.execute(change)).rowcount
        if id is not None and not deleted:
            raise not_found()
        return deleted, undo_until(at)

    async def restore(self, person_id: str, id: str | None = None) -> int:
        """Undo a deletion of the last seconds, of one conversation or of all: how many are back. Raises `NotFound`."""
        table = conversations.c
        change = update(conversations).where(
            table.person_id == person_id, table.deleted_at >= undoable_since(self.now())
        )
        if id is not None:
            change = change.where(table.id == id)
        async with self.database.write() as connection:
            restored = (await connection.execute(change.values(deleted_at=None))).rowcount
        if id is not None and not restored:
            raise not_found()
        return restored
