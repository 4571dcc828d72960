"""What the database knows of files: one row for each, from before its first byte came until its last one is gone.

Who writes an object has a row first, and the row goes after the object. So whatever a killed server leaves behind, a row
leads to it: an upload that went on has a lease, which nobody renews any more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal, TypeAlias

from sqlalchemy import ColumnElement, Update, and_, delete, insert, or_, select, tuple_, update
from sqlalchemy.exc import IntegrityError

from server.errors import Conflict, FieldFault, NotFound, PreconditionFailed, ValidationFailed
from server.files.quotas import Usage, give_back, take, usage_of
from server.settings.keeping import FileSettings
from server.storage.database import Database
from server.storage.ids import Now, new_id, now_ms
from server.storage.tables.files import file_parts, files

Area: TypeAlias = Literal["temporary", "permanent"]
AREAS: Mapping[str, Area] = {"temporary": "temporary", "permanent": "permanent"}

GONE = 0
"""`expires_at` of what was deleted or given up, before any clock."""


@dataclass(frozen=True, slots=True)
class FileRow:
    """A row of `files`."""

    id: str
    person_id: str
    name: str
    area: Area
    type: str
    bytes: int
    sha256: str
    received: int
    version: int
    created_at: int
    completed_at: int | None
    expires_at: int | None


@dataclass(frozen=True, slots=True)
class Arrived:
    """An upload whose bytes are all there, and for which no more are reserved."""

    id: str
    name: str
    area: Area
    type: str
    sha256: str


COLUMNS = [files.c[field.name] for field in fields(FileRow)]


class FileRows:
    """Every method takes whose file it is, and finds nobody else's. All raise `StorageError`."""

    def __init__(self, database: Database, settings: FileSettings, now: Now = now_ms) -> None:
        self._database, self._settings, self._now = database, settings, now

    async def reserve(
        self, person_id: str, name: str, area: Area, size: int, lease_ms: int, *, resumable: bool = False
    ) -> str:
        """The id of an upload that may begin, for which `size` bytes are reserved. Raises `QuotaExceeded`."""
        now = self._now()
        id = new_id("file", now)
        row = {"id": id, "person_id": person_id, "name": name, "area": area, "bytes": size}
        times = {"created_at": now, "expires_at": now + lease_ms, "resumable": resumable}
        async with self._database.write() as connection:
            await take(connection, person_id, 1, size, self._settings)
            await connection.execute(insert(files).values(row | times))
        return id

    async def grow(self, person_id: str, id: str, size: int) -> None:
        """Reserve `size` more bytes. Raises `QuotaExceeded`, and `NotFound` if the upload was given up meanwhile."""
        async with self._database.write() as connection:
            changed = await connection.execute(_incoming(person_id, id).values(bytes=files.c.bytes + size))
            if not changed.rowcount:
                raise _given_up()
            await take(connection, person_id, 0, size, self._settings)

    async def shrink(self, person_id: str, id: str, size: int) -> None:
        """Reserve `size` bytes less. Raises `NotFound` if the upload was given up meanwhile."""
        async with self._database.write() as connection:
            changed = await connection.execute(_incoming(person_id, id).values(bytes=files.c.bytes - size))
            if not changed.rowcount:
                raise _given_up()
            await give_back(connection, person_id, 0, size)

    async def renew(self, person_id: str, id: str, lease_ms: int) -> None:
        """The upload goes on. Raises `NotFound` if it was given up meanwhile."""
        async with self._database.write() as connection:
            values = {"expires_at": self._now() + lease_ms}
            if not (await connection.execute(_incoming(person_id, id).values(values))).rowcount:
                raise _given_up()

    async def complete(self, person_id: str, arrived: Sequence[Arrived]) -> list[FileRow]:
        """Let all these uploads be files, or none. Raises `NotFound` if one was given up, or is complete already."""
        now, made = self._now(), list[FileRow]()
        async with self._database.write() as connection:
            for one in sorted(arrived, key=lambda one: one.id):
                values = {"name": one.name, "area": one.area, "type": one.type, "sha256": one.sha256}
                times = {"completed_at": now, "expires_at": self._expiry(one.area)}
                done = _incoming(person_id, one.id).values(values | times).returning(*COLUMNS)
                row = (await connection.execute(done)).first()
                if row is None:
                    raise _given_up()
                made.append(FileRow(*row))
        return made

    async def add_parts(self, person_id: str, id: str, parts: Sequence[tuple[int, int, str]], lease_ms: int) -> None:
        """Count bytes of a resumable upload as received: for each object its place, length and key.

        Raises `Conflict` if others came first.
        """
        start, size = parts[0][0], sum(length for _, length, _ in parts)
        values = {"received": start + size, "expires_at": self._now() + lease_ms}
        try:
            async with self._database.write() as connection:
                one = _incoming(person_id, id).where(files.c.received == start)
                if not (await connection.execute(one.values(values))).rowcount:
                    raise Conflict("Others of these bytes came meanwhile: ask where to go on.", code="offset_conflict")
                rows = [{"file_id": id, "at": at, "object_key": key} for at, _, key in parts]
                await connection.execute(insert(file_parts), rows)
        except IntegrityError as error:
            raise _given_up() from error

    async def parts(self, id: str) -> list[str]:
        """The keys of what has come of a resumable upload, in order."""
        keys = select(file_parts.c.object_key).where(file_parts.c.file_id == id).order_by(file_parts.c.at)
        async with self._database.read() as connection:
            return list((await connection.scalars(keys)).all())

    async def file(self, person_id: str, id: str) -> FileRow:
        """A file that is complete. Raises `NotFound`."""
        return await self._one(_is(person_id, id), self._is_there())

    async def upload(self, person_id: str, id: str) -> FileRow:
        """A resumable upload, complete or not. Raises `NotFound`."""
        return await self._one(_is(person_id, id), files.c.resumable, self._is_not_expired())

    async def page(
        self, person_id: str, area: Area | None, before: tuple[int, str] | None, limit: int
    ) -> tuple[list[FileRow], Usage]:
        """Complete files, newest first, from behind the one that was made at this time with this id; and the usage."""
        rows = select(*COLUMNS).where(files.c.person_id == person_id, self._is_there())
        if area:
            rows = rows.where(files.c.area == area)
        if before:
            rows = rows.where(tuple_(files.c.created_at, files.c.id) < before)
        async with self._database.read() as connection:
            found = await connection.execute(rows.order_by(files.c.created_at.desc(), files.c.id.desc()).limit(limit))
            return [FileRow(*row) for row in found], await usage_of(connection, person_id)

    async def usage(self, person_id: str) -> Usage:
        """What the person has, uploads that go on included."""
        async with self._database.read() as connection:
            return await usage_of(connection, person_id)

    async def edit(self, person_id: str, id: str, name: str | None, area: Area | None, version: int | None) -> FileRow:
        """Rename or move a file of this version, None for any. Raises `NotFound`, `PreconditionFailed`."""
        values: dict[str, Any] = {"version": files.c.version + 1}
        if name is not None:
            values["name"] = name
        if area is not None:
            values |= {"area": area, "expires_at": self._expiry(area)}
        one = update(files).where(_is(person_id, id), self._is_there()).values(values)
        if version is not None:
            one = one.where(files.c.version == version)
        async with self._database.write() as connection:
            row = (await connection.execute(one.returning(*COLUMNS))).first()
        if row is None:
            await self.file(person_id, id)
            raise PreconditionFailed("The file was changed meanwhile.")
        return FileRow(*row)

    async def give_up(self, person_id: str, ids: Sequence[str]) -> list[str]:
        """Let these files and uploads not be there any more; those that were."""
        still = or_(files.c.expires_at.is_(None), files.c.expires_at != GONE)
        mine = update(files).where(files.c.person_id == person_id, files.c.id.in_(ids), still)
        async with self._database.write() as connection:
            return list((await connection.scalars(mine.values(expires_at=GONE).returning(files.c.id))).all())

    async def give_up_expired(self, limit: int, person_id: str | None = None) -> list[str]:
        """The same for those whose time is over, and the ids of all whose objects are still to be deleted."""
        over = select(files.c.id).where(files.c.expires_at <= self._now())
        if person_id is not None:
            over = over.where(files.c.person_id == person_id)
        async with self._database.write() as connection:
            ids = (await connection.scalars(over.order_by(files.c.expires_at).limit(limit))).all()
            gone = update(files).where(files.c.id.in_(ids), files.c.expires_at <= self._now())
            return list((await connection.scalars(gone.values(expires_at=GONE).returning(files.c.id))).all())

    async def remove(self, id: str) -> None:
        """Forget a file that was given up and whose objects are gone. It counts no more."""
        async with self._database.write() as connection:
            one = delete(files).where(files.c.id == id, files.c.expires_at == GONE)
            row = (await connection.execute(one.returning(files.c.person_id, files.c.bytes))).first()
            if row is not None:
                await give_back(connection, row.person_id, 1, row.bytes)

    async def ended_uploads(self, limit: int) -> list[tuple[str, str]]:
        """Resumable uploads that have all their bytes and are no files yet, and whose they are."""
        ended = select(files.c.person_id, files.c.id).where(
            files.c.completed_at.is_(None), files.c.resumable, files.c.received == files.c.bytes, self._is_not_expired()
        )
        async with self._database.read() as connection:
            return [(row.person_id, row.id) for row in await connection.execute(ended.limit(limit))]

    async def known(self, ids: Sequence[str]) -> dict[str, bool]:
        """Which of these there are, and whether they are complete."""
        rows = select(files.c.id, files.c.completed_at.is_not(None)).where(files.c.id.in_(ids))
        async with self._database.read() as connection:
            return {row[0]: row[1] for row in await connection.execute(rows)}

    async def of(self, person_id: str) -> Sequence[str]:
        """Everything of the person's, whether it is there or not."""
        async with self._database.read() as connection:
            return (await connection.scalars(select(files.c.id).where(files.c.person_id == person_id))).all()

    async def _one(self, *conditions: ColumnElement[bool]) -> FileRow:
        async with self._database.read() as connection:
            row = (await connection.execute(select(*COLUMNS).where(*conditions))).first()
        if row is None:
            raise NotFound("There is no file of that id.")
        return FileRow(*row)

    def _expiry(self, area: Area) -> int | None:
        return None if area == "permanent" else self._now() + self._settings.temporary_hours * 3_600_000

    def _is_not_expired(self) -> ColumnElement[bool]:
        return or_(files.c.expires_at.is_(None), files.c.expires_at > self._now())

    def _is_there(self) -> ColumnElement[bool]:
        return and_(files.c.completed_at.is_not(None), self._is_not_expired())


def area_of(value: str) -> Area:
    """The area of this name. Raises `ValidationFailed`."""
    if value not in AREAS:
        raise ValidationFailed([FieldFault("area", "invalid", f"It is one of {', '.join(AREAS)}")])
    return AREAS[value]


def _is(person_id: str, id: str) -> ColumnElement[bool]:
    return and_(files.c.person_id == person_id, files.c.id == id)


def _is_incoming(person_id: str, id: str) -> ColumnElement[bool]:
    """Whether it is an upload that was not given up, however late it is."""
    return and_(_is(person_id, id), files.c.completed_at.is_(None), files.c.expires_at != GONE)


def _incoming(person_id: str, id: str) -> Update:
    return update(files).where(_is_incoming(person_id, id))


def _given_up() -> NotFound:
    return NotFound("This upload took too long and was given up.", code="upload_given_up")
