"""The database: what is written is whole or not there, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

import asyncio
from sqlite3 import OperationalError
from traceback import format_exception

import pytest
from pydantic import SecretStr
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import IntegrityError

from pipeline.errors import SettingError
from server.errors import StorageError, StorageFull
from server.settings.keeping import StorageSettings
from server.storage.database import SET_UP, Database, database_url, open_database, set_up_sqlite, storage_error
from server.storage.opening import opened_database
from server.storage.people import add_people
from server.storage.tables.accounts import people
from server.storage.tables.characters import characters
from server.storage.tables.files import file_quotas


async def test_json_is_kept_whatever_characters_are_in_it(database: Database) -> None:
    async with database.write() as connection:
        row = {
            "id": "char_1",
            "person_id": "ann",
            "created_at": 1,
            "updated_at": 1,
            "tags": ["🕰", "\ud83d", "a\nb\\u0000"],
        }
        await connection.execute(characters.insert().values(listed_fields={"a\0": ("b\0", 1)}, **row))
        kept = await connection.execute(select(characters.c.listed_fields, characters.c.tags))
        assert kept.one() == ({"a": ["b", 1]}, ["🕰", "", "a\nb\\u0000"])


async def test_a_block_that_raises_leaves_nothing_behind(database: Database) -> None:
    async def break_off() -> None:
        async with database.write() as connection:
            await connection.execute(people.insert().values(id="carl", role="member", created_at=1))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await break_off()
    async with database.read() as connection:
        assert await connection.scalar(select(people.c.id).where(people.c.id == "carl")) is None


async def test_two_hundred_at_once_count_exactly(database: Database) -> None:
    async with database.write() as connection:
        await connection.execute(file_quotas.insert().values(person_id="ann"))
    free = update(file_quotas).where(file_quotas.c.person_id == "ann", file_quotas.c.files < 142)

    async def take() -> bool:
        async with database.write() as connection:
            taken = await connection.execute(free.values(files=file_quotas.c.files + 1).returning(file_quotas.c.files))
            return taken.first() is not None

    assert sum(await asyncio.gather(*(take() for _ in range(200)))) == 142


async def test_a_row_that_breaks_a_constraint_is_the_callers_affair(database: Database) -> None:
    with pytest.raises(IntegrityError):
        async with database.write() as connection:
            await connection.execute(people.insert().values(id="ann", role="member", created_at=1))


async def test_an_error_that_is_logged_does_not_tell_what_was_to_be_written(database: Database) -> None:
    said = "Nobody may know this."
    with pytest.raises(StorageError) as failure:
        async with database.write() as connection:
            await connection.execute(text("SELECT :said FROM nowhere"), {"said": said})

    assert "nowhere" in (told := "".join(format_exception(failure.value)))
    assert said not in told


async def test_rows_go_with_their_person(database: Database) -> None:
    async with database.write() as connection:
        await connection.execute(file_quotas.insert().values(person_id="ann"))
        await connection.execute(people.delete().where(people.c.id == "ann"))
    async with database.read() as connection:
        assert await connection.scalar(select(func.count()).select_from(file_quotas)) == 0


async def test_characters_that_no_database_takes_are_left_out(database: Database) -> None:
    async with database.write() as connection:
        await connection.execute(people.insert().values(id="carl", role="member", name="Ca\0rl\ud83d", created_at=1))
    async with database.read() as connection:
        assert await connection.scalar(select(people.c.name).where(people.c.id == "carl")) == "Carl"


async def test_who_is_known_already_stays_as_they_are(database: Database) -> None:
    await add_people(database, ["ann", "dora"], role="guest", now=lambda: 7)
    async with database.read() as connection:
        rows = (
            await connection.execute(select(people.c.id, people.c.role).where(people.c.id.in_(["ann", "dora"])))
        ).all()
    assert sorted(map(tuple, rows)) == [("ann", "owner"), ("dora", "guest")]


async def test_a_close_that_is_cancelled_still_closes_all_and_complains_of_nothing(
    storage: StorageSettings, caplog: pytest.LogCaptureFixture
) -> None:
    database = open_database(storage)
    async with database.read() as connection:
        await connection.execute(select(1))
    closing = asyncio.create_task(database.close())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    closing.cancel()

    with pytest.raises(asyncio.CancelledError):
        await closing
    assert caplog.records == []


@pytest.mark.parametrize(
    ("written", "driver", "query"),
    [
        ("postgresql://kaikou:pw@db.example.org/kaikou", "postgresql+asyncpg", {}),
        ("postgres://kaikou:pw@db.example.org/kaikou?sslmode=require", "postgresql+asyncpg", {"ssl": "require"}),
    ],
)
def test_addresses_that_other_programs_take_are_understood(written: str, driver: str, query: dict[str, str]) -> None:
    url = database_url(StorageSettings(database_url=SecretStr(written)))
    assert (url.drivername, dict(url.query)) == (driver, query)


@pytest.mark.parametrize("written", ["mysql://u:hidden@h/d", "hidden", "sqlite:///hidden.db"])
def test_an_address_of_another_database_is_refused_without_telling_it(written: str) -> None:
    with pytest.raises(SettingError, match="KAIKOU_DATABASE_URL") as refused:
        database_url(StorageSettings(database_url=SecretStr(written)))
    assert "hidden" not in refused.value.message


def test_a_password_is_never_shown() -> None:
    settings = StorageSettings(database_url=SecretStr("postgresql://kaikou:hidden@localhost/kaikou"))
    assert "hidden" not in open_database(settings).url


async def test_a_server_that_is_not_there_is_told_with_its_setting() -> None:
    settings = StorageSettings(database_url=SecretStr("postgresql://kaikou:hidden@127.0.0.1:9/kaikou"))
    with pytest.raises(StorageError, match="KAIKOU_DATABASE_URL") as refused:
        async with opened_database(settings, []):
            pass
    assert "hidden" not in refused.value.message


@pytest.mark.parametrize(
    ("said", "kind", "code"),
    [
        ("database or disk is full", StorageFull, "storage_full"),
        ("[Errno 28] No space left on device", StorageFull, "storage_full"),
        ("database disk image is malformed", StorageError, "storage_damaged"),
        ("database is locked", StorageError, "storage_unavailable"),
    ],
)
def test_what_a_driver_says_becomes_one_of_our_errors(said: str, kind: type[StorageError], code: str) -> None:
    error = storage_error(OSError(said))
    assert (type(error), error.code) == (kind, code)


def test_a_connection_waits_for_the_process_that_just_makes_the_file() -> None:
    done: list[str] = []

    def execute(statement: str) -> None:
        if "journal_mode" in statement and "locked" not in done:
            done.append("locked")
            raise OperationalError("database is locked")
        done.append(statement)

    set_up_sqlite(execute)
    assert done == [f"PRAGMA {SET_UP[0]}", "locked", *(f"PRAGMA {pragma}" for pragma in SET_UP[1:])]
