"""The cards that are kept of people: made, read, edited, reviewed. Nobody else's are in an answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, delete, func, insert, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from pipeline.errors import LimitReached
from server.errors import NotFound, PreconditionFailed
from server.practice.cards.answers import CardQuery, NewCard
from server.practice.cards.schedule import RATINGS, RatingName, first_place, next_place
from server.practice.cards.sides import sides_of
from server.practice.locking import lock_person
from server.storage.database import Database
from server.storage.ids import Now, new_id, now_ms
from server.storage.tables.conversations import conversations, lines
from server.storage.tables.practice import practice_cards, practice_reviews, practices

MOST = 5_000
"""Of one person."""

MOST_REVIEWS = 100
"""Of one card, that are kept; earlier ones are not needed to schedule it."""

Row = Any

table, reviews = practice_cards.c, practice_reviews.c


def not_found() -> NotFound:
    """For a card that is not there, or somebody else's."""
    return NotFound("There is no card of that id.", code="card_not_found")


@dataclass(frozen=True)
class CardStore:
    """All methods take the person's id. most: how many one person may have."""

    database: Database
    now: Now = now_ms
    most: int = MOST

    # --- Reading ------------------------------------------------------------------------------------------------------

    async def get(self, person_id: str, id: str) -> Row:
        """One card. Raises `NotFound`."""
        async with self.database.read() as connection:
            row = (await connection.execute(select(practice_cards).where(*_one(person_id, id)))).one_or_none()
        if row is None:
            raise not_found()
        return row

    async def listed(
        self, person_id: str, wanted: CardQuery, after: tuple[int, str] | None, limit: int
    ) -> Sequence[Row]:
        """At most `limit` + 1 cards, after the one with this time (due, or made) and id."""
        query = select(practice_cards).where(*_there(person_id, wanted.language))
        for word in wanted.q.split():
            sides = func.lower(table.front + "\n" + table.back + "\n" + table.reason)
            query = query.where(sides.contains(word.lower(), autoescape=True))
        if wanted.due:
            query = query.where(table.due_at <= self.now()).order_by(table.due_at, table.id)
            place = tuple_(table.due_at, table.id)
            query = query.where(place > after) if after else query
        else:
            query = query.order_by(table.created_at.desc(), table.id.desc())
            query = query.where(tuple_(table.created_at, table.id) < after) if after else query
        async with self.database.read() as connection:
            return (await connection.execute(query.limit(limit + 1))).all()

    async def made_after(self, person_id: str, language: str, id: str, limit: int) -> Sequence[Row]:
        """At most `limit` cards in the order in which they were made, after the one of that id."""
        query = select(practice_cards).where(*_there(person_id, language), table.id > id).order_by(table.id)
        async with self.database.read() as connection:
            return (await connection.execute(query.limit(limit))).all()

    async def summary(self, person_id: str, language: str = "") -> tuple[int, int, int | None, Sequence[str]]:
        """How many are due, how many there are, when the next one will be due, in which languages there are any."""
        of, now = _there(person_id, language), self.now()
        count = select(func.count()).select_from(practice_cards)
        async with self.database.read() as connection:
            due = await connection.scalar(count.where(*of, table.due_at <= now)) or 0
            total = await connection.scalar(count.where(*of)) or 0
            following = await connection.scalar(select(func.min(table.due_at)).where(*of, table.due_at > now))
            spoken = select(table.language).where(*_there(person_id)).distinct().order_by(table.language)
            return due, total, following, (await connection.scalars(spoken)).all()

    # --- Changing -----------------------------------------------------------------------------------------------------

    async def make(self, person_id: str, new: NewCard) -> tuple[Row, bool]:
        """A card of a correction, and whether it is new: the same correction is one card.

        Raises `LimitReached`, and `NotFound` for a practice that is not there.
        """
        at = self.now()
        async with self.database.write() as connection:
            await lock_person(connection, person_id)
            turn = await _turn(connection, person_id, new)
            sides = sides_of(new.said, new.better, turn, new.at)
            digest = sides.digest(new.language)
            same = (table.person_id == person_id, table.digest == digest)
            known = (await connection.execute(select(practice_cards).where(*same))).one_or_none()
            if known is not None and known.deleted_at is None:
                return known, False
            count = select(func.count()).select_from(practice_cards).where(*_there(person_id))
            if (await connection.scalar(count) or 0) >= self.most:
                raise LimitReached(f"There are {self.most} cards already; delete some first.", code="too_many_cards")
            await connection.execute(delete(practice_cards).where(*same))  # deleted a moment ago: it begins anew
            id = new_id("card", at)
            place = first_place(id, at)
            row = {
                "id": id,
                "person_id": person_id,
                "digest": digest,
                "front": sides.front,
                "back": sides.back,
                "fsrs": place.fsrs,
                "due_at": place.due_at,
                "created_at": at,
                "updated_at": at,
                **{name: getattr(new, name) for name in ("language", "reason", "kind", "practice_id", "line_id")},
            }
            made = await connection.execute(insert(practice_cards).values(row).returning(*table))
            return made.one(), True

    async def edit(self, person_id: str, id: str, version: int | None, values: dict[str, Any]) -> Row:
        """Change what stands on it; its new state. Raises `NotFound`, `PreconditionFailed`."""
        async with self.database.write() as connection:
            await _locked(connection, person_id, id, version)
            change = {**values, "version": table.version + 1, "updated_at": self.now()}
            made = update(practice_cards).where(*_one(person_id, id)).values(change).returning(*table)
            return (await connection.execute(made)).one()

    async def review(
        self,
        person_id: str,
        id: str,
        rating: RatingName,
        *,
        version: int | None = None,
        ms: int | None = None,
        only_due: bool = False,
    ) -> Row:
        """Count an answer; the card where it is then. Two at once count one after the other.

        version: that was answered; only_due: an answer to a card that is not due changes nothing.
        Raises `NotFound`, `PreconditionFailed`.
        """
        at = self.now()
        async with self.database.write() as connection:
            row = await _locked(connection, person_id, id, version)
            if only_due and row.due_at > at:
                return row
            before = {"fsrs": row.fsrs, "due_at": row.due_at}
            log = {"rating": int(RATINGS[rating]), "review": {"ms": ms, "before": before}, "reviewed_at": at}
            await connection.execute(insert(practice_reviews).values(person_id=person_id, card_id=id, **log))
            newest = select(reviews.number).where(reviews.card_id == id).order_by(reviews.number.desc())
            if last := await connection.scalar(newest.offset(MOST_REVIEWS).limit(1)):
                old = delete(practice_reviews).where(reviews.card_id == id, reviews.number <= last)
                await connection.execute(old)
            place = next_place(row.fsrs, rating, at)
            return await _move(connection, id, place.fsrs, place.due_at, at)

    async def take_back(self, person_id: str, id: str) -> Row:
        """Undo the last answer; the card where it was before. Raises `NotFound`, also where there is none."""
        async with self.database.write() as connection:
            await _locked(connection, person_id, id)
            query = select(practice_reviews).where(reviews.card_id == id).order_by(reviews.number.desc()).limit(1)
            last = (await connection.execute(query)).one_or_none()
            if last is None:
                raise NotFound("The card was not reviewed yet.", code="review_not_found")
            await connection.execute(delete(practice_reviews).where(reviews.number == last.number))
            before = last.review["before"]
            return await _move(connection, id, before["fsrs"], before["due_at"], self.now())


