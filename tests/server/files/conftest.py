"""Files on SQLite with a folder, and on PostgreSQL with S3: each test runs on both."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import httpx2
import pytest
import pytest_asyncio
from sqlalchemy import func, select

from server.files.files import Files
from server.files.quotas import Usage
from server.settings.keeping import FileSettings, StorageSettings
from server.storage.database import Database
from server.storage.object_place import FOLDER, place_of
from server.storage.objects import Objects
from server.storage.opening import opened_database
from server.storage.tables.files import file_parts, files
from tests.s3 import new_bucket
from tests.server.storage.conftest import s3  # noqa: F401 — a fixture

MOST_BYTES = 10_000_000


@dataclass
class Kept:
    """What is kept, and the clock. restore: has the place of objects again that `lose` took away, empty."""

    database: Database
    objects: Objects
    _lose: Callable[[], object]
    restore: Callable[[], object]
    now_ms: int = 1_800_000_000_000
    most: int = 20
    bytes: int = MOST_BYTES
    files: Files = field(init=False)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self, most: int = 20, bytes: int = MOST_BYTES) -> Files:
        """The files of a server that was just started, with these quotas."""
        settings = FileSettings(most=most, bytes=bytes)
        self.files = Files.on(self.database, self.objects, settings, lambda: self.now_ms)
        return self.files

    async def lose(self) -> None:
        """Take the place of objects away."""
        for key in await self.names():
            await self.objects.delete(key)
        self._lose()

    async def usage(self, person: str = "ann") -> Usage:
        return await self.files.rows.usage(person)

    async def names(self) -> list[str]:
        return sorted([found.key async for found in self.objects.list()])

    async def remains(self) -> tuple[int, int, list[str], Usage]:
        """Rows, parts, objects, and what Ann has: where nothing is left, `NOTHING`."""
        async with self.database.read() as connection:
            rows = [await connection.scalar(select(func.count()).select_from(table)) for table in (files, file_parts)]
        return rows[0] or 0, rows[1] or 0, await self.names(), await self.usage()

    async def content(self, key: str) -> bytes:
        return b"".join([piece async for piece in self.objects.read(key)])


NOTHING = (0, 0, list[str](), Usage())


@pytest_asyncio.fixture(params=["sqlite and a folder", "postgresql and s3"])
async def kept(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Kept]:
    """An empty place, where "ann" and "ben" may have files."""
    if request.param == "postgresql and s3":
        bucket = new_bucket(request.getfixturevalue("s3"))
        storage = request.getfixturevalue("postgres").migrated_database(tmp_path)
        objects, lose = Objects(place_of(bucket.settings)), bucket.delete
        restore: Callable[[], object] = partial(httpx2.put, f"{bucket.endpoint}/{bucket.name}")
    else:
        storage = StorageSettings(folder=tmp_path)
        objects, lose = Objects(place_of(storage)), lambda: lose_folder(tmp_path / FOLDER)
        restore = (tmp_path / FOLDER).unlink
    async with opened_database(storage, ["ann", "ben"]) as database:
        yield Kept(database, objects, lose, restore)


def lose_folder(folder: Path) -> None:
    """Put a file in its place."""
    shutil.rmtree(folder)
    folder.write_bytes(b"")
