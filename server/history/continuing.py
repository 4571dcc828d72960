"""Going on with a conversation that was kept: who comes last has it, whoever wrote it before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from pipeline.conversation.journal import ItemSnapshot
from pipeline.conversation.summary import Summary
from server.errors import NotFound, StorageError
from server.history.keeping.items import item_of, summary_of
from server.history.keeping.keeper import Keeper
from server.history.keeping.kept import Opened
from server.storage.tables.conversations import conversations, lines


@dataclass(frozen=True, slots=True)
class Continued:
    """With whom, in which language, and what was said."""

    opened: Opened
    character_id: str
    language: str
    transcript: Sequence[ItemSnapshot]
    summary: Summary | None = None


def not_found() -> NotFound:
    """For a conversation that is not there, or somebody else's."""
    return NotFound("There is no conversation of that id.", code="conversation_not_found")


async def character_in(keeper: Keeper, conversation_id: str, person_id: str) -> str | None:
    """The id of the character of the person's conversation; None where nothing of it is written. Raises `StorageError`."""
    table = conversations.c
    mine = (table.id == conversation_id, table.person_id == person_id, table.deleted_at.is_(None))
    async with keeper.database.read() as connection:
        found: str | None = await connection.scalar(select(table.character_id).where(*mine))
    return found


async def reopen(keeper: Keeper, conversation_id: str, person_id: str, most_items: int) -> Continued:
    """Take the conversation over: what an earlier session of it still says is not kept.

    What this server has still to write of it is written first. Raises `NotFound`, `StorageError`.
    """
    if keeper.keeps(conversation_id, person_id):
        try:
            await keeper.written(conversation_id)
        except TimeoutError:
            message = "What was said in the conversation is not written yet. Try again in a moment."
            raise StorageError(message) from None
    table = conversations.c
    mine = (table.id == conversation_id, table.person_id == person_id, table.deleted_at.is_(None))
    taken = (
        update(conversations)
        .where(*mine)
        .values(attempt=table.attempt + 1)
        .returning(table.attempt, table.length_ms, table.character_id, table.language, table.summary)
    )
    async with keeper.database.write() as connection:
        row = (await connection.execute(taken)).one_or_none()
        if row is None:
            raise not_found()
        transcript = await _newest_items(connection, conversation_id, most_items)
    opened = Opened(conversation_id, person_id, keeper.now(), row.attempt, row.length_ms, continues=True)
    return Continued(opened, row.character_id, row.language, transcript, summary_of(row.summary))


async def _newest_items(connection: AsyncConnection, conversation_id: str, most: int) -> list[ItemSnapshot]:
    query = select(lines.c.item).where(lines.c.conversation_id == conversation_id)
    newest = await connection.scalars(query.order_by(lines.c.number.desc()).limit(most))
    return [item_of(value) for value in newest][::-1]
