"""What progress is read from, and the goals that are kept. Nobody else's are in an answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, exists, func, select
from sqlalchemy.dialects import postgresql, sqlite

from pipeline.errors import LimitReached
from server.errors import NotFound
from server.practice.locking import lock_person
from server.practice.progress.answers import Goal, NewGoal, ProgressQuery
from server.practice.progress.progress import Told
from server.storage.database import POSTGRESQL, Database
from server.storage.ids import Now, now_ms
from server.storage.tables.practice import practice_goals, practice_reports, practices

MOST_GOALS = 50
"""Of one person."""

AT_ONCE = 20
"""Practices whose reports are read at a time: a report may have a megabyte of clips."""

PARTS = ("measures", "vocabulary", "mistakes")

table, reports, goals = practices.c, practice_reports.c, practice_goals.c


@dataclass(frozen=True)
class ProgressStore:
    """All methods take the person's id."""

    database: Database
    now: Now = now_ms
    most_goals: int = MOST_GOALS

    async def practised(self, person_id: str, language: str = "") -> Sequence[tuple[str, int]]:
        """In which language practices were begun, and when."""
        query = select(table.language, table.began_at).where(table.person_id == person_id, table.began_at.is_not(None))
        if language:
            query = query.where(table.language == language)
        async with self.database.read() as connection:
            return [(row.language, row.began_at) for row in await connection.execute(query)]

    async def told(self, person_id: str, wanted: ProgressQuery) -> Sequence[Told]:
        """The newest practices in whose report something is measured, the oldest first."""
        measured = exists().where(reports.practice_id == table.id, reports.part.in_(PARTS), reports.state == "ready")
        named = ("id", "title", "kind", "language", "created_at", "began_at", "ended_at")
        query = select(*(table[name] for name in named)).where(table.person_id == person_id, measured)
        if wanted.language:
            query = query.where(table.language == wanted.language)
        if wanted.kind:
            query = query.where(table.kind == wanted.kind)
        newest = query.order_by(func.coalesce(table.began_at, table.created_at).desc(), table.id.desc())
        async with self.database.read() as connection:
            rows = (await connection.execute(newest.limit(wanted.limit))).all()[::-1]
        found: list[Told] = []
        for start in range(0, len(rows), AT_ONCE):
            found += await self._contents(rows[start : start + AT_ONCE])
        return found

    async def _contents(self, rows: Sequence[Any]) -> list[Told]:
        ready = (reports.state == "ready", reports.content.is_not(None), reports.part.in_(PARTS))
        query = select(reports.practice_id, reports.part, reports.content).where(*ready)
        parts: dict[str, dict[str, Any]] = {row.id: {} for row in rows}
        async with self.database.read() as connection:
            for row in await connection.execute(query.where(reports.practice_id.in_(parts))):
                parts[row.practice_id][row.part] = _without_clips(row.part, row.content)
        return [Told(row, parts[row.id]) for row in rows]

    async def goals(self, person_id: str, language: str = "") -> Sequence[Goal]:
        """What the person wants to reach."""
        query = select(practice_goals).where(goals.person_id == person_id)
        if language:
            query = query.where(goals.language == language)
        async with self.database.read() as connection:
            rows = await connection.execute(query.order_by(goals.language, goals.measure))
            return [_goal(row.language, row.measure, row.target) for row in rows]

    async def set_goal(self, person_id: str, language: str, measure: str, new: NewGoal) -> Goal:
        """Want this from now on. Raises `LimitReached`."""
        target = new.model_dump(exclude_none=True)
        values = {"target": target, "updated_at": self.now()}
        keys = {"person_id": person_id, "language": language, "measure": measure}
        own = (goals.person_id == person_id, (goals.language != language) | (goals.measure != measure))
        insert = postgresql.insert if self.database.dialect == POSTGRESQL else sqlite.insert
        put = insert(practice_goals).values(**keys, **values)
        async with self.database.write() as connection:
            await lock_person(connection, person_id)
            others = await connection.scalar(select(func.count()).select_from(practice_goals).where(*own))
            if (others or 0) >= self.most_goals:
                raise LimitReached(f"There are {self.most_goals} goals already.", code="too_many_goals")
            await connection.execute(put.on_conflict_do_update(index_elements=list(keys), set_=values))
        return _goal(language, measure, target)

    async def drop_goal(self, person_id: str, language: str, measure: str) -> None:
        """Want it no more. Raises `NotFound`."""
        own = (goals.person_id == person_id, goals.language == language, goals.measure == measure)
        async with self.database.write() as connection:
            if not (await connection.execute(delete(practice_goals).where(*own))).rowcount:
                raise NotFound("There is no such goal.", code="goal_not_found")


def _without_clips(part: str, content: Any) -> Any:
    """Nothing that was said, only what is counted."""
    if part == "mistakes":
        groups = [{name: group[name] for name in ("kind", "label", "count")} for group in content.get("groups") or ()]
        return {"groups": groups, "per_100": content.get("per_100")}
    named = ("id", "value", "count", "estimated")
    return {"items": [{name: item.get(name) for name in named} for item in content.get("items") or ()]}


def _goal(language: str, measure: str, target: dict[str, float]) -> Goal:
    return Goal(language=language, measure=measure, at_least=target.get("at_least"), at_most=target.get("at_most"))
