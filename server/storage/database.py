"""The database, SQLite or PostgreSQL by a setting: one way to read, one to write, one kind of error.

SQLite has one writer. Whoever writes says so at once (`BEGIN IMMEDIATE`): a transaction that begins by reading and writes
later fails with "database is locked" as soon as another has written meanwhile, however long it would wait. So there is an
engine with one connection that writes, and one with some that only read; in WAL mode neither waits for the other.
"""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import URL, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from pipeline.errors import SettingError
from pipeline.text.clean import clean
from server.errors import StorageError, StorageFull
from server.settings.keeping import StorageSettings

BUSY_MS = 10_000
"""How long a connection waits for another process that writes to the same SQLite file."""

WAIT_S = 15.0
"""How long a request waits for a connection."""

STATEMENT_S = 30.0
"""How long PostgreSQL may take for a statement."""

READERS, CONNECTIONS = 4, 10
"""Connections that read SQLite; connections to PostgreSQL."""

PARAMETERS = frozenset({"host", "port", "sslmode", "ssl"})
"""What may stand behind the ? of an address: what both drivers take, this one and that of background work."""

SWITCH_S = 0.02
"""How soon a connection tries again to have a new SQLite file in WAL mode: while another process does just that, SQLite
refuses it at once, without waiting for `busy_timeout`."""

FILE = "kaikou.db"

POSTGRESQL = "postgresql"

_UNFIT = re.compile("\\\\u0000|[\ud800-\udfff]")
"""In JSON: what PostgreSQL does not take, and what is no UTF-8."""

