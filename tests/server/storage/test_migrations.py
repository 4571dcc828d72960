"""Migrations: once, whole or not at all, and back again, on both databases."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from pipeline.errors import SettingError
from server.settings.keeping import StorageSettings
from server.storage.database import FILE, Database, open_database
from server.storage.migrate import current_revision, differences, migrate, script_directory
from server.storage.opening import opened_database

HEAD = script_directory().get_current_head()

OPEN = """
import asyncio, sys
from tests.server.storage.test_migrations import open_once
asyncio.run(open_once(*sys.argv[1:]))
"""


async def open_once(folder: str, stop: str = "") -> None:
    """For a process of its own. stop: in which table's creation it is killed."""
    import os

    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    if stop:
        event.listen(
            Engine, "before_cursor_execute", lambda *given: os._exit(9) if f"CREATE TABLE {stop}" in given[2] else None
        )
    async with opened_database(StorageSettings(folder=Path(folder)), ["owner"]):
        pass


async def revision(database: Database) -> str | None:
    async with database.read() as connection:
        return await connection.run_sync(current_revision)


async def test_the_migrations_make_what_the_tables_say(database: Database) -> None:
    async with database.read() as connection:
        assert await connection.run_sync(differences) == []


async def test_every_migration_can_be_undone(database: Database) -> None:
    for script in script_directory().walk_revisions():
        await migrate(database, str(script.down_revision or "base"))
        assert await revision(database) == script.down_revision
    for script in reversed(list(script_directory().walk_revisions())):
        await migrate(database, script.revision)
        assert await revision(database) == script.revision
    async with database.read() as connection:
        assert await connection.run_sync(differences) == []


async def test_a_database_of_a_newer_version_is_refused(storage: StorageSettings, database: Database) -> None:
    async with database.write() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SettingError, match="newer Kaikou"):
        async with opened_database(storage, []):
            pass
    async with database.write() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = :head"), {"head": HEAD})


async def test_a_file_that_is_no_database_is_refused_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"no database, but long enough to be taken for one" * 100)
    with pytest.raises(SettingError, match="restore FILE"):
        async with opened_database(StorageSettings(folder=tmp_path), []):
            pass
    assert (tmp_path / FILE).read_bytes().startswith(b"no database")


async def test_servers_that_start_together_migrate_once(tmp_path: Path) -> None:
    starts = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", OPEN, str(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        for _ in range(3)
    ]
    said = [(await start.communicate())[0].decode() for start in starts]
    assert [start.returncode for start in starts] == [0, 0, 0], said
    assert sum("database migrated" in text for text in said) == 1


@pytest.mark.parametrize("table", ["audit_log", "lines", "files", "characters"])
def test_a_server_killed_while_it_migrates_leaves_the_database_as_it_was(tmp_path: Path, table: str) -> None:
    killed = subprocess.run([sys.executable, "-c", OPEN, str(tmp_path), table], capture_output=True, check=False)
    assert killed.returncode == 9
    with sqlite3.connect(tmp_path / FILE) as file:
        assert file.execute("SELECT name FROM sqlite_master").fetchall() == []
    asyncio.run(open_once(str(tmp_path)))
    with sqlite3.connect(tmp_path / FILE) as file:
        assert file.execute("SELECT id FROM people").fetchall() == [("owner",)]


async def test_processes_that_migrate_postgresql_together_do_it_once(postgres) -> None:  # type: ignore[no-untyped-def]
    settings = postgres.new_database()
    databases = [open_database(settings) for _ in range(3)]
    await asyncio.gather(*(migrate(database) for database in databases))
    assert [await revision(database) for database in databases] == [HEAD] * 3
    for database in databases:
        await database.close()
