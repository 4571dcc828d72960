"""Reads what was said in talks for facts, in the background: by the language model, where one is connected, else by rules.

Of each talk it is kept up to which line it was read. What a step of a job returns is kept with the job, so that nothing that
was said is in it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from pipeline.engines.protocols import ChatModel
from pipeline.errors import KaikouError
from pipeline.memory.commands import command_in
from pipeline.memory.fact import LONGEST_TEXT, Fact
from pipeline.memory.facts import facts_of
from pipeline.memory.own_lines import own_lines
from server.errors import StorageError
from server.jobs.jobs import Jobs
from server.jobs.kind import JobContext, JobKind
from server.memory.model import MOST_COMPARED, compared_by_model, facts_by_model
from server.memory.profile import Profile, Remembered
from server.memory.store import FactStore, Relations
from server.storage.tables.accounts import people
from server.storage.tables.conversations import conversations, lines
from server.storage.tables.memory import memory_forgotten, memory_talks

log = structlog.get_logger("kaikou")

LEARN = "memory.learn"

CATCH_UP_S = 60.0
LEFT_MS, LEFT_LONGEST_MS = 60_000, 86_400_000
"""A talk that ended so long ago was left unread by a server that died; what ended a day ago is left alone."""

AT_ONCE = 20
"""Talks that are caught up with in one job."""

MOST_LINES = 400
"""Lines of the person's that are read in one go."""

Models = Callable[[], AbstractContextManager[ChatModel | None]]
"""The language model to read with, for as long as the block lasts; None where none is connected."""


@dataclass(frozen=True, slots=True)
class Unread:
    """Lines of a talk that were not read yet. `told`: the person's, that may be learnt from; `own`: the character's."""

    talk: Any
    before: int
    until: int
    told: Sequence[Any]
    own: Sequence[Any]


