"""All that is kept as one file and back: into either database and either place, wholly or not at all."""

from __future__ import annotations

import tarfile
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import insert, select, text
from sqlalchemy.exc import IntegrityError

from server.errors import StorageError, StorageFull
from server.settings.keeping import StorageSettings
from server.storage.backup.archive import BackupError, Manifest
from server.storage.backup.backup import back_up
from server.storage.backup.restore import examine, restore
from server.storage.migrate import migrate
from server.storage.objects import Objects, StoredObject
from server.storage.tables.accounts import audit_log
from server.storage.tables.conversations import lines
from tests.databases import PostgresServer
from tests.full_disk import largest_file
from tests.s3 import new_bucket, s3_server
from tests.server.storage.backup.keeping import MOMENT, Kept, entry_at, kept_in, line, no_progress

LONGER = b"x" * 4_000_000
Make = Callable[[str], StorageSettings]


@pytest.fixture
def make(postgres: PostgresServer, tmp_path: Path) -> Iterator[Make]:
    """Settings of an empty place: "sqlite", "postgresql", or "s3", which is SQLite with its objects in a bucket."""
    with s3_server() as endpoint:

        def made(kind: str) -> StorageSettings:
            folder = tmp_path / f"{kind}-{len(list(tmp_path.iterdir()))}"
            folder.mkdir()
            if kind == "postgresql":
                return postgres.migrated_database(folder)
            if kind == "s3":
                return new_bucket(endpoint).settings.model_copy(update={"folder": folder})
            return StorageSettings(folder=folder)

        yield made


@pytest_asyncio.fixture(params=["sqlite", "postgresql"])
async def kept(request: pytest.FixtureRequest, make: Make) -> AsyncIterator[Kept]:
    """Something of everything, in either database."""
    async with kept_in(make(request.param)) as kept:
        await kept.fill()
        yield kept


def files_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.is_file()]


async def backed_up(kept: Kept, path: Path) -> Manifest:
    return await back_up(kept.database, kept.objects, path, no_progress)


async def restored(kept: Kept, path: Path) -> None:
    await restore(kept.database, kept.objects, path, examine(path, no_progress), no_progress)


@pytest.mark.parametrize("target", ["sqlite", "postgresql", "s3"])
@pytest.mark.parametrize("source", ["sqlite", "postgresql", "s3"])
async def test_a_backup_of_one_place_is_restored_into_any_other(
    make: Make, tmp_path: Path, source: str, target: str
) -> None:
    file = tmp_path / "kaikou.tar"
    async with kept_in(make(source)) as kept, kept_in(make(target)) as other:
        await kept.fill()
        await backed_up(kept, file)
        await restored(other, file)
        restored_here = await other.everything()
        assert restored_here == await kept.everything()
        assert len(restored_here["found"]) == 1200


async def test_what_happened_since_the_backup_is_undone(kept: Kept, tmp_path: Path) -> None:
    before = await kept.everything()
    await backed_up(kept, tmp_path / "kaikou.tar")
    await kept.change()
    assert await kept.everything() != before
    await restored(kept, tmp_path / "kaikou.tar")
    assert await kept.everything() == before
    await restored(kept, tmp_path / "kaikou.tar")
    assert await kept.everything() == before


async def test_numbered_rows_are_counted_on_after_a_restoration(kept: Kept, tmp_path: Path) -> None:
    await backed_up(kept, tmp_path / "kaikou.tar")
    await restored(kept, tmp_path / "kaikou.tar")
    async with kept.database.write() as connection:
        await connection.execute(insert(lines).values(line("conv_2", 1, "", kept.database.dialect)))
        last = await connection.scalar(select(lines.c.number).where(lines.c.conversation_id == "conv_2"))
    assert last == 1201


async def test_the_rows_are_those_of_one_moment(kept: Kept, tmp_path: Path) -> None:
    before = await kept.everything()
    changed = False

    class Changing(Objects):
        """Somebody changes everything between the rows and the objects."""

        async def list(self, prefix: str = "") -> AsyncGenerator[StoredObject, None]:
            nonlocal changed
            async for one in super().list(prefix):
                yield one
            if not changed:
                changed = True
                await kept.change()

    await back_up(kept.database, Changing(kept.objects.place), tmp_path / "kaikou.tar", no_progress)
    async with kept_in(StorageSettings(folder=tmp_path / "other")) as other:
        await restored(other, tmp_path / "kaikou.tar")
        after = await other.everything()
    assert {name: rows for name, rows in after.items() if name != "objects"} == {
        name: rows for name, rows in before.items() if name != "objects"
    }


async def test_an_object_that_is_replaced_while_it_is_read_is_not_torn(make: Make, tmp_path: Path) -> None:
    class Replaced(Objects):
        """The recording goes on after its first piece was read."""

        async def read(self, key: str, start: int = 0, end: int | None = None) -> AsyncGenerator[bytes, None]:
            async for piece in super().read(key, start, end):
                yield piece
                if key == "recordings/conv_1" and piece[:1] == b"\0":
                    await self.put(key, LONGER)

    async with kept_in(make("sqlite")) as kept, kept_in(make("sqlite")) as other:
        await kept.fill()
        objects = Replaced(kept.objects.place)
        await back_up(kept.database, objects, tmp_path / "kaikou.tar", no_progress)
        await restored(other, tmp_path / "kaikou.tar")
        assert (await other.everything())["objects"]["recordings/conv_1"] == LONGER