def _there(person_id: str, language: str = "") -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [table.person_id == person_id, table.deleted_at.is_(None)]
    return [*found, table.language == language] if language else found


def _one(person_id: str, id: str) -> list[ColumnElement[bool]]:
    return [table.id == id, *_there(person_id)]


async def _locked(connection: AsyncConnection, person_id: str, id: str, version: int | None = None) -> Row:
    """A card that nobody else changes until the transaction ends. Raises `NotFound`, `PreconditionFailed`."""
    query = select(practice_cards).where(*_one(person_id, id)).with_for_update()
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        raise not_found()
    if version is not None and row.version != version:
        raise PreconditionFailed("The card was edited or reviewed meanwhile; get it anew.")
    return row


async def _move(connection: AsyncConnection, id: str, fsrs: Any, due_at: int, at: int) -> Row:
    values = {"fsrs": fsrs, "due_at": due_at, "version": table.version + 1, "updated_at": at}
    moved = update(practice_cards).where(table.id == id).values(values).returning(*table)
    return (await connection.execute(moved)).one()


async def _turn(connection: AsyncConnection, person_id: str, new: NewCard) -> str:
    """What was said in the line of a correction; empty where neither it is told nor the line kept. Raises `NotFound`."""
    if new.practice_id is None:
        return new.sentence
    own = (practices.c.id == new.practice_id, practices.c.person_id == person_id)
    found = (await connection.execute(select(practices.c.conversation_id).where(*own))).one_or_none()
    if found is None:
        raise NotFound("There is no practice of that id.", code="practice_not_found")
    if new.sentence:
        return new.sentence
    kept = (conversations.c.id == lines.c.conversation_id, conversations.c.deleted_at.is_(None))
    said = select(lines.c.said).join(conversations, kept[0]).where(kept[1], lines.c.person_id == person_id)
    line = said.where(lines.c.conversation_id == found.conversation_id, lines.c.item_id == new.line_id)
    return await connection.scalar(line) or ""
