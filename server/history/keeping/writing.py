"""The changes of many conversations, written in one transaction: each line is there whole, or as it was before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import BindParameter, and_, bindparam, case, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from server.history.keeping.items import item_json, summary_json
from server.history.keeping.kept import Changes, Line, Opened
from server.protocol.server_events import timing_object
from server.storage.database import POSTGRESQL, Database
from server.storage.tables.conversations import conversations, lines
from server.storage.words import tokens_of

GONE, TAKEN_OVER = "deleted", "continued_elsewhere"
"""Why a conversation's changes were not written: somebody deleted it, or goes on with it in another session."""


async def write_changes(database: Database, batch: Sequence[Changes], writer_id: str) -> Mapping[Opened, str]:
    """Write them all, or nothing. Returns the conversations that were not written, and why: see `GONE` and `TAKEN_OVER`.

    Raises `StorageError`, and `IntegrityError` where a person is gone.
    """
    batch = sorted(batch, key=lambda changes: changes.opened.id)
    async with database.write() as connection:
        if new := [_new_row(changes, writer_id) for changes in batch if changes.is_new]:
            await connection.execute(_insert(database, conversations).on_conflict_do_nothing(), new)
        lost = await _lost(connection, batch)
        kept = [changes for changes in batch if changes.opened not in lost]
        if rows := [row for changes in kept for row in _line_rows(changes, database.dialect)]:
            await connection.execute(_upsert_lines(database), rows)
        if gone := [{"of": changes.opened.id, "item": id} for changes in kept for id in changes.removed]:
            await connection.execute(_DELETE_LINE, gone)
        if kept:
            await connection.execute(_UPDATE, [_values(changes, writer_id) for changes in kept])
    return lost


async def _lost(connection: AsyncConnection, batch: Sequence[Changes]) -> Mapping[Opened, str]:
    """Those that somebody removed, or goes on with since."""
    query = select(conversations.c.id, conversations.c.attempt).order_by(conversations.c.id).with_for_update()
    rows = await connection.execute(query.where(conversations.c.id.in_({changes.opened.id for changes in batch})))
    attempts = {row.id: row.attempt for row in rows}
    lost = dict[Opened, str]()
    for opened in (changes.opened for changes in batch):
        if opened.id not in attempts:
            lost[opened] = GONE
        elif attempts[opened.id] != opened.attempt:
            lost[opened] = TAKEN_OVER
    return lost


def _insert(database: Database, table: Any) -> Any:
    return postgresql.insert(table) if database.dialect == POSTGRESQL else sqlite.insert(table)


def _upsert_lines(database: Database) -> Any:
    insert = _insert(database, lines)
    new = insert.excluded
    always = ("shown", "said", "heard", "interrupted", "item", "tokens")
    if_known = ("end_ms", "timing")
    values = {name: new[name] for name in always}
    values |= {name: func.coalesce(new[name], lines.c[name]) for name in if_known}
    values["at_ms"] = case((new.end_ms.is_(None), lines.c.at_ms), else_=new.at_ms)
    return insert.on_conflict_do_update(index_elements=["conversation_id", "item_id"], set_=values)


_LINE_COUNT = (
    select(func.count()).where(and_(lines.c.conversation_id == bindparam("of"), lines.c.shown)).scalar_subquery()
)


def _new(name: str) -> BindParameter[Any]:
    return bindparam(f"new_{name}", type_=conversations.c[name].type)  # the type cleans its text


_ALWAYS = (
    *("character_id", "character_name", "character_version", "language"),
    *("ended", "ended_at", "length_ms", "updated_at", "writer_id"),
)

_UPDATE = (
    update(conversations)
    .where(conversations.c.id == bindparam("of"))
    .values(
        line_count=_LINE_COUNT,
        preview=func.coalesce(func.nullif(conversations.c.preview, ""), _new("preview")),
        **{name: _new(name) for name in _ALWAYS},
        summary=func.coalesce(_new("summary"), conversations.c.summary),
        talked_at=func.coalesce(_new("talked_at"), conversations.c.talked_at),
    )
)

_DELETE_LINE = delete(lines).where(lines.c.conversation_id == bindparam("of"), lines.c.item_id == bindparam("item"))


def _new_row(changes: Changes, writer_id: str) -> dict[str, Any]:
    opened = changes.opened
    at = dict.fromkeys(("started_at", "talked_at", "updated_at"), opened.started_at)
    whose = {"id": opened.id, "person_id": opened.person_id, "attempt": opened.attempt, "writer_id": writer_id}
    return {**whose, **changes.about.columns(), **at}


def _values(changes: Changes, writer_id: str) -> dict[str, Any]:
    new = {
        **changes.about.columns(),
        "preview": changes.preview,
        "summary": summary_json(changes.summary) if changes.summary else None,
        "ended": changes.ended,
        "ended_at": changes.updated_at if changes.ended else None,
        "length_ms": changes.length_ms,
        "updated_at": changes.updated_at,
        "talked_at": changes.opened.started_at if changes.lines else None,
        "writer_id": writer_id,
    }
    return {"of": changes.opened.id, **{f"new_{name}": value for name, value in new.items()}}


def _line_rows(changes: Changes, dialect: str) -> Iterator[dict[str, Any]]:
    for line in changes.lines:
        yield {
            "conversation_id": changes.opened.id,
            "person_id": changes.opened.person_id,
            **line_columns(line, dialect),
        }


def line_columns(line: Line, dialect: str) -> dict[str, Any]:
    """A line as its row has it, but for whose it is."""
    item, said = line.item, line.said
    return {
        "item_id": item.id,
        "role": item.role if item.type == "message" else "tool",
        "shown": line.shown,
        "said": said,
        "heard": item.text,
        "interrupted": item.whole is not None and item.whole != item.text,
        "at_ms": line.at_ms,
        "end_ms": line.end_ms,
        "item": item_json(item),
        "timing": timing_object(line.timing) if line.timing else None,
        "tokens": tokens_of(said, dialect) if line.shown else "",
        "created_at": line.created_at,
    }