async def test_a_backup_of_an_older_schema_is_brought_to_this_one(make: Make, tmp_path: Path) -> None:
    file = tmp_path / "kaikou.tar"
    async with kept_in(make("sqlite")) as kept, kept_in(make("postgresql")) as other:
        await kept.fill()
        await migrate(kept.database, "0003")
        manifest = await backed_up(kept, file)
        await migrate(kept.database)
        await other.fill()
        await restored(other, file)
        assert manifest.revision == "0003"
        assert await other.everything() == await kept.everything()


async def test_a_database_of_a_newer_version_is_replaced_too(kept: Kept, tmp_path: Path) -> None:
    before = await kept.everything()
    await backed_up(kept, tmp_path / "kaikou.tar")
    async with kept.database.write() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        await connection.execute(text("CREATE TABLE of_the_future (id INTEGER PRIMARY KEY)"))
    await restored(kept, tmp_path / "kaikou.tar")
    assert await kept.everything() == before
    await migrate(kept.database)


async def test_what_was_written_into_the_audit_log_since_the_backup_stays_and_cannot_be_deleted(
    kept: Kept, tmp_path: Path
) -> None:
    before = await kept.everything()
    await backed_up(kept, tmp_path / "kaikou.tar")
    async with kept.database.write() as connection:
        await connection.execute(insert(audit_log).values(entry_at(10 * MOMENT)))
    since = await kept.everything()
    await restored(kept, tmp_path / "kaikou.tar")
    assert await kept.everything() == {**before, "audit_log": since["audit_log"]}
    with pytest.raises((StorageError, IntegrityError)):
        async with kept.database.write() as connection:
            await connection.execute(audit_log.delete())


async def test_nobody_else_may_read_the_file_and_the_one_before_is_replaced(kept: Kept, tmp_path: Path) -> None:
    file = tmp_path / "kaikou.tar"
    file.write_bytes(b"an older one")
    await backed_up(kept, file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert files_in(tmp_path) == ["kaikou.tar"]
    with tarfile.open(file) as archive:
        assert {"objects/recordings/conv_1", "objects/files/nothing", "manifest.json"} < set(archive.getnames())


# --- What goes wrong -----------------------------------------------------------------------------------------------------


async def test_a_full_disk_leaves_the_older_backup_and_no_half_one(make: Make, tmp_path: Path) -> None:
    file = tmp_path / "kaikou.tar"
    file.write_bytes(b"an older one")
    async with kept_in(make("sqlite")) as kept:
        await kept.fill()
        with largest_file(1_000_000), pytest.raises(StorageFull):
            await backed_up(kept, file)
    assert files_in(tmp_path) == ["kaikou.tar"]
    assert file.read_bytes() == b"an older one"


async def test_a_folder_that_is_not_there_is_told(make: Make, tmp_path: Path) -> None:
    async with kept_in(make("sqlite")) as kept:
        with pytest.raises(BackupError, match=r"cannot be written to .*nowhere/kaikou.tar: No such file or directory"):
            await backed_up(kept, tmp_path / "nowhere" / "kaikou.tar")


async def test_a_disk_that_is_full_while_objects_are_restored_changes_nothing(make: Make, tmp_path: Path) -> None:
    file = tmp_path / "kaikou.tar"
    async with kept_in(make("sqlite")) as kept, kept_in(make("sqlite")) as other:
        await kept.fill()
        await backed_up(kept, file)
        await other.fill()
        await other.change()
        before = await other.everything()
        with largest_file(1_000_000), pytest.raises(StorageFull):
            await restored(other, file)
        assert await other.everything() == before


async def test_rows_that_do_not_fit_together_change_nothing(kept: Kept, tmp_path: Path) -> None:
    file = tmp_path / "kaikou.tar"

    await backed_up(kept, file)
    manifest = examine(file, no_progress)
    without_people = manifest.model_copy(
        update={"tables": {**manifest.tables, "people": manifest.tables["people"].model_copy(update={"rows": 99})}}
    )
    await kept.change()
    before = await kept.everything()
    with pytest.raises(StorageError, match="rows of people"):
        await restore(kept.database, kept.objects, file, without_people, no_progress)
    assert await kept.everything() == before


@pytest.mark.parametrize("step", range(5))
async def test_a_restoration_that_is_stopped_before_its_end_changes_nothing(
    kept: Kept, tmp_path: Path, step: int
) -> None:
    file = tmp_path / "kaikou.tar"
    await backed_up(kept, file)
    await kept.change()
    before, manifest, steps = await kept.everything(), examine(file, no_progress), iter(range(step + 1))

    def stop(_doing: str, _done: int, _total: int) -> None:
        if next(steps) == step:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await restore(kept.database, kept.objects, file, manifest, stop)
    assert await kept.everything() == before
