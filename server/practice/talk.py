"""What a person said in a talk that was kept, with its times: what measures and quotes are made of."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from sqlalchemy import select

from pipeline.practice.speech import Span, Spoken, SpokenTurn
from pipeline.practice.timing import spoken_turn
from pipeline.text.language import language_of
from server.history.keeping.items import item_of
from server.storage.database import Database
from server.storage.tables.conversations import conversations, lines

PAGE = 100
"""Lines read at once; between two pages others have their turn."""

MOST_LINES = 2_500
"""Of a longer talk the beginning is told: an hour has about 1,000."""

Moves = Mapping[str, Mapping[str, str]]
"""Which step each line of the person's answered, as `practices.moves` has it."""


async def spoken(database: Database, conversation_id: str, moves: Moves | None = None) -> Spoken:
    """The person's spoken turns, in order, and for how long the character was heard. Raises `StorageError`.

    What was typed, what was only a listener's "mm-hm" and what nobody understood is left out. Whose conversation it is, is
    the caller's to check; of one that is gone nothing was said.
    """
    turns: list[SpokenTurn] = []
    character_ms, before = 0, None
    language, moves = await _language(database, conversation_id), moves or {}
    async for row in _lines(database, conversation_id):
        if row.role == "assistant":
            character_ms += max(0, row.end_ms - row.at_ms) if row.end_ms is not None else 0
        elif row.item.get("spoken") and row.end_ms is not None:
            turns.append(_turn(row, before, language, moves.get(row.item_id, {}).get("step", "")))
        before = row
    return Spoken(turns, character_ms, language)


def _turn(row: Any, before: Any | None, language: str, step: str) -> SpokenTurn:
    item = item_of(row.item)
    span = Span(row.at_ms, row.end_ms)
    voice_ms = row.at_ms + (item.voiced[0][0] if item.voiced else 0)
    asked_ms = _heard_out(before, voice_ms)
    return spoken_turn(
        row.item_id,
        row.said,
        language_of(row.said, language),
        span,
        words=item.words,
        voiced=item.voiced,
        asked_ms=asked_ms,
        step=step,
    )


def _heard_out(before: Any | None, voice_ms: int) -> int | None:
    """When the line before was over, if it was the character's and the person spoke only then."""
    if before is None or before.role != "assistant" or before.interrupted or before.end_ms is None:
        return None
    return int(before.end_ms) if before.end_ms <= voice_ms else None


async def _language(database: Database, conversation_id: str) -> str:
    query = select(conversations.c.language).where(conversations.c.id == conversation_id)
    async with database.read() as connection:
        return str(await connection.scalar(query) or "").partition("-")[0]


async def _lines(database: Database, conversation_id: str) -> AsyncIterator[Any]:
    """The lines that were said, the oldest first."""
    wanted = [lines.c[name] for name in ("number", "item_id", "role", "said", "interrupted", "at_ms", "end_ms", "item")]
    of = (lines.c.conversation_id == conversation_id, lines.c.shown)
    after = 0
    for _ in range(0, MOST_LINES, PAGE):
        query = select(*wanted).where(*of, lines.c.number > after).order_by(lines.c.number).limit(PAGE)
        async with database.read() as connection:
            rows = (await connection.execute(query)).all()
        for row in rows:
            yield row
        if len(rows) < PAGE:
            return
        after = rows[-1].number
