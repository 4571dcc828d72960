"""The facts that are kept of people: read, learnt, contradicted, edited, forgotten. Nobody else's rows are in an answer.

Each change raises the person's revision first: that row's lock also lets one change of a person follow another.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from pipeline.errors import LimitReached
from pipeline.memory.fact import LONGEST_TEXT, Fact
from server.errors import NotFound
from server.memory.profile import ALL_CHARACTERS, Choice, Profile, Remembered
from server.storage.database import POSTGRESQL, Database
from server.storage.ids import Now, new_id, now_ms
from server.storage.tables.conversations import conversations
from server.storage.tables.memory import memory_choices, memory_facts, memory_forgotten, memory_revisions

MOST_FACTS = 2_000
"""Of one person; more are not learnt."""

MOST_KNOWN = 400
"""Of these the names, and the newest others, are known in a talk."""

Revision: TypeAlias = tuple[int, int, int]

table = memory_facts.c


@dataclass(frozen=True, slots=True)
class Relations:
    """How new facts relate to known ones, by their ids, beyond what text and topic say."""

    same: Mapping[str, str] = field(default_factory=dict)
    closes: Collection[tuple[str, str]] = ()

    def says_again(self, new: Remembered, known: Remembered) -> bool:
        """Whether the new fact says what is known."""
        return new.text.casefold() == known.text.casefold() or self.same.get(new.id) == known.id

    def contradicts(self, new: Remembered, known: Remembered) -> bool:
        """Whether the known fact is true no more."""
        return (new.topic != "" and new.topic == known.topic) or (new.id, known.id) in self.closes


@dataclass(frozen=True, slots=True)
class Filter:
    """Which facts: of one character (what it may know), and those in which all of `q` stands."""

    character: str = ""
    q: str = ""


def not_found() -> NotFound:
    """For a fact that is not there, or somebody else's."""
    return NotFound("Nothing of that id is remembered.", code="fact_not_found")


def _there() -> ColumnElement[bool]:
    """Neither deleted itself, nor with the talk that it comes from."""
    kept = exists().where(conversations.c.id == table.conversation_id, conversations.c.deleted_at.is_(None))
    return and_(table.deleted_at.is_(None), or_(table.conversation_id.is_(None), kept))


