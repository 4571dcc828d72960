"""The servers that keep conversations on one database: what one of them leaves open when it dies, another one ends.

Each raises its `beat` every `BEAT_S`. Whose beat did not change for `DEAD_S`, by the clock of the one who looks, is dead: no
two wall clocks are compared. One that only stood still goes on afterwards: what it writes then opens its conversations
again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence

import structlog
from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from pipeline.engines.within import within
from server.errors import StorageError
from server.storage.database import POSTGRESQL, Database
from server.storage.tables.conversations import conversations, writers

log = structlog.get_logger("kaikou")

BEAT_S, DEAD_S = 3.0, 12.0

LEAVE_S = 2.0
"""How long a server that ends takes to say so; without it others notice after `DEAD_S`."""

STOPPED = "server_stopped"
"""How a conversation ended whose server stopped, or was killed."""


class Writers:
    """`id` is this server's; `clock` counts seconds."""

    def __init__(self, database: Database, id: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._database, self._id, self._clock = database, id, clock
        self._seen: dict[str, tuple[int, float]] = {}

    async def run(self) -> None:
        """Show that this server lives, and end what dead ones left."""
        while True:
            try:
                await self.beat()
                await self.end_what_is_left()
            except StorageError as error:
                log.debug("no sign of life could be given", reason=error.message)
            await asyncio.sleep(BEAT_S)

    async def beat(self) -> None:
        """Show that this server lives."""
        insert = postgresql.insert if self._database.dialect == POSTGRESQL else sqlite.insert
        row = insert(writers).values(id=self._id, beat=1)
        async with self._database.write() as connection:
            await connection.execute(
                row.on_conflict_do_update(index_elements=["id"], set_={"beat": writers.c.beat + 1})
            )

    async def leave(self) -> None:
        """This server ends; all that it kept is written."""
        try:
            async with within(LEAVE_S), self._database.write() as connection:
                await connection.execute(delete(writers).where(writers.c.id == self._id))
        except (StorageError, TimeoutError) as error:
            log.debug("the database was not told of the end", reason=str(error))

    async def end_what_is_left(self) -> None:
        """End the conversations of servers that live no more."""
        async with self._database.read() as connection:
            rows = await connection.execute(select(writers.c.id, writers.c.beat))
            beats: dict[str, int] = {row.id: row.beat for row in rows}
            open_ones = select(conversations.c.writer_id).where(conversations.c.ended_at.is_(None)).distinct()
            owners = set((await connection.scalars(open_ones)).all())
        dead = self._dead(beats)
        if left := (owners - beats.keys() - {self._id}) | (owners & set(dead)):
            await self._end(sorted(left))
        elif dead:
            await self._remove(dead)

    def _dead(self, beats: dict[str, int]) -> Sequence[str]:
        now = self._clock()
        self._seen = {
            id: seen if (seen := self._seen.get(id)) and seen[0] == beat else (beat, now) for id, beat in beats.items()
        }
        return [id for id, (_beat, since) in self._seen.items() if id != self._id and now - since >= DEAD_S]

    async def _end(self, left: Sequence[str]) -> None:
        ended = update(conversations).where(conversations.c.ended_at.is_(None), conversations.c.writer_id.in_(left))
        async with self._database.write() as connection:
            await connection.execute(delete(writers).where(writers.c.id.in_(left)))
            result = await connection.execute(ended.values(ended=STOPPED, ended_at=conversations.c.updated_at))
        log.info("conversations of servers that are gone have their end", conversations=result.rowcount)

    async def _remove(self, dead: Sequence[str]) -> None:
        async with self._database.write() as connection:
            await connection.execute(delete(writers).where(writers.c.id.in_(dead)))
