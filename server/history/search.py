"""Finds conversations by what was said in them, the newest line first."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    and_,
    bindparam,
    func,
    literal,
    literal_column,
    select,
    text,
    type_coerce,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from server.history.store import Filter
from server.storage.database import POSTGRESQL, Database
from server.storage.tables.conversations import conversations, lines
from server.storage.words import Term, match_of

AT_ONCE = 1_500
"""Lines that are looked at in one query: a conversation may hold many."""

MOST_HITS = 3
"""Lines that are told of one conversation."""

NEAR = 15_000
"""The newest lines, in which PostgreSQL looks first, about 20 ms long. For what is common there it goes on line by line;
all else is looked up in the index and sorted. Left to choose, it walks through half a million lines for a word that stands
in 25 of them (0.7 s), and sorts a third of a million for the word "the" (2.5 s).
"""

COMMON, COMMON_OF_SOME = 50, 300
"""In so many of the newest lines it stands, if something is common, and where only some conversations are wanted: then more
lines are walked through. As many are looked at in the first query, twice as many in the next.
"""

IN_ORDER = text("SET LOCAL enable_sort TO off")
"""PostgreSQL takes what no index tells for rare, and would read all lines and sort those that are left (1.1 s)."""

FEW = 300
"""Conversations whose lines are looked at one by one, if there are no more than `NEAR`: both indexes are of all lines."""

INDEX_FIRST = text(
    "lines_fts CROSS JOIN lines ON lines.number = lines_fts.rowid"
    " CROSS JOIN conversations ON conversations.id = lines.conversation_id"
)
"""SQLite reads the index backwards and stops when it has enough; left to itself it begins with the conversations."""

BY_NO_INDEX = (lines.c.number + 0).desc()
"""The newest first, sorted: both would rather walk through all of the person's lines in this order."""

NUMBER = literal_column("lines_fts.rowid", lines.c.number.type).label("number")
CONVERSATION = literal_column("lines.conversation_id", lines.c.conversation_id.type)
ITS: Any = SimpleNamespace(
    **{column.name: literal_column(f"conversations.{column.name}", column.type) for column in conversations.c}
)
"""The columns of `conversations` in that order of tables, which no statement adds to its own tables."""


@dataclass(frozen=True, slots=True)
class Found:
    """A conversation's row and those of its newest lines with what was looked for."""

    conversation: Any
    lines: Sequence[Any]
    newest: int


async def search(
    database: Database,
    person_id: str,
    terms: Sequence[Term],
    wanted: Filter,
    after: tuple[int, str] | None,
    limit: int,
    *,
    near: int = NEAR,
    at_once: int = AT_ONCE,
) -> Sequence[Found]:
    """At most `limit` + 1 conversations, in the order of the newest lines in which all terms stand.

    `after`: the number of such a line, and its conversation, with which the page before ended.
    """
    if not terms:
        return []
    stands = _stands(terms, database.dialect, lines.c.tokens)
    async with database.read() as connection:
        few = await _few(connection, person_id, wanted, near)
        common = COMMON if wanted == Filter() else COMMON_OF_SOME
        if few is not None:
            matching = _of_few(few, stands)
        elif database.dialect != POSTGRESQL:
            matching = _by_sqlites_index(person_id, terms, wanted)
        elif await _count_near(connection, person_id, terms, after, near, common) == common:
            await connection.execute(IN_ORDER)
            matching, at_once = _line_by_line(person_id, wanted).where(stands), min(at_once, common)
        else:
            matching = _by_postgresqls_index(person_id, terms, wanted)
        if few is None and wanted.narrow:
            first, last = await _bounds(connection, person_id, wanted)
            number = matching.selected_columns[0]
            matching = matching.where(number >= first, number <= last)
        numbers = await _numbers(connection, matching, stands, after, limit + 1, at_once)
        return await _found(connection, numbers)


async def _few(connection: AsyncConnection, person_id: str, wanted: Filter, most: int) -> list[str] | None:
    """The wanted conversations, if they are few and have no more than `most` lines together."""
    if wanted == Filter():
        return None
    query = select(conversations.c.id, conversations.c.line_count).where(*wanted.conditions(person_id)).limit(FEW + 1)
    rows = (await connection.execute(query)).all()
    return [row.id for row in rows] if len(rows) <= FEW and sum(row.line_count for row in rows) <= most else None


async def _count_near(
    connection: AsyncConnection,
    person_id: str,
    terms: Sequence[Term],
    after: tuple[int, str] | None,
    near: int,
    most: int,
) -> int:
    """In how many of the person's `near` newest lines, or of those from `after` on, all terms stand; `most` at most."""
    newest = select(lines.c.tokens).where(lines.c.person_id == person_id).order_by(lines.c.number.desc()).limit(near)
    if after:
        newest = newest.where(lines.c.number <= after[0])
    looked = newest.subquery()
    some = select(literal(1)).select_from(looked).where(_stands(terms, POSTGRESQL, looked.c.tokens)).limit(most)
    return len((await connection.execute(some)).all())


