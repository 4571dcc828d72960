"""What somebody takes along of their practices, beside their conversations: everything that is kept of them, as JSON."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Table, select

from server.history.exporting.files import BesideFile, name_of
from server.practice.report.numbers import without_words
from server.practice.store import is_deleted
from server.storage.database import Database
from server.storage.tables.practice import (
    practice_cards,
    practice_goals,
    practice_reports,
    practice_reviews,
    practice_templates,
    practices,
)

FOLDER = "practice"

WHOLE: Mapping[str, Table] = {
    "roles and scenes": practice_templates,
    "goals": practice_goals,
    "cards": practice_cards,
    "reviews of cards": practice_reviews,
}
"""Tables of which all rows of a person are in one file, by its name."""

PRETTY = orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS


async def files_of(database: Database, person_id: str) -> AsyncIterator[BesideFile]:
    """A file for each practice, with its report; then one for each of the other tables that has something.

    Of one whose talk is deleted there are numbers alone, also while that can be undone.
    """
    mine, gone = practices.c.person_id == person_id, is_deleted(practices.c.conversation_id)
    async with database.read() as connection:
        ids = list(await connection.scalars(select(practices.c.id).where(mine)))
        hidden = set(await connection.scalars(select(practices.c.id).where(mine, gone)))
    for id in ids:  # each by itself: some have an advert and a CV
        for practice in await _rows(database, practices, practices.c.id == id):
            parts = await _rows(database, practice_reports, practice_reports.c.practice_id == id)
            if id in hidden:
                practice = {**practice, "moves": None, "corrections": None}
                parts = [{**part, "content": without_words(part["part"], part["content"])} for part in parts]
            report = {part["part"]: {key: part[key] for key in ("state", "content", "made_by")} for part in parts}
            name = name_of(practice["created_at"], practice["title"], id)
            yield _file(f"practices/{name}", practice["created_at"], {**practice, "report": report})
    for name, table in WHOLE.items():
        if rows := await _rows(database, table, table.c.person_id == person_id):
            yield _file(name, max(int(row.get("updated_at") or row.get("reviewed_at") or 0) for row in rows), rows)


async def _rows(database: Database, table: Table, which: ColumnElement[bool]) -> list[dict[str, Any]]:
    columns = [column for column in table.c if column.name != "person_id"]
    async with database.read() as connection:
        return [dict(row._mapping) for row in await connection.execute(select(*columns).where(which))]


def _file(name: str, at_ms: int, content: Any) -> BesideFile:
    return BesideFile(f"{FOLDER}/{name}.json", at_ms, orjson.dumps(content, option=PRETTY))