@dataclass(frozen=True)
class Learning:
    """The jobs, and what they need."""

    store: FactStore
    models: Models

    def declare(self, jobs: Jobs) -> None:
        """Let talks be read when they are over, and those that were left."""
        jobs.declare(JobKind(LEARN, self.run))
        jobs.every(CATCH_UP_S, JobKind("memory.catch_up", self.catch_up))

    async def run(self, context: JobContext, arguments: Mapping[str, Any]) -> Any:
        """Read one talk."""
        return {"learnt": await context.step("learn", partial(self.read, str(arguments["conversation"])))}

    async def catch_up(self, context: JobContext, _arguments: Mapping[str, Any]) -> Any:
        """Read the talks that nobody read."""

        async def read_all() -> int:
            return sum([await self._read_or_pass_over(id) for id in await self._left()])

        return {"learnt": await context.step("learn", read_all)}

    async def read(self, conversation_id: str) -> int:
        """Learn what can be learnt from the lines that were not read yet; how many facts that were."""
        unread = await self._unread(conversation_id)
        if unread is None:
            return 0
        talk = unread.talk
        profile = await self.store.profile(talk.person_id)
        facts, relations = list[Remembered](), Relations()
        if profile.state(talk.character_id) == "on":
            with self.models() as model:
                facts = await self._found(unread, profile, model)
                if model:
                    relations = await self._relations(facts, profile, talk, model)
                    facts += self._own(unread)
        async with self.store.database.write() as connection:
            there = (conversations.c.id == conversation_id, conversations.c.deleted_at.is_(None))
            if await connection.scalar(select(conversations.c.id).where(*there)) is None:
                return 0  # deleted while it was read, or its person was
            await self.store.touch(connection, talk.person_id)
            before = await connection.scalar(_read_number(conversation_id))
            if (before or 0) != unread.before:
                return 0  # another process was quicker
            await self._mark_read(connection, conversation_id, talk.person_id, unread.until)
            facts = await self.store.may_learn(connection, talk.person_id, facts)  # by what holds now
            return len(await self.store.learn_in(connection, talk.person_id, facts, relations))

    # --- Inside -------------------------------------------------------------------------------------------------------

    async def _read_or_pass_over(self, conversation_id: str) -> int:
        """Read a talk; one that cannot be read is passed over for good, so that it keeps no other from being read.

        Raises `StorageError`: then the database is ill, not the talk.
        """
        try:
            return await self.read(conversation_id)
        except StorageError:
            raise
        except Exception as error:  # noqa: BLE001 — the talk's outermost frame: the others are read all the same
            # The rest of the error may be what was said.
            log.error("a talk cannot be read for facts", conversation=conversation_id, reason=type(error).__name__)
        newest = select(func.max(lines.c.number)).where(lines.c.conversation_id == conversation_id)
        async with self.store.database.write() as connection:
            of = select(conversations.c.person_id).where(conversations.c.id == conversation_id)
            if person_id := await connection.scalar(of):
                await self._mark_read(connection, conversation_id, person_id, await connection.scalar(newest) or 0)
        return 0

    async def _mark_read(self, connection: AsyncConnection, conversation_id: str, person_id: str, until: int) -> None:
        row = {"conversation_id": conversation_id, "person_id": person_id, "read_number": until}
        insert = self.store.insert(memory_talks).values(row)
        read = {"read_number": until}
        await connection.execute(insert.on_conflict_do_update(index_elements=["conversation_id"], set_=read))

    async def _found(self, unread: Unread, profile: Profile, model: ChatModel | None) -> list[Remembered]:
        talk = unread.talk
        told = await self._told([row.said for row in unread.told], talk.language, model)
        source = "model" if model else "rules"
        return [
            self.store.told(
                fact,
                at=unread.told[place].created_at,
                about="person",
                shared=profile.shares(talk.character_id),
                line_id=unread.told[place].item_id,
                source=source,
                **_where(talk),
            )
            for place, fact in told
        ]

    async def _told(self, said: Sequence[str], language: str, model: ChatModel | None) -> Sequence[tuple[int, Fact]]:
        if not said:
            return []
        if model:
            try:
                return await facts_by_model(model, said, language)
            except KaikouError as error:
                log.warning("the language model found no facts; rules do", reason=error.code)
        return [(place, fact) for place, facts in enumerate(facts_of(said)) for fact in facts]

    async def _relations(self, facts: Sequence[Remembered], profile: Profile, talk: Any, model: ChatModel) -> Relations:
        """Which known facts the model finds said again, and which contradicted."""
        known = profile.known_to(talk.character_id)[:MOST_COMPARED]
        if not (known and facts):
            return Relations()
        try:
            found = await compared_by_model(model, [f.text for f in facts], [f.text for f in known], talk.language)
        except KaikouError as error:
            log.warning("new facts were not compared with known ones", reason=error.code)
            return Relations()
        same = {
            facts[new].id: known[old].id
            for new, old in found.same
            if facts[new].kind == known[old].kind != "name"  # another name is another
        }
        return Relations(same, {(facts[new].id, known[old].id) for new, old in found.closes})

    def _own(self, unread: Unread) -> list[Remembered]:
        """What the character said of itself. Without a language model it says what its file has, which it has anyway."""
        return [
            self.store.told(
                Fact("other", sentence[:LONGEST_TEXT], sentence),
                at=row.created_at,
                about="character",
                shared=False,
                line_id=row.item_id,
                source="rules",
                **_where(unread.talk),
            )
            for row in unread.own
            for sentence in own_lines(row.heard)
        ]

    async def _unread(self, conversation_id: str) -> Unread | None:
        talks = conversations.c
        query = select(talks.id, talks.person_id, talks.character_id, talks.language)
        async with self.store.database.read() as connection:
            mine = query.join(people, people.c.id == talks.person_id).where(people.c.role != "guest")
            talk = (
                await connection.execute(mine.where(talks.id == conversation_id, talks.deleted_at.is_(None)))
            ).first()
            if talk is None:
                return None
            before = await connection.scalar(_read_number(conversation_id)) or 0
            of = (lines.c.conversation_id == conversation_id, lines.c.shown, lines.c.number > before)
            rows = (
                await connection.execute(select(lines).where(*of).order_by(lines.c.number).limit(2 * MOST_LINES))
            ).all()
            forgotten = memory_forgotten.c
            gone = set(await connection.scalars(select(forgotten.line_id).where(forgotten.conversation_id == talk.id)))
        if not rows:
            return None
        told = [row for row in rows if row.role == "user" and row.item_id not in gone and not command_in(row.said)]
        own = [row for row in rows if row.role == "assistant" and row.item_id not in gone]
        return Unread(talk, before, rows[-1].number, told, own)

    async def _left(self) -> Sequence[str]:
        """Talks that ended a while ago with lines that were not read."""
        talks, now = conversations.c, self.store.now()
        newest = select(func.max(lines.c.number)).where(lines.c.conversation_id == talks.id, lines.c.shown)
        unread = func.coalesce(memory_talks.c.read_number, 0) < newest.scalar_subquery()
        query = (
            select(talks.id)
            .join(people, people.c.id == talks.person_id)
            .outerjoin(memory_talks, memory_talks.c.conversation_id == talks.id)
            .where(talks.ended_at.between(now - LEFT_LONGEST_MS, now - LEFT_MS), talks.deleted_at.is_(None))
            .where(people.c.role != "guest", unread)
        )
        async with self.store.database.read() as connection:
            return (await connection.scalars(query.limit(AT_ONCE))).all()


def _where(talk: Any) -> dict[str, Any]:
    return {"character_id": talk.character_id, "conversation_id": talk.id}


def _read_number(conversation_id: str) -> Any:
    return select(memory_talks.c.read_number).where(memory_talks.c.conversation_id == conversation_id)