@dataclass(frozen=True)
class FactStore:
    """All methods take the person's id."""

    database: Database
    now: Now = now_ms

    # --- Reading ------------------------------------------------------------------------------------------------------

    async def profile(self, person_id: str, conversation_id: str = "") -> Profile:
        """What is known in a talk of that person's."""
        facts = select(memory_facts).where(table.person_id == person_id, table.valid_to.is_(None), _there())
        talks = (
            select(conversations.c.character_id, conversations.c.id, conversations.c.talked_at)
            .where(
                conversations.c.person_id == person_id,
                conversations.c.deleted_at.is_(None),
                conversations.c.id != conversation_id,
            )
            .order_by(conversations.c.talked_at.desc())
            .limit(MOST_KNOWN)
        )
        kept = select(table.id).where(table.person_id == person_id, _there())
        hidden = select(memory_forgotten.c.line_id).where(memory_forgotten.c.conversation_id == conversation_id)
        async with self.database.read() as connection:
            newest = facts.order_by(table.kind != "name", table.told_at.desc(), table.id.desc())
            rows = await connection.execute(newest.limit(MOST_KNOWN))
            found = [Remembered.of(row) for row in rows]
            last = dict[str, tuple[str, int]]()
            for row in await connection.execute(talks):
                last.setdefault(row.character_id, (row.id, row.talked_at))
            forgotten = frozenset((await connection.scalars(hidden)).all()) if conversation_id else frozenset[str]()
            ids = frozenset(await connection.scalars(kept.order_by(table.told_at.desc()).limit(2 * MOST_FACTS)))
            ended = ids - {fact.id for fact in found}
            return Profile(found, await _choices(connection, person_id), last, forgotten, ended)

    async def listed(self, person_id: str, wanted: Filter, after: tuple[int, str] | None, limit: int) -> Sequence[Any]:
        """At most `limit` + 1 facts, also those that hold no more, the newest first, after the one of that time and id."""
        query = select(memory_facts).where(table.person_id == person_id, _there())
        if wanted.character:
            query = query.where(or_(table.character_id == wanted.character, table.character_id.is_(None), table.shared))
        for word in wanted.q.split():
            query = query.where(
                or_(*(func.lower(column).contains(word.lower(), autoescape=True) for column in _SEARCHED))
            )
        if after:
            query = query.where(tuple_(table.told_at, table.id) < after)
        async with self.database.read() as connection:
            rows = await connection.execute(query.order_by(table.told_at.desc(), table.id.desc()).limit(limit + 1))
            return rows.all()

    async def get(self, person_id: str, id: str) -> Any:
        """One fact. Raises `NotFound`."""
        async with self.database.read() as connection:
            query = select(memory_facts).where(table.id == id, table.person_id == person_id, _there())
            row = (await connection.execute(query)).one_or_none()
        if row is None:
            raise not_found()
        return row

    async def revisions(self, people: Collection[str]) -> Mapping[str, Revision]:
        """What differs for each of these people once something changed: in what is remembered, or in the talks there are."""
        of, deleted_at = conversations.c.person_id, conversations.c.deleted_at
        deleted = (
            select(of, func.count().label("count"), func.max(deleted_at).label("last"))
            .where(deleted_at.is_not(None), of.in_(people))
            .group_by(of)
        )
        raised = select(memory_revisions).where(memory_revisions.c.person_id.in_(people))
        async with self.database.read() as connection:
            talks = {row.person_id: (row.count, row.last) for row in await connection.execute(deleted)}
            revisions = {row.person_id: row.revision for row in await connection.execute(raised)}
        return {person: (revisions.get(person, 0), *talks.get(person, (0, 0))) for person in people}

    # --- Learning -----------------------------------------------------------------------------------------------------

    async def learn(self, person_id: str, facts: Sequence[Remembered]) -> Sequence[Remembered]:
        """Keep facts that were told in this order; as they are kept now, without those for which there is no room.

        Raises `IntegrityError` while the talk that they come from is not in the database.
        """
        async with self.database.write() as connection:
            await self.touch(connection, person_id)
            return await self.learn_in(connection, person_id, facts)

    async def learn_in(
        self,
        connection: AsyncConnection,
        person_id: str,
        facts: Sequence[Remembered],
        relations: Relations | None = None,
    ) -> Sequence[Remembered]:
        """The same in a transaction that raised the revision."""
        relations = relations or Relations()
        query = select(memory_facts).where(table.person_id == person_id, table.valid_to.is_(None), _there())
        known = [Remembered.of(row) for row in await connection.execute(query)]
        forgotten = await _forgotten(connection, {fact.conversation_id for fact in facts if fact.conversation_id})
        learnt = list[Remembered]()
        for fact in facts:
            if (fact.conversation_id, fact.line_id) in forgotten or len(known) >= MOST_FACTS:
                continue
            alike = [
                one for one in known if _profile(one) == _profile(fact) or (one.shared and fact.about == one.about)
            ]
            if same := next((one for one in alike if relations.says_again(fact, one)), None):
                await _told_again(connection, same, fact)
                learnt.append(replace(fact, id=same.id))
                continue
            other = [one for one in alike if relations.contradicts(fact, one)]
            newer = next((one for one in other if _told_after(one, fact)), None)
            closed = {"valid_to": newer.valid_from, "closed_by": newer.id} if newer else {}
            await connection.execute(memory_facts.insert().values(person_id=person_id, **asdict(fact), **closed))
            wrong = [one for one in other if not _told_after(one, fact)]
            await _close(connection, [one.id for one in wrong], fact)
            known = [*([] if newer else [fact]), *(one for one in known if one not in wrong)]
            learnt.append(fact)
        return learnt

    def written(self, text: str, character_id: str | None) -> Remembered:
        """A fact that its person writes down; for all characters if for none."""
        at = self.now()
        values = {"about": "person", "character_id": character_id, "shared": character_id is None, "topic": ""}
        return _fact(at, kind="other", text=text[:LONGEST_TEXT], quote=text, source="written", **values)

    def told(self, fact: Fact, *, at: int, **where: Any) -> Remembered:
        """A fact that was told in a talk."""
        own = {"kind": fact.kind, "topic": fact.topic, "text": fact.text, "quote": fact.quote}
        return _fact(at, **own, **where)

    # --- Changing -----------------------------------------------------------------------------------------------------

    async def add(self, person_id: str, text: str, character_id: str | None) -> Any:
        """Keep what a person writes down. Raises `LimitReached`."""
        learnt = await self.learn(person_id, [self.written(text, character_id)])
        if not learnt:
            raise LimitReached(f"At most {MOST_FACTS} things are remembered; delete some first.", code="too_many_facts")
        return await self.get(person_id, learnt[0].id)

    async def edit(self, person_id: str, id: str, values: dict[str, Any]) -> Any:
        """Change text or who may know it; its new state. Raises `NotFound`."""
        if "text" in values:
            values = {**values, "source": "edited", "topic": ""}
        async with self.database.write() as connection:
            await self.touch(connection, person_id)
            change = update(memory_facts).where(table.id == id, table.person_id == person_id, _there())
            named = change.values({"id": id, **values})  # without a change, too, it is a statement
            row = (await connection.execute(named.returning(*table))).one_or_none()
        if row is None:
            raise not_found()
        return row

    async def mark_asked(self, person_id: str, id: str) -> None:
        """Keep that a character asked how this stands, so that it asks but once."""
        async with self.database.write() as connection:
            own = update(memory_facts).where(table.id == id, table.person_id == person_id)
            await connection.execute(own.values(asked_at=self.now()))

    async def choices(self, person_id: str) -> Mapping[str, Choice]:
        """What the person chose, by character."""
        async with self.database.read() as connection:
            return await _choices(connection, person_id)

    async def choose(self, person_id: str, character_id: str, choice: Choice) -> None:
        """What the person wants of a character from now on, or, with an empty id, of all."""
        async with self.database.write() as connection:
            await self.touch(connection, person_id)
            before = (await _choices(connection, person_id)).get(character_id, Choice())
            turned_on = before.state != "on" and choice.state == "on"
            learn_from = self.now() if turned_on else before.learn_from
            await self._set(connection, person_id, character_id, replace(choice, learn_from=learn_from))

    async def learn_no_more_from_before(self, connection: AsyncConnection, person_id: str, character_id: str) -> None:
        """Learn nothing from what was said to the character so far, or, with an empty id, to any."""
        before = (await _choices(connection, person_id)).get(character_id, Choice())
        await self._set(connection, person_id, character_id, replace(before, learn_from=self.now()))

    async def may_learn(
        self, connection: AsyncConnection, person_id: str, facts: Sequence[Remembered]
    ) -> list[Remembered]:
        """Those facts that may be learnt by what the person chose."""
        profile = Profile(choices=await _choices(connection, person_id))
        return [fact for fact in facts if profile.learns(fact.character_id or ALL_CHARACTERS, fact.told_at)]

    async def _set(self, connection: AsyncConnection, person_id: str, character_id: str, choice: Choice) -> None:
        row = {"person_id": person_id, "character_id": character_id, **asdict(choice)}
        insert = self.insert(memory_choices).values(row)
        keys = ["person_id", "character_id"]
        await connection.execute(insert.on_conflict_do_update(index_elements=keys, set_=asdict(choice)))

    async def touch(self, connection: AsyncConnection, person_id: str) -> None:
        """Let all talks of the person see that something changes, and let no other change of theirs come between."""
        insert = self.insert(memory_revisions).values(person_id=person_id, revision=1)
        raised = {"revision": memory_revisions.c.revision + 1}
        await connection.execute(insert.on_conflict_do_update(index_elements=["person_id"], set_=raised))

    def insert(self, into: Any) -> Any:
        """An `INSERT` that knows what to do about a conflict."""
        return postgresql.insert(into) if self.database.dialect == POSTGRESQL else sqlite.insert(into)


