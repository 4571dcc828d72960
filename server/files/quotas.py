"""How much each person may have: taken before a byte is kept, by one update that changes nothing where there is no room.

Every statement runs in the transaction that changes the rows it counts, so that the two cannot differ, even if the server is
killed. A transaction that changes a file's row does so before it changes the quota: else two could wait for each other.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.errors import QuotaExceeded
from server.settings.keeping import FileSettings
from server.storage.tables.files import file_quotas

FIRST = text("INSERT INTO file_quotas (person_id) VALUES (:person_id) ON CONFLICT DO NOTHING")


@dataclass(frozen=True, slots=True)
class Usage:
    """What a person has, uploads that go on included."""

    files: int = 0
    bytes: int = 0


async def usage_of(connection: AsyncConnection, person_id: str) -> Usage:
    """What the person has."""
    columns = select(file_quotas.c.files, file_quotas.c.bytes).where(file_quotas.c.person_id == person_id)
    row = (await connection.execute(columns)).first()
    return Usage(*row) if row else Usage()


async def take(connection: AsyncConnection, person_id: str, files: int, size: int, most: FileSettings) -> None:
    """Take so many files and bytes of what the person may have. Raises `QuotaExceeded`."""
    await connection.execute(FIRST, {"person_id": person_id})
    taken = update(file_quotas).where(
        file_quotas.c.person_id == person_id,
        file_quotas.c.files + files <= most.most,
        file_quotas.c.bytes + size <= most.bytes,
    )
    values = {"files": file_quotas.c.files + files, "bytes": file_quotas.c.bytes + size}
    if (await connection.execute(taken.values(values))).rowcount == 0:
        raise exceeded(await usage_of(connection, person_id), files, size, most)


async def give_back(connection: AsyncConnection, person_id: str, files: int, size: int) -> None:
    """Let the person have so much more again."""
    given = update(file_quotas).where(file_quotas.c.person_id == person_id)
    await connection.execute(given.values(files=file_quotas.c.files - files, bytes=file_quotas.c.bytes - size))


def exceeded(usage: Usage, files: int, size: int, most: FileSettings) -> QuotaExceeded:
    """What to tell somebody who has `usage`, and for whom `files` of `size` bytes are too much."""
    if usage.files + files > most.most:
        return QuotaExceeded(f"You have {usage.files} of {most.most} files: delete some first.", code="too_many_files")
    left = max(0, most.bytes - usage.bytes)
    return QuotaExceeded(
        f"There is room for {left} more bytes of the {most.bytes} that you may have, and this takes {size}: delete some "
        "files first."
    )
