"""Practices that people keep: planned, begun, over. Nobody else's are in an answer.

    ready ──begin──▶ going ──finish──▶ over
      ▲                │ release         │ begin, with the conversation that it was talked in
      └────────────────┘                 └──────▶ going

A practice is talked in one conversation. Whoever begins it with another while it goes on is refused, so that of two tabs
one has it; a conversation that is gone on with has its practice again, also one that a killed server left going.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, func, or_, select, update

from pipeline.practice.practice import Practice
from server.errors import Conflict, NotFound, QuotaExceeded
from server.practice.locking import lock_person
from server.practice.values import json_of, practice_of
from server.storage.database import Database
from server.storage.ids import Now, new_id, now_ms
from server.storage.tables.conversations import conversations
from server.storage.tables.practice import practices

KIND = "prac"
"""Of ids, see `new_id`."""

MOST = 2_000
"""Of one person. One with an advert and a CV has some 50 kB."""

LOST_MS = 3_600_000
"""A practice that goes on for longer than any conversation may, of which nothing was kept, was lost with its server."""

LONG = ("practice", "moves", "corrections")
"""Columns that lists are read without."""

Row = Any

table = practices.c


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which practices are listed. An empty text stands for any."""

    kind: str = ""
    language: str = ""
    conversation: str = ""


def no_such_practice() -> NotFound:
    """For one that is not there, or somebody else's."""
    return NotFound("There is no practice of that id.", code="practice_not_found")


def begun() -> Conflict:
    """For what can only be done before it is talked."""
    return Conflict("The practice was begun already: make a new one.", code="practice_begun")


