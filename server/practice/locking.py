"""Whoever makes something waits for what the same person makes at the same time, so that limits hold."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.errors import NotFound
from server.storage.tables.accounts import people


async def lock_person(connection: AsyncConnection, person_id: str) -> None:
    """Let nobody else make something for the person until the transaction ends. Raises `NotFound` for one who leaves."""
    there = select(people.c.id).where(people.c.id == person_id, people.c.deleted_at.is_(None))
    if await connection.scalar(there.with_for_update(key_share=True)) is None:
        raise NotFound("There is no such person any more.", code="person_not_found")