SET_UP = (f"busy_timeout={BUSY_MS}", "journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "secure_delete=ON")
"""What is deleted is overwritten. NORMAL loses, in WAL mode, the last transactions if the power fails, and tears nothing;
a killed process loses none."""


@dataclass(frozen=True)
class Database:
    """An open database. `url` is for showing: without its password."""

    url: str
    _reader: AsyncEngine
    _writer: AsyncEngine

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`, for the few statements that one of them says otherwise."""
        return self._writer.dialect.name

    def read(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """A connection that sees one state of the database. Raises `StorageError`."""
        return _transaction(self._reader)

    def write(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """One transaction: it is kept when the block ends, and undone if it raises. On SQLite nobody else writes meanwhile.

        Raises `StorageError`, and `IntegrityError` where a row breaks a constraint, which callers count on.
        """
        return _transaction(self._writer)

    async def wipe(self) -> None:
        """Leave nothing that was deleted in SQLite's log of what was written; PostgreSQL sees to its own."""
        if self.dialect == POSTGRESQL:
            return
        try:
            async with self._writer.connect() as connection:
                raw = await connection.get_raw_connection()
                await (await raw.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")).close()  # type: ignore[union-attr]
        except (DBAPIError, PoolTimeout, OSError, sqlite3.Error) as error:
            raise storage_error(error) from error

    async def close(self) -> None:
        """Give the connections back, to the end also where this is cancelled, as it is after Ctrl-C."""
        closing = asyncio.create_task(self._dispose())
        try:
            await asyncio.shield(closing)
        finally:
            await asyncio.wait({closing}, timeout=WAIT_S)

    async def _dispose(self) -> None:
        await self._reader.dispose()
        if self._writer is not self._reader:
            await self._writer.dispose()


def open_database(settings: StorageSettings) -> Database:
    """The database that the settings name; nothing is read yet. Raises `SettingError`."""
    url = database_url(settings)
    shown = url.render_as_string(hide_password=True)
    if url.get_backend_name() == POSTGRESQL:
        engine = create_async_engine(
            url,
            pool_size=CONNECTIONS,
            max_overflow=0,
            pool_timeout=WAIT_S,
            pool_pre_ping=True,
            connect_args={"timeout": WAIT_S, "command_timeout": STATEMENT_S},
            json_serializer=json_text,
            hide_parameters=True,  # an error is logged, and what was said is among them
        )
        return Database(shown, engine, engine)
    return Database(shown, _sqlite(url, READERS, "DEFERRED"), _sqlite(url, 1, "IMMEDIATE"))


def json_text(value: Any) -> str:
    """A value of a JSON column as both databases take it, its texts as clean as those of other columns."""
    text = json.dumps(value, ensure_ascii=False)
    return json.dumps(_clean(value), ensure_ascii=False) if _UNFIT.search(text) else text


def _clean(value: Any) -> Any:
    match value:
        case str():
            return clean(value)
        case dict():
            return {_clean(name): _clean(inner) for name, inner in value.items()}
        case list() | tuple():
            return [_clean(inner) for inner in value]
        case _:
            return value


def database_url(settings: StorageSettings) -> URL:
    """Where the database is, with the driver that talks to it. Raises `SettingError`."""
    if settings.database_url is None:
        return URL.create("sqlite+aiosqlite", database=str((settings.folder / FILE).absolute()))
    written = settings.database_url.get_secret_value()
    try:
        url = make_url(written)
    except (ArgumentError, ValueError):  # the latter for a port that is no number
        url = None
    if url is None or url.get_backend_name() not in (POSTGRESQL, "postgres"):
        raise SettingError("KAIKOU_DATABASE_URL names no PostgreSQL database: postgresql://user:password@host/name")
    query: dict[str, Any] = dict(url.query)
    if query.keys() - PARAMETERS:
        raise SettingError(
            "KAIKOU_DATABASE_URL has a parameter behind its ? that is not known here: host, port and sslmode are. Of "
            "certificates the variables PGSSLROOTCERT, PGSSLCERT and PGSSLKEY tell."
        )
    if mode := query.pop("sslmode", None):  # what other programs call it
        query["ssl"] = mode
    return url.set(drivername=f"{POSTGRESQL}+asyncpg", query=query)


def sqlite_file(settings: StorageSettings) -> Path | None:
    """The file of the SQLite database; None where it is another one."""
    return settings.folder / FILE if settings.database_url is None else None


def _sqlite(url: URL, connections: int, begin: str) -> AsyncEngine:
    engine = create_async_engine(
        url,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=WAIT_S,
        json_serializer=json_text,
        hide_parameters=True,
    )

    def set_up(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # `begin` below says when a transaction begins, not the driver
        cursor = connection.cursor()
        set_up_sqlite(cursor.execute)
        cursor.close()

    event.listen(engine.sync_engine, "connect", set_up)
    event.listen(engine.sync_engine, "begin", lambda connection: connection.exec_driver_sql(f"BEGIN {begin}"))
    return engine


def set_up_sqlite(execute: Callable[[str], object]) -> None:
    """Set a new connection up by SQL that `execute` does. Raises `sqlite3.OperationalError`."""
    until = time.monotonic() + BUSY_MS / 1000
    for pragma in SET_UP:
        while not _done(execute, f"PRAGMA {pragma}", until):
            time.sleep(SWITCH_S)  # at the first start on a folder only


def _done(execute: Callable[[str], object], statement: str, until: float) -> bool:
    """Whether it was done; if not, another process has the file, and it is not too late to try again."""
    try:
        execute(statement)
    except sqlite3.OperationalError as error:
        if "locked" not in str(error) or time.monotonic() > until:
            raise
        return False
    return True


@asynccontextmanager
async def _transaction(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    try:
        async with engine.begin() as connection:
            yield connection
    except IntegrityError:
        raise
    except (DBAPIError, PoolTimeout, OSError) as error:
        raise storage_error(error) from error


def storage_error(error: Exception) -> StorageError:
    """What a driver's error means to whoever asked."""
    said = str(error.orig if isinstance(error, DBAPIError) else error).lower()
    if any(words in said for words in ("disk is full", "diskfull", "no space left")):
        return StorageFull("The disk of the database is full. Nothing was changed; free some room, then try again.")
    if any(words in said for words in ("malformed", "not a database")):
        return StorageError(
            "The database is damaged. Restore a backup: python3 run.py restore FILE", code="storage_damaged"
        )
    return StorageError("The database cannot be used just now. Nothing was changed; try again in a moment.")
