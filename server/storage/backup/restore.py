"""A backup put back in place of everything that is kept: all of it, or nothing.

Theory of operation. The archive is read to its end before anything is touched. Then

    1. objects that are not there are put, those that are there with other content beside them   nobody sees any of them
    2. in one transaction all rows are replaced                                                  from here on it is restored
    3. what was put beside is moved to its place, what is not in the backup is deleted

What fails in 1 or 2 leaves the rows as they were, and takes the objects back. What is killed there leaves superfluous
objects; what is killed in 3 is done by the next restoration of the same file. Servers may run all the while: they go on
with the restored rows. Objects that people upload meanwhile stay, without rows. The audit log keeps what was written into it
since the backup.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncConnection

from server.errors import StorageError
from server.storage.backup.archive import OBJECTS, BackupError, Manifest
from server.storage.backup.backup import STAGED, Progress
from server.storage.backup.reader import TABLE_PART, Reader, opened_archive, verify
from server.storage.backup.rows import LARGEST_PART, rows_in
from server.storage.backup.target import begin_anew, count_on, empty_tables, insert_rows, write_again, written_since
from server.storage.database import Database
from server.storage.migrate import bring_to, is_known, take_lock
from server.storage.objects import Objects, StoredObject


def examine(path: Path, progress: Progress) -> Manifest:
    """What the file is, if it can be restored here. Raises `BackupError`."""
    manifest = verify(path, lambda done, total: progress("reads the backup", done, total))
    if not is_known(manifest.revision):
        raise BackupError(
            f"The backup is of a newer Kaikou ({manifest.version[:32]}, schema {manifest.revision[:32]}). Update this one."
        )
    return manifest


async def restore(database: Database, objects: Objects, path: Path, manifest: Manifest, progress: Progress) -> None:
    """Put back what `examine` found. Raises `BackupError` and `StorageError`; nothing has changed then."""
    placing = Placing(objects, manifest, {one.key: one async for one in objects.list()})
    with opened_archive(path) as reader:
        try:
            await placing.put(reader, progress)
            async with database.write() as connection:
                await _replace_rows(connection, reader, manifest, progress)
        except BaseException:
            await placing.take_back()
            raise
    await placing.end()


class Placing:
    """The objects of a restoration. present: those that were there when it began."""

    def __init__(self, objects: Objects, manifest: Manifest, present: Mapping[str, StoredObject]) -> None:
        self._objects, self._manifest, self._present = objects, manifest, present
        self._added: list[str] = []
        self._staged: dict[str, str] = {}

    async def put(self, reader: Reader, progress: Progress) -> None:
        """Put what is not there to its place, and what is there with other content beside it."""
        wanted = [member for name, member in self._manifest.members.items() if name.startswith(OBJECTS)]
        total, done = sum(member.bytes for member in wanted), 0
        for member in reader.members():
            if not member.name.startswith(OBJECTS):
                continue
            key, told = member.name.removeprefix(OBJECTS), self._manifest.members[member.name]
            place = key
            if key in self._present:
                if await self._is_there(key, told.bytes, told.sha256):
                    continue
                place = self._staged[key] = f"{STAGED}/{told.sha256}"
            self._added.append(place)
            await self._objects.put(place, reader.object_pieces(member))
            done += member.size
            progress("recordings and files", done, total)

    async def take_back(self) -> None:
        """Delete what was put; where even that fails, it is superfluous, and the next restoration deletes it."""
        with suppress(StorageError):
            for key in self._added:
                await self._objects.delete(key)

    async def end(self) -> None:
        """Move what was put beside, and delete what is not in the backup."""
        for key, staged in self._staged.items():
            await self._objects.put(key, self._objects.read(staged))
        kept = {name.removeprefix(OBJECTS) for name in self._manifest.members}
        superfluous = [*self._staged.values(), *(key for key in self._present if key not in kept)]
        for key in superfluous:
            await self._objects.delete(key)

    async def _is_there(self, key: str, size: int, digest: str) -> bool:
        if self._present[key].bytes != size:
            return False
        there = sha256()
        async for piece in self._objects.read(key):
            there.update(piece)
        return there.hexdigest() == digest


async def _replace_rows(connection: AsyncConnection, reader: Reader, manifest: Manifest, progress: Progress) -> None:
    await take_lock(connection)
    await connection.run_sync(_replace, reader, manifest, progress)


def _replace(connection: Connection, reader: Reader, manifest: Manifest, progress: Progress) -> None:
    """In one transaction, at the revision of the schema that the backup was written at; then on to this version's."""
    younger = written_since(connection, manifest.created_at_ms)
    begin_anew(connection, manifest.revision)
    tables = empty_tables(connection)
    if unknown := sorted(set(manifest.tables) - set(tables)):
        raise BackupError(f"The backup holds a table that there is not: {unknown[0][:64]}.")
    counts = dict.fromkeys(manifest.tables, 0)
    total, done = sum(one.bytes for name, one in manifest.members.items() if TABLE_PART.fullmatch(name)), 0
    for member in reader.members():
        if not (part := TABLE_PART.fullmatch(member.name)):
            continue
        name = part[1]
        if name not in counts:
            raise BackupError(f"The backup holds rows of {name}, of which it says nothing.")
        columns = manifest.tables[name].columns
        rows = list(rows_in(reader.content(member, LARGEST_PART), len(columns)))
        insert_rows(connection, tables[name], columns, rows)
        counts[name] += len(rows)
        done += member.size
        progress("rows", done, total)
    if wrong := [name for name, told in manifest.tables.items() if counts[name] != told.rows]:
        raise BackupError(f"The backup holds {counts[wrong[0]]} rows of {wrong[0]}, and should hold another number.")
    bring_to(connection, "head")
    write_again(connection, younger)
    count_on(connection)
