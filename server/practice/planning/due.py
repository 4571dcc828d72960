"""Which cards are due, so that a talk works them in."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from server.practice.planning.language import DueCard
from server.storage.database import Database
from server.storage.tables.practice import practice_cards

MOST = 8
"""That one talk works in."""


async def due_cards(
    database: Database, person_id: str, language: str, now_ms: int, limit: int = MOST
) -> Sequence[DueCard]:
    """Those of the person's in that language, the longest overdue first."""
    table = practice_cards.c
    due = (table.person_id == person_id, table.language == language, table.deleted_at.is_(None), table.due_at <= now_ms)
    query = select(table.id, table.front, table.back).where(*due).order_by(table.due_at, table.id).limit(limit)
    async with database.read() as connection:
        return [DueCard(row.id, row.front, row.back) for row in await connection.execute(query)]
