"""What is kept, opened at the start: the folder, the database at this version's schema, who needs no account."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from pipeline.errors import SettingError
from server.errors import StorageError
from server.settings.keeping import StorageSettings
from server.storage.database import Database, open_database
from server.storage.migrate import migrate
from server.storage.object_place import check_place, place_of, remove_torn
from server.storage.objects import Objects
from server.storage.people import add_people

ROOM = 1_000_000
"""Bytes: with less, what a start cannot write is put down to the disk."""


@asynccontextmanager
async def opened_database(settings: StorageSettings, people: Sequence[str]) -> AsyncIterator[Database]:
    """The database, in which `people` can own rows; closed when the block ends.

    Raises `SettingError`, and `StorageError` where its server is away.
    """
    database = open_database(settings)
    try:
        await _prepare(settings, database, people)
        yield database
    finally:
        await database.close()


async def opened_objects(settings: StorageSettings) -> Objects:
    """The place of objects, which can be written to. Raises `SettingError`."""
    place = place_of(settings)
    await check_place(place)
    await asyncio.to_thread(remove_torn, place)
    return Objects(place)


def where_kept(settings: StorageSettings, database: Database) -> str:
    """The data folder, and what of it lies elsewhere."""
    elsewhere = (database.url if settings.database_url else "", settings.objects_url)
    return " and ".join([str(settings.folder.absolute()), *filter(None, elsewhere)])


async def _prepare(settings: StorageSettings, database: Database, people: Sequence[str]) -> None:
    try:
        settings.folder.mkdir(0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise SettingError(f"data (KAIKOU_DATA): {settings.folder} cannot be made: {error.strerror}.") from None
    try:
        await migrate(database)
        await add_people(database, people)
    except StorageError as error:
        where = (
            f"KAIKOU_DATABASE_URL ({database.url})"
            if settings.database_url
            else f"data (KAIKOU_DATA: {settings.folder})"
        )
        room = await asyncio.to_thread(shutil.disk_usage, settings.folder)
        if room.free < ROOM and not settings.database_url:  # SQLite then says "disk I/O error"
            raise SettingError(f"{where}: There is no room left on its disk. Free some, then try again.") from None
        cause = str(error.__cause__).partition("\n")[0]  # below stand links to the documentation of SQLAlchemy
        away = isinstance(error.__cause__, OSError)  # it refuses connections, or does not answer
        raise (StorageError if away else SettingError)(f"{where}: {error.message} {cause}"[:500]) from None
