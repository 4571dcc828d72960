"""Characters that people keep, read. What somebody does not see is not there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select

from pipeline.characters.character import Character
from pipeline.errors import InvalidRequest
from server.characters.reading import parse_character
from server.errors import NotFound
from server.storage.database import Database
from server.storage.ids import Now, now_ms
from server.storage.tables.characters import character_versions, characters

KIND = "char"
"""Of ids, see `new_id`; no file's id has an underscore."""

MOST = 200
"""Characters of one person."""

MOST_BYTES = 500 << 20
"""Of the cards that a person's characters came from, which are kept: pictures of some MB, some with recordings."""

DRAFT = "draft"
"""The version of a character that somebody tries while it is made."""

Row = Any


def is_kept(id: str) -> bool:
    """Whether it is the id of a character that somebody keeps, not of a file."""
    return id.startswith(f"{KIND}_")


def no_such_character(id: str) -> NotFound:
    """For one that is not there, or not seen by who asks."""
    return NotFound(f"There is no character '{id[:64]}'.", code="character_not_found")


def owned_by(person_id: str) -> ColumnElement[bool]:
    """Rows of the person's own characters."""
    return and_(characters.c.person_id == person_id, characters.c.deleted_at.is_(None))


def seen_by(person_id: str) -> ColumnElement[bool]:
    """Rows of characters that the person sees: those of their own, and what others published."""
    table = characters.c
    published = and_(table.published_at.is_not(None), table.hidden_at.is_(None))
    return and_(table.deleted_at.is_(None), or_(table.person_id == person_id, published))


@dataclass(frozen=True)
class CharacterStore:
    """All methods take the person's id."""

    database: Database
    now: Now = now_ms

    async def of(self, person_id: str) -> Sequence[Character]:
        """The person's own characters that one can talk to, the newest first."""
        query = _talkable().where(owned_by(person_id)).order_by(characters.c.created_at.desc(), characters.c.id.desc())
        async with self.database.read() as connection:
            rows = (await connection.execute(query.limit(MOST))).all()
        return [character_of(row.id, str(row.version), row.file) for row in rows]

    async def character(self, id: str, person_id: str) -> Character:
        """The newest version of one that the person sees. Raises `NotFound`."""
        async with self.database.read() as connection:
            query = _talkable().where(characters.c.id == id, seen_by(person_id))
            row = (await connection.execute(query)).one_or_none()
        if row is None:
            raise no_such_character(id)
        return character_of(row.id, str(row.version), row.file)

    async def draft(self, id: str, person_id: str) -> Character:
        """The draft of one of the person's own; without one what was saved. Raises `NotFound`, `InvalidRequest`."""
        row = await self.get(id, person_id)
        if row.person_id != person_id:
            raise no_such_character(id)
        if row.draft is None:
            return await self.character(id, person_id)
        if not isinstance(row.draft, dict):
            raise InvalidRequest("The draft is no character yet.", code="draft_not_whole")
        return character_of(row.id, DRAFT, with_id(row.draft))

    async def get(self, id: str, person_id: str, *, hidden: bool = False) -> Row:
        """All of one that the person sees, with its newest `file`, or null. hidden: also what an operator hid.

        Raises `NotFound`.
        """
        seen = seen_by(person_id)
        if hidden:
            seen = or_(seen, and_(characters.c.hidden_at.is_not(None), characters.c.deleted_at.is_(None)))
        query = select(characters, character_versions.c.file).outerjoin(character_versions, NEWEST)
        async with self.database.read() as connection:
            row = (await connection.execute(query.where(characters.c.id == id, seen))).one_or_none()
        if row is None:
            raise no_such_character(id)
        return row

    async def versions(self, id: str, person_id: str, before: int | None, limit: int) -> Sequence[Row]:
        """At most `limit` + 1 versions of one of the person's own, the newest first. Raises `NotFound`."""
        table = character_versions.c
        query = select(table.version, table.created_at).where(table.character_id == id)
        if before is not None:
            query = query.where(table.version < before)
        async with self.database.read() as connection:
            if (
                await connection.scalar(select(characters.c.id).where(characters.c.id == id, owned_by(person_id)))
                is None
            ):
                raise no_such_character(id)
            return (await connection.execute(query.order_by(table.version.desc()).limit(limit + 1))).all()

    async def version(self, id: str, person_id: str, version: int) -> Row:
        """One version of one of the person's own. Raises `NotFound`."""
        table = character_versions.c
        query = select(character_versions).join(characters, characters.c.id == table.character_id)
        query = query.where(table.character_id == id, table.version == version, owned_by(person_id))
        async with self.database.read() as connection:
            row = (await connection.execute(query)).one_or_none()
        if row is None:
            raise NotFound("There is no such version of the character.", code="version_not_found")
        return row


NEWEST = and_(
    character_versions.c.character_id == characters.c.id, character_versions.c.version == characters.c.version
)


def _talkable() -> Select[Any]:
    return select(characters.c.id, characters.c.version, character_versions.c.file).join(character_versions, NEWEST)


def character_of(id: str, version: str, file: Any) -> Character:
    """The character that a file is of, under its own id. Raises `InvalidRequest`."""
    return replace(parse_character(file), id=id, version=version)


def with_id(file: dict[str, Any]) -> dict[str, Any]:
    """The file with an `id`, which it needs where it is one of a folder; here the row's counts."""
    return file if "id" in file else {"id": "character", **file}
