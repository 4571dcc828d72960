"""Rows of all tables as lines of JSON, the same from SQLite and from PostgreSQL.

The tables are those that the database has, not those that this version knows, so that a backup of an older version is read
by what it was written by: its revision of the schema.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

import orjson
from sqlalchemy import Connection, MetaData, Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.storage.backup.archive import BackupError
from server.storage.backup.values import written
from server.storage.migrate import SEARCH

READ_ROWS = 500
"""Rows in one step."""
PART_BYTES = 4 << 20
"""About so much JSON in one member of the archive."""
LARGEST_PART = 256 << 20
"""A member that is longer when it is unpacked is none of ours; a row with all of a long answer is some 100 kB."""


def tables_of(connection: Connection) -> Sequence[Table]:
    """What the database holds, tables before those that refer to them; not what can be made anew of it."""
    metadata = MetaData()
    metadata.reflect(connection, only=lambda name, _: name != "alembic_version" and not name.startswith(SEARCH))
    return metadata.sorted_tables


async def parts_of(connection: AsyncConnection, table: Table) -> AsyncIterator[tuple[int, bytes]]:
    """The rows of a table in parts: how many, and the content of a member."""
    lines: list[bytes] = []
    rows = await connection.stream(select(table).order_by(*table.primary_key))
    async for some in rows.partitions(READ_ROWS):
        lines += [orjson.dumps(list(map(written, table.columns, row))) for row in some]
        if sum(map(len, lines)) >= PART_BYTES:
            yield len(lines), _packed(lines)
            lines.clear()
    if lines:
        yield len(lines), _packed(lines)


def rows_in(part: bytes, width: int) -> Iterator[list[Any]]:
    """The rows of a member, each of `width` values. Raises `BackupError`."""
    unpacking = zlib.decompressobj(wbits=31)
    try:
        content = unpacking.decompress(part, LARGEST_PART)
        if unpacking.unconsumed_tail or not unpacking.eof:
            raise BackupError("The backup holds a part that is not whole, or unpacks to far too much.")
        for line in content.splitlines():
            row = orjson.loads(line)
            if not isinstance(row, list) or len(row) != width:
                raise BackupError("The backup holds a row that does not fit its table.")
            yield row
    except (zlib.error, orjson.JSONDecodeError) as error:
        raise BackupError(f"The backup holds rows that cannot be read: {error}.") from None


def _packed(lines: Sequence[bytes]) -> bytes:
    return gzip.compress(b"\n".join(lines), compresslevel=6, mtime=0)
