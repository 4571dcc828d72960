"""Everything that is kept, copied into one file while servers use it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path
from typing import TypeAlias

from sqlalchemy import text

from server import VERSION
from server.errors import NotFound
from server.storage.backup.archive import FORMAT, OBJECTS, BackupError, Manifest, Rows, Writer, whole_file
from server.storage.backup.rows import parts_of, tables_of
from server.storage.database import POSTGRESQL, Database
from server.storage.ids import Now, now_ms
from server.storage.migrate import current_revision
from server.storage.objects import Objects

STAGED = "restore"
"""Objects of a restoration that has not ended."""

TRIES = 3
"""For an object that is replaced while it is read, such as the recording of a conversation that goes on."""

Progress: TypeAlias = Callable[[str, int, int], None]
"""What is done: bytes, and of how many (0: not known)."""


async def back_up(database: Database, objects: Objects, path: Path, progress: Progress, now: Now = now_ms) -> Manifest:
    """Write the file. Raises `BackupError` and `StorageError`, and leaves nothing then.

    The rows are those of one moment. Objects come afterwards: of every row that has one it is there, but where it was
    deleted meanwhile.
    """
    at_ms = now()
    with whole_file(path) as file:
        writer = Writer(file, at_ms // 1000)
        revision, tables = await _write_rows(database, writer, progress)
        await _write_objects(objects, writer, progress)
        manifest = Manifest(
            format=FORMAT,
            version=VERSION,
            revision=revision,
            created_at_ms=at_ms,
            tables=tables,
            members=writer.members,
        )
        await writer.end(manifest)
    return manifest


async def _write_rows(database: Database, writer: Writer, progress: Progress) -> tuple[str, dict[str, Rows]]:
    written: dict[str, Rows] = {}
    done = 0
    async with database.read() as connection:
        if connection.dialect.name == POSTGRESQL:
            await connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
        revision = await connection.run_sync(current_revision)
        if revision is None:
            raise BackupError("There is nothing to back up: the database is empty.")
        for table in await connection.run_sync(tables_of):
            count = number = 0
            async for rows, part in parts_of(connection, table):
                number += 1
                await writer.add_whole(f"tables/{table.name}/{number:06}.jsonl.gz", part)
                count += rows
                done += len(part)
                progress("rows", done, 0)
            written[table.name] = Rows(columns=tuple(table.columns.keys()), rows=count)
    return revision, written


async def _write_objects(objects: Objects, writer: Writer, progress: Progress) -> None:
    found = sorted(
        [one async for one in objects.list() if not one.key.startswith(f"{STAGED}/")], key=lambda one: one.key
    )
    total, done = sum(one.bytes for one in found), 0
    for one in found:
        for _ in range(TRIES):
            if await _write_object(objects, writer, one.key):
                break
        else:
            raise BackupError(f"{one.key} changes while it is read. Make the backup again.")
        done += one.bytes
        progress("recordings and files", done, total)


async def _write_object(objects: Objects, writer: Writer, key: str) -> bool:
    """False if it was replaced while it was read, so that it is not in the archive. One that was deleted is not either."""
    name = OBJECTS + key
    try:
        before = await objects.info(key)
    except NotFound:
        return True
    try:
        async with aclosing(objects.read(key, 0, before.bytes)) as pieces:
            await writer.add(name, before.bytes, pieces)
        if (await objects.info(key)).etag == before.etag:
            return True
    except NotFound:
        writer.undo(name)
        return True
    writer.undo(name)
    return False