@dataclass(frozen=True)
class PracticeStore:
    """Where they are kept. most: how many one person may have."""

    database: Database
    now: Now = now_ms
    most: int = MOST

    def new_id(self) -> str:
        """The id of a practice that is about to be made."""
        return new_id(KIND, self.now())

    async def create(self, person_id: str, practice: Practice) -> Row:
        """Keep a planned one. Raises `QuotaExceeded`."""
        row = {
            "id": practice.id,
            "person_id": person_id,
            "created_at": self.now(),
            "state": "ready",
            **_columns(practice),
        }
        count = select(func.count()).select_from(practices).where(table.person_id == person_id)
        async with self.database.write() as connection:
            await lock_person(connection, person_id)
            if (await connection.scalar(count) or 0) >= self.most:
                message = f"You may have {self.most} practices, and have as many: delete some first."
                raise QuotaExceeded(message, code="too_many_practices")
            await connection.execute(practices.insert().values(**row))
        return await self.get(person_id, practice.id)

    async def get(self, person_id: str, id: str) -> Row:
        """One of the person's. Raises `NotFound`."""
        async with self.database.read() as connection:
            row: Row = (await connection.execute(_rows().where(table.id == id, _of(person_id)))).one_or_none()
        if row is None:
            raise no_such_practice()
        return row

    async def listed(self, person_id: str, wanted: Wanted, before: tuple[int, str] | None, limit: int) -> Sequence[Row]:
        """At most `limit` + 1 of the person's, the newest first, without what was planned."""
        query = _rows(*(column for column in table if column.name not in LONG)).where(_of(person_id))
        if wanted.kind:
            query = query.where(table.kind == wanted.kind)
        if wanted.language:
            query = query.where(table.language == wanted.language)
        if wanted.conversation:
            query = query.where(table.conversation_id == wanted.conversation)
        if before:
            query = query.where(
                or_(table.created_at < before[0], and_(table.created_at == before[0], table.id < before[1]))
            )
        ordered = query.order_by(table.created_at.desc(), table.id.desc()).limit(limit + 1)
        async with self.database.read() as connection:
            rows: Sequence[Row] = (await connection.execute(ordered)).all()
        return rows

    async def last_planned(self, person_id: str, template: str) -> Practice | None:
        """The person's last practice of a role or a scene, if there is one that can still be read."""
        chosen = or_(
            table.practice["interview"]["role"].as_string() == template,
            table.practice["scene"]["scene"].as_string() == template,
        )
        query = select(table.practice).where(_of(person_id), chosen)
        async with self.database.read() as connection:
            found = await connection.scalar(query.order_by(table.created_at.desc(), table.id.desc()).limit(1))
        try:
            return practice_of(found) if found else None
        except Conflict:
            return None

    async def replan(self, person_id: str, practice: Practice) -> Row:
        """Keep another plan of one that is ready. Raises `NotFound`, `Conflict`."""
        change = update(practices).where(table.id == practice.id, _of(person_id), table.state == "ready")
        async with self.database.write() as connection:
            done = (await connection.execute(change.values(**_columns(practice)))).rowcount
        row = await self.get(person_id, practice.id)
        if not done:
            raise begun()
        return row

    async def delete(self, person_id: str, id: str) -> None:
        """Remove one, with its report. Its conversation stays, and so do its cards. Raises `NotFound`."""
        async with self.database.write() as connection:
            if not (await connection.execute(delete(practices).where(table.id == id, _of(person_id)))).rowcount:
                raise no_such_practice()

    # --- While it is talked -------------------------------------------------------------------------------------------

    async def begin(self, practice_id: str, person_id: str, conversation_id: str) -> Practice:
        """Have it talked in that conversation, which need not be kept yet. Raises `NotFound`, `Conflict`."""
        at = self.now()
        here = table.conversation_id == conversation_id
        lost = and_(table.state == "going", table.began_at < at - LOST_MS, ~is_kept(table.conversation_id))
        free = or_(table.state == "ready", here, lost)
        change = update(practices).where(table.id == practice_id, _of(person_id), free)
        values = {"state": "going", "conversation_id": conversation_id, "ended_at": None}
        began = {"began_at": func.coalesce(table.began_at, at)}
        async with self.database.write() as connection:
            found = await connection.scalar(change.values(**values, **began).returning(table.practice))
            if found is None:
                query = select(table.state).where(table.id == practice_id, _of(person_id))
                state = await connection.scalar(query)
                if state is None:
                    raise no_such_practice()
                if state == "over":
                    raise Conflict("The practice is over: make a new one.", code="practice_over")
                message = "The practice goes on in another talk: go on there, or make a new one."
                raise Conflict(message, code="practice_begun")
            return practice_of(found)

    async def release(self, practice_id: str, conversation_id: str) -> None:
        """Have it ready again: nothing was said in that conversation."""
        change = update(practices).where(table.id == practice_id, table.conversation_id == conversation_id)
        back = {"state": "ready", "conversation_id": None, "began_at": None}
        async with self.database.write() as connection:
            await connection.execute(change.where(table.state == "going", table.moves.is_(None)).values(**back))

    async def finish(
        self, practice_id: str, moves: Mapping[str, Any], corrections: Sequence[Mapping[str, Any]]
    ) -> None:
        """Its talk is over: keep what was decided and told, beside what was before. Nothing is done if it is deleted.

        The talk is called like the practice, if nobody has given it a title.
        """
        await self._keep(practice_id, moves, corrections, {"state": "over", "ended_at": self.now()})

    async def keep(self, practice_id: str, moves: Mapping[str, Any], corrections: Sequence[Mapping[str, Any]]) -> None:
        """The same while it goes on, so that a server that is killed loses little."""
        await self._keep(practice_id, moves, corrections, {})

    async def going_in(self, person_id: str, conversation_id: str) -> str | None:
        """The id of the person's practice that goes on in that conversation."""
        going = (_of(person_id), table.conversation_id == conversation_id, table.state == "going")
        async with self.database.read() as connection:
            found: str | None = await connection.scalar(select(table.id).where(*going).limit(1))
        return found

    async def _keep(
        self,
        practice_id: str,
        moves: Mapping[str, Any],
        corrections: Sequence[Mapping[str, Any]],
        state: Mapping[str, Any],
    ) -> None:
        query = select(table.moves, table.corrections, table.title, table.conversation_id)
        async with self.database.write() as connection:
            before = (await connection.execute(query.where(table.id == practice_id).with_for_update())).one_or_none()
            if before is None:
                return
            told = [*(before.corrections or ()), *corrections]
            values = {
                **state,
                "moves": {**(before.moves or {}), **moves},
                "corrections": [one for number, one in enumerate(told) if one not in told[:number]],
            }
            await connection.execute(update(practices).where(table.id == practice_id).values(**values))
            if state:
                talks = conversations.c
                untitled = update(conversations).where(talks.id == before.conversation_id, talks.title == "")
                await connection.execute(untitled.values(title=before.title, version=talks.version + 1))


def _columns(practice: Practice) -> dict[str, Any]:
    named = ("kind", "language", "character_id", "title")
    return {**{name: getattr(practice, name) for name in named}, "practice": json_of(practice)}


def _of(person_id: str) -> ColumnElement[bool]:
    return table.person_id == person_id


def is_deleted(id: Any) -> ColumnElement[bool]:
    """Whether a conversation is deleted and not removed yet, so that it may come back: nothing is told of it until then."""
    there = select(conversations.c.id).where(conversations.c.id == id, conversations.c.deleted_at.is_not(None))
    return there.exists()


def is_kept(id: Any) -> ColumnElement[bool]:
    """Whether a conversation is there and was not deleted."""
    there = select(conversations.c.id).where(conversations.c.id == id, conversations.c.deleted_at.is_(None))
    return there.exists()


def _rows(*columns: Any) -> Select[Any]:
    """These columns, or all, and whether the talk is there: `talk_is_kept`."""
    return select(*(columns or table), is_kept(table.conversation_id).label("talk_is_kept"))
