"""Brings the database to the schema of this version, once, however many servers start together."""

from __future__ import annotations

import logging
from pathlib import Path

import structlog
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection

from pipeline.errors import SettingError
from server.storage.database import POSTGRESQL, Database
from server.storage.tables import METADATA

log = structlog.get_logger("kaikou")

logging.getLogger("alembic").setLevel(logging.WARNING)  # it tells each step; `migrate` tells that there were some

FOLDER = Path(__file__).parent / "migrations"

LOCK = 0x6B61696B6F75
"""Of PostgreSQL's advisory locks, the one that migrating takes: "kaikou" in bytes."""

LOCK_S = 60
"""How long a server waits for another one that migrates."""

SEARCH = ("lines_fts", "character_words_fts")
"""How the names begin of what no `Table` has: the search indexes, and what SQLite keeps beside them."""


async def migrate(database: Database, to: str = "head") -> None:
    """Bring the schema to the revision `to`, or leave all as it was. Raises `SettingError` for a newer database."""
    async with database.read() as connection:
        if await connection.run_sync(_is_at, to):
            return
    async with database.write() as connection:
        await take_lock(connection)
        await connection.run_sync(bring_to, to)


async def take_lock(connection: AsyncConnection) -> None:
    """Let nobody else change the schema in this transaction; on SQLite nobody else writes anyway."""
    if connection.dialect.name == POSTGRESQL:
        await connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_S}s'"))
        await connection.execute(text(f"SELECT pg_advisory_xact_lock({LOCK})"))


def script_directory() -> ScriptDirectory:
    """The migrations of this version."""
    return ScriptDirectory.from_config(_config())


def is_known(revision: str) -> bool:
    """Whether this version has that revision, or it is of a newer one."""
    return revision in {script.revision for script in script_directory().walk_revisions()}


def current_revision(connection: Connection) -> str | None:
    """The revision that the database is at; None for an empty one."""
    return MigrationContext.configure(connection).get_current_revision()


def differences(connection: Connection) -> list[object]:
    """What an automatic migration would change: nothing, if the migrations make what the tables say."""
    options = {"compare_type": True, "include_name": lambda name, kind, _parents: not _is_search(name, kind)}
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), METADATA))


def _is_search(name: str | None, kind: str) -> bool:
    return kind in ("table", "index") and (name or "").startswith(SEARCH)


def _is_at(connection: Connection, to: str) -> bool:
    """Whether nothing is to be done. Raises `SettingError` for a database of a newer version."""
    scripts, at = script_directory(), current_revision(connection)
    if at is not None and not is_known(at):
        raise SettingError(
            f"The database is of a newer Kaikou (its schema is {at[:32]}). Start that version, or restore a backup of this "
            "one: python3 run.py restore FILE"
        )
    return at == (scripts.get_current_head() if to == "head" else None if to == "base" else to)


def bring_to(connection: Connection, to: str) -> None:
    """`migrate`, in the transaction that `connection` has begun: killed in the middle, all is as it was."""
    if _is_at(connection, to):  # another server did it while this one waited
        return
    config, at = _config(), current_revision(connection)
    config.attributes["connection"] = connection
    below = {script.revision for script in script_directory().walk_revisions(head=at or "base")}
    (command.downgrade if to == "base" or to in below else command.upgrade)(config, to)
    (log.info if at else log.debug)("database migrated", was=at or "empty", to=current_revision(connection) or "empty")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    return config