def _of_few(few: Sequence[str], stands: ColumnElement[bool]) -> Select[Any]:
    query = select(lines.c.number, lines.c.conversation_id).where(lines.c.conversation_id.in_(few), stands)
    return query.order_by(BY_NO_INDEX)


def _line_by_line(person_id: str, wanted: Filter) -> Select[Any]:
    """Numbers of lines and their conversations, the newest first."""
    query = select(lines.c.number, lines.c.conversation_id).join(
        conversations, conversations.c.id == lines.c.conversation_id
    )
    query = query.where(lines.c.person_id == person_id, *wanted.conditions(person_id))
    return query.order_by(lines.c.number.desc())


def _by_postgresqls_index(person_id: str, terms: Sequence[Term], wanted: Filter) -> Select[Any]:
    match = text("CAST(:match AS tsquery)").bindparams(match=match_of(terms, POSTGRESQL))
    query = _line_by_line(person_id, wanted).where(lines.c.tokens.op("@@")(match))
    return query.order_by(None).order_by(BY_NO_INDEX)


def _by_sqlites_index(person_id: str, terms: Sequence[Term], wanted: Filter) -> Select[Any]:
    whole = f'person_id : "{person_id}" AND {match_of(terms, "sqlite")}'
    stands = literal_column("lines_fts").op("MATCH")(bindparam("match", whole))
    query = select(NUMBER, CONVERSATION).select_from(INDEX_FIRST)
    return query.where(stands, *wanted.conditions(person_id, ITS)).order_by(NUMBER.desc())


def _stands(terms: Sequence[Term], dialect: str, tokens: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether all terms stand in a line with these tokens, by looking at it: no index has this form."""
    if dialect == POSTGRESQL:
        match = text("CAST(:match AS tsquery)").bindparams(match=match_of(terms, dialect))
        return func.coalesce(tokens, text("CAST('' AS tsvector)")).op("@@")(match)
    words = literal(" ") + type_coerce(tokens, Text) + " "
    return and_(*(func.instr(words, f" {' '.join(term.words)}{'' if term.prefix else ' '}") > 0 for term in terms))


async def _bounds(connection: AsyncConnection, person_id: str, wanted: Filter) -> tuple[int, int]:
    """Between which numbers all lines of the wanted conversations are: the index is read there only."""
    ids = select(conversations.c.id).where(*wanted.conditions(person_id))
    number = lines.c.number
    row = (
        await connection.execute(select(func.min(number), func.max(number)).where(lines.c.conversation_id.in_(ids)))
    ).one()
    return (0, -1) if row[0] is None else (row[0], row[1])


async def _numbers(
    connection: AsyncConnection,
    matching: Select[Any],
    stands: ColumnElement[bool],
    after: tuple[int, str] | None,
    most: int,
    at_once: int,
) -> dict[str, list[int]]:
    """The newest numbers of lines of the first `most` conversations; each round finds another one, or all are found."""
    found: dict[str, list[int]] = {}
    before, told = after[0] if after else None, {after[1]} if after else set[str]()
    number, id = matching.selected_columns
    while True:
        query = matching.where(id.not_in([*told, *found])).limit(at_once)
        if before is not None:
            query = query.where(number < before)
        rows = (await connection.execute(query)).all()
        if after:
            told |= await _told_before(connection, {row[1] for row in rows} - found.keys(), stands, after[0])
        for line, conversation in rows:
            if conversation not in told and (conversation in found or len(found) < most):
                found.setdefault(conversation, []).append(line)
        if len(rows) < at_once or len(found) >= most:
            return {id: numbers[:MOST_HITS] for id, numbers in found.items()}
        before, at_once = rows[-1][0], min(2 * at_once, AT_ONCE)


async def _told_before(
    connection: AsyncConnection, ids: Collection[str], stands: ColumnElement[bool], number: int
) -> set[str]:
    """Those of the conversations that are on an earlier page: they were continued, and it was said again behind `number`."""
    query = select(lines.c.conversation_id).distinct()
    query = query.where(lines.c.conversation_id.in_(ids), lines.c.number > number, stands)
    return set((await connection.scalars(query)).all()) if ids else set()


async def _found(connection: AsyncConnection, numbers: dict[str, list[int]]) -> Sequence[Found]:
    wanted = [number for some in numbers.values() for number in some]
    lines_found = {row.number: row for row in await connection.execute(select(lines).where(lines.c.number.in_(wanted)))}
    query = select(conversations).where(conversations.c.id.in_(numbers))
    rows = {row.id: row for row in await connection.execute(query)}
    return [
        Found(rows[id], [lines_found[number] for number in some if number in lines_found], some[0])
        for id, some in numbers.items()
        if id in rows
    ]
