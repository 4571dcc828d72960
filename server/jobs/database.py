"""The database of background work: a SQLite file of its own, or a schema of the PostgreSQL database."""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy import (
    URL,
    BigInteger,
    Column,
    Engine,
    Float,
    Integer,
    MetaData,
    String,
    Table,
    create_engine,
    event,
    func,
    select,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateTable

from server.errors import StorageError, StorageFull
from server.jobs.kind import JobsDamaged, JobsUnavailable
from server.settings.keeping import StorageSettings
from server.storage.database import POSTGRESQL, WAIT_S, database_url, set_up_sqlite
from server.storage.migrate import LOCK

FILE = "jobs.db"

SCHEMA = "jobs"
"""Of PostgreSQL; the tables in the main schema belong to the migrations."""

CONNECT = {"connect_timeout": 10, "tcp_user_timeout": 15_000}
"""Seconds until a PostgreSQL that does not answer counts as gone, and milliseconds until a connection to it does."""

CONNECTIONS = 8
"""At most, from one process. Every running job's thread uses one for moments only."""


class Tables:
    """What is kept of jobs besides what DBOS keeps of them.

    `progress`: what a job tells of itself. `executors`: processes that do jobs; each raises its `beat` while it lives.
    `jobs`: what DBOS keeps, only to be read, where its own way to ask costs much.
    """

    def __init__(self, schema: str | None) -> None:
        metadata = MetaData(schema=schema)
        self.progress = Table(
            "kaikou_progress",
            metadata,
            Column("job_id", String, primary_key=True),
            Column("fraction", Float, nullable=False),
            Column("text_key", String, nullable=False),
            Column("changes", Integer, nullable=False),
        )
        self.jobs = Table(
            "workflow_status",
            metadata,
            Column("workflow_uuid", String, primary_key=True),
            Column("queue_name", String),
            Column("status", String),
        )
        self.executors = Table(
            "kaikou_executors",
            metadata,
            Column("id", String, primary_key=True),
            Column("beat", BigInteger, nullable=False),
        )

    def create(self, engine: Engine) -> None:
        """Make those that are not there."""
        with engine.begin() as connection:
            if engine.dialect.name == POSTGRESQL:  # where two that are told "if not exists" at once can both make it
                connection.execute(select(func.pg_advisory_xact_lock(LOCK)))
            for table in (self.progress, self.executors):
                connection.execute(CreateTable(table, if_not_exists=True))


def jobs_url(storage: StorageSettings) -> URL:
    """Where the database is. Raises `SettingError`."""
    url = database_url(storage)
    if url.get_backend_name() != POSTGRESQL:
        return URL.create("sqlite", database=str((storage.folder / FILE).absolute()))
    query: dict[str, Any] = dict(url.query)
    if mode := query.pop("ssl", None):
        query["sslmode"] = mode
    return url.set(drivername="postgresql+psycopg", query=query)


def open_engine(url: URL) -> Engine:
    """The connections; nothing is read yet."""
    if url.get_backend_name() == POSTGRESQL:
        return create_engine(
            url,
            pool_size=CONNECTIONS,
            max_overflow=0,
            pool_timeout=WAIT_S,
            pool_pre_ping=True,
            hide_parameters=True,
            connect_args=CONNECT,
        )
    # DBOS takes Python 3.12 for a sign of SQLite 3.42, which can tell the time in less than seconds. Debian 12 has 3.40.
    engine = create_engine(url, pool_size=CONNECTIONS, max_overflow=0, pool_timeout=WAIT_S, hide_parameters=True)

    def set_up(connection: Any, _record: object) -> None:
        connection.isolation_level = "IMMEDIATE"  # as DBOS has it: who writes says so at once
        set_up_sqlite(connection.execute)
        if connection.execute("SELECT unixepoch('subsec') IS NULL").fetchone() == (1,):
            connection.create_function("unixepoch", 1, lambda _subsec: round(time.time(), 3))

    event.listen(engine, "connect", set_up)
    return engine


def jobs_error(error: Exception) -> StorageError:
    """What a driver's error means to whoever asked."""
    said = str(error.orig if isinstance(error, DBAPIError) else error).lower()
    if any(words in said for words in ("disk is full", "diskfull", "no space left")):
        return StorageFull("The disk is full, so nothing is done in the background. Free some room, then try again.")
    if any(words in said for words in ("malformed", "not a database")):
        return JobsDamaged(
            f"The file of background work, {FILE} in the data folder, is damaged. Stop the server and move the file away: "
            "a new one is made. Jobs that were not finished are lost, nothing else is."
        )
    return JobsUnavailable("Background work cannot be done just now. Try again in a moment.")
