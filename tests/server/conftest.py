"""One server with stub engines for all tests of a module that do not need their own; both databases for what is kept."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from server.settings.keeping import StorageSettings
from server.storage.database import Database
from server.storage.opening import opened_database
from tests.databases import PostgresServer, a_data_folder, folder_for_postgres, remove
from tests.serving import Serving, serving


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server() -> AsyncIterator[Serving]:
    async with serving() as running:
        yield running


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A real PostgreSQL, for all tests of a process."""
    folder = folder_for_postgres()
    server = PostgresServer(folder)
    yield server
    server.stop()
    remove(folder)


@pytest.fixture(params=["sqlite", "postgresql"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[StorageSettings]:
    """Settings of a database with the schema and no rows: each test that takes it runs on both."""
    if request.param == "sqlite":
        with a_data_folder() as folder:
            yield StorageSettings(folder=folder)
    else:
        yield request.getfixturevalue("postgres").migrated_database(tmp_path)


@pytest_asyncio.fixture
async def database(storage: StorageSettings) -> AsyncIterator[Database]:
    """An open database, in which "owner", "ann" and "ben" may own rows."""
    async with opened_database(storage, ["owner", "ann", "ben"]) as opened:
        yield opened
