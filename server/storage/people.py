"""The rows of people that are there without an account."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from server.storage.database import Database
from server.storage.ids import Now, now_ms
from server.storage.tables.accounts import people


async def add_people(database: Database, ids: Sequence[str], role: str = "owner", now: Now = now_ms) -> None:
    """Let everybody of `ids` own rows from now on; those who are known already stay as they are."""
    async with database.read() as connection:
        known = set((await connection.scalars(select(people.c.id).where(people.c.id.in_(ids)))).all())
    for id in ids:
        if id in known:
            continue
        try:
            async with database.write() as connection:
                await connection.execute(people.insert().values(id=id, role=role, created_at=now()))
        except IntegrityError:
            continue  # another server was quicker