_SEARCHED = (table.text, table.quote)


def _fact(at: int, **values: Any) -> Remembered:
    defaults = {"conversation_id": None, "line_id": "", "told_at": at, "valid_from": at}
    return Remembered(id=new_id("fact", at), **{**defaults, **values})


def _told_after(one: Remembered, fact: Remembered) -> bool:
    """Whether that was told later, as when talks are read in another order. What is ordered counts at once."""
    return one.told_at > fact.told_at and fact.source not in ("asked", "written")


def _profile(fact: Remembered) -> tuple[str, str | None]:
    """Within which facts contradict each other."""
    return fact.about, fact.character_id


async def _choices(connection: AsyncConnection, person_id: str) -> Mapping[str, Choice]:
    rows = await connection.execute(select(memory_choices).where(memory_choices.c.person_id == person_id))
    return {row.character_id: Choice(row.state, row.shared, row.learn_from) for row in rows}


async def _forgotten(connection: AsyncConnection, ids: Collection[str]) -> set[tuple[str, str]]:
    query = select(memory_forgotten.c.conversation_id, memory_forgotten.c.line_id)
    rows = await connection.execute(query.where(memory_forgotten.c.conversation_id.in_(ids)))
    return {(row.conversation_id, row.line_id) for row in rows}


async def _told_again(connection: AsyncConnection, known: Remembered, again: Remembered) -> None:
    """What is told again belongs to the line in which it was told last."""
    if again.told_at >= known.told_at:
        newest = replace(again, id=known.id)
        values = {name: getattr(newest, name) for name in ("conversation_id", "line_id", "quote", "told_at", "source")}
        await connection.execute(update(memory_facts).where(table.id == known.id).values(**values))


async def _close(connection: AsyncConnection, ids: Collection[str], by: Remembered) -> None:
    if ids:
        closed = update(memory_facts).where(table.id.in_(ids))
        await connection.execute(closed.values(valid_to=by.valid_from, closed_by=by.id))
