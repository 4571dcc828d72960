"""The database that is restored into, in the one transaction that replaces all of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import JSON, Column, Connection, MetaData, Table, func, insert, select, text
from sqlalchemy.exc import DBAPIError, OperationalError, StatementError

from server.storage.backup.archive import BackupError
from server.storage.backup.rows import READ_ROWS, tables_of
from server.storage.backup.values import read
from server.storage.database import POSTGRESQL
from server.storage.migrate import SEARCH, bring_to, current_revision

APPEND_ONLY = "audit_log"
"""The table whose rows triggers keep from being deleted. What was written into it since the backup is written again."""

TRIGGERS = text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table")
FUNCTIONS = text(
    "SELECT p.oid::regprocedure::text FROM pg_proc p WHERE p.pronamespace = current_schema()::regnamespace "
    "AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')"
)
"""Those of the migrations, and none that came with an extension."""


def begin_anew(connection: Connection, revision: str) -> None:
    """Leave nothing but the empty tables of that revision of the schema, whatever was there, a newer one too.

    Where the schema is the same it stays, so that statements that running servers have prepared go on to work.
    """
    if current_revision(connection) == revision:
        _empty(connection)
    else:
        _drop(connection)
        bring_to(connection, revision)


def written_since(connection: Connection, at_ms: int) -> Sequence[Mapping[str, Any]]:
    """What the audit log, if there is one, holds that may be younger than the backup."""
    audit_log = next((table for table in tables_of(connection) if table.name == APPEND_ONLY), None)
    if audit_log is None:
        return []
    return [dict(row) for row in connection.execute(select(audit_log).where(audit_log.c.at >= at_ms)).mappings()]


def write_again(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Put such rows behind the audit log that was restored."""
    audit_log = next(table for table in tables_of(connection) if table.name == APPEND_ONLY)
    last = connection.scalar(select(func.coalesce(func.max(audit_log.c.number), 0))) or 0
    known = set(audit_log.columns.keys())
    younger = [{name: value for name, value in row.items() if name in known} for row in rows if row["number"] > last]
    if younger:
        connection.execute(insert(audit_log), younger)


def insert_rows(connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[list[Any]]) -> None:
    """Put rows into a table. Raises `BackupError` where they do not fit."""
    if unknown := sorted(set(columns) - set(table.columns.keys())):
        raise BackupError(f"The backup holds a column that {table.name} does not have: {unknown[0][:64]}.")
    known = [table.columns[name] for name in columns]
    for start in range(0, len(rows), READ_ROWS):
        values = [_values(known, row) for row in rows[start : start + READ_ROWS]]
        try:
            connection.execute(insert(table), values)
        except StatementError as error:
            if isinstance(error, OperationalError) or (isinstance(error, DBAPIError) and error.connection_invalidated):
                raise
            raise BackupError(f"The backup holds rows of {table.name} that do not fit into the database.") from error


def count_on(connection: Connection) -> None:
    """Let PostgreSQL count numbered rows on from the highest; SQLite does by itself."""
    if connection.dialect.name != POSTGRESQL:
        return
    for table in tables_of(connection):
        number = table.autoincrement_column
        if number is not None:
            sequence = func.pg_get_serial_sequence(table.name, number.name)
            highest = select(func.coalesce(func.max(number), 0) + 1).scalar_subquery()
            connection.execute(select(func.setval(sequence, highest, False)))


def empty_tables(connection: Connection) -> Mapping[str, Table]:
    """The tables, by name. A column of JSON that may be empty is, where a row has no value; not the JSON `null`."""
    tables = tables_of(connection)
    for column in (column for table in tables for column in table.columns):
        if isinstance(column.type, JSON):
            column.type.none_as_null = bool(column.nullable)
    return {table.name: table for table in tables}


def _empty(connection: Connection) -> None:
    tables = tables_of(connection)
    if connection.dialect.name == POSTGRESQL:
        there = {table.name for table in tables}
        protected = [APPEND_ONLY] if APPEND_ONLY in there else []
        for name in protected:
            connection.execute(text(f"ALTER TABLE {name} DISABLE TRIGGER USER"))
        connection.execute(text(f"TRUNCATE {', '.join(sorted(there))}"))
        for name in protected:
            connection.execute(text(f"ALTER TABLE {name} ENABLE TRIGGER USER"))
        return
    triggers = connection.execute(TRIGGERS, {"table": APPEND_ONLY}).all()
    for name, _sql in triggers:
        connection.execute(text(f"DROP TRIGGER {name}"))
    for table in reversed(tables):
        connection.execute(table.delete())
    for _name, sql in triggers:
        connection.exec_driver_sql(sql)


def _drop(connection: Connection) -> None:
    postgresql = connection.dialect.name == POSTGRESQL
    for name in () if postgresql else SEARCH:  # with what SQLite keeps beside it; in PostgreSQL it is an index
        connection.execute(text(f"DROP TABLE IF EXISTS {name}"))
    everything = MetaData()
    everything.reflect(connection)
    everything.drop_all(connection)
    if postgresql:
        for name in connection.scalars(FUNCTIONS).all():
            connection.execute(text(f"DROP FUNCTION {name} CASCADE"))


def _values(columns: Sequence[Column[Any]], row: Sequence[Any]) -> Mapping[str, Any]:
    return {column.name: read(column, value) for column, value in zip(columns, row, strict=True)}
