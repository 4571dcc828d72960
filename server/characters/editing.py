"""Characters that people keep, written: made, saved as a new version, kept as a draft, deleted, and brought back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from pipeline.characters.character import Character
from server.characters.answers import ListedFields, Origin
from server.characters.reading import FILE_LIMIT, parse_character, problems_of
from server.characters.store import (
    KIND,
    MOST,
    MOST_BYTES,
    CharacterStore,
    no_such_character,
    owned_by,
    seen_by,
    with_id,
)
from server.errors import FieldFault, Forbidden, NotFound, PreconditionFailed, QuotaExceeded, TooLarge, ValidationFailed
from server.storage.ids import new_id
from server.storage.tables.accounts import people
from server.storage.tables.characters import character_versions, character_words, characters
from server.storage.undo import undo_until, undoable_since
from server.storage.words import tokens_of

MOST_VERSIONS, FEWEST_VERSIONS = 50, 5
"""Of one character; the oldest go."""

BYTES_OF_VERSIONS = 5_000_000
"""Of one character; of long files there are fewer, but not fewer than `FEWEST_VERSIONS`."""

LARGEST_DRAFT = 200_000
"""Bytes of a draft as JSON."""


@dataclass(frozen=True, slots=True)
class New:
    """What a character is made of: a file, or a draft.

    imported: the card that it came from, of which `imported_bytes` are kept, objects among them.
    """

    file: Mapping[str, Any] | None = None
    draft: Any = None
    tags: Sequence[str] = ()
    origin: Origin | None = None
    imported: Any = None
    imported_bytes: int = 0
    picture_key: str = ""


@dataclass(frozen=True)
class Editing:
    """All methods take the person's id. What somebody else published they may see, and not change.

    most, most_bytes: characters that one person may have, and bytes of the cards that they came from.
    """

    store: CharacterStore
    most: int = MOST
    most_bytes: int = MOST_BYTES

    async def create(self, person_id: str, new: New, id: str = "") -> str:
        """Make one; its id, which may be given, as `new_id` makes it, where something is kept under it before.

        Raises `ValidationFailed`, `QuotaExceeded`, `TooLarge`.
        """
        file = checked(new.file) if new.file is not None else None
        at = self.store.now()
        id = id or new_id(KIND, at)
        values = _about(file[1], new.tags) if file else _about_draft(new.draft, new.tags)
        async with self.store.database.write() as connection:
            await _lock(connection, person_id)
            row = {
                "id": id,
                "person_id": person_id,
                "version": 1 if file else 0,
                "picture_key": new.picture_key,
                "origin_id": new.origin.id if new.origin else "",
                "origin_name": new.origin.name if new.origin else "",
                "created_at": at,
                "updated_at": at,
                "draft": checked_draft(new.draft),
                "imported": new.imported,
                "imported_bytes": new.imported_bytes,
            }
            words = values.pop("words")
            await connection.execute(characters.insert().values(**row, **values))
            await self._check_room(connection, person_id)
            if file:
                await _add_version(connection, id, 1, file[0], at)
            await _index(connection, id, words)
        return id

    async def save(
        self, person_id: str, id: str, data: Mapping[str, Any], tags: Sequence[str] | None, expected: int | None
    ) -> int:
        """Save a file as a new version, and forget the draft; the version.

        Raises `NotFound`, `Forbidden`, `PreconditionFailed`, `ValidationFailed`, `TooLarge`.
        """
        (file, character), at, table = checked(data), self.store.now(), characters.c
        async with self.store.database.write() as connection:
            before = await self._tags(connection, person_id, id)
            values = _about(character, before if tags is None else tags)
            words = values.pop("words")
            change = update(characters).where(table.id == id, owned_by(person_id))
            if expected is not None:
                change = change.where(table.version == expected)
            change = change.values(version=table.version + 1, draft=None, updated_at=at, **values)
            version = await connection.scalar(change.returning(table.version))
            if version is None:
                raise PreconditionFailed(
                    "The character was changed meanwhile: read its newest version, and save over that."
                )
            await _add_version(connection, id, version, file, at)
            await _index(connection, id, words)
        return int(version)

    async def keep_draft(self, person_id: str, id: str, draft: Any) -> int:
        """Keep what a form holds, which is not checked; when. Raises `NotFound`, `Forbidden`, `TooLarge`."""
        at, draft = self.store.now(), checked_draft(draft)
        async with self.store.database.write() as connection:
            tags = await self._tags(connection, person_id, id)
            mine = (characters.c.id == id, owned_by(person_id))
            await connection.execute(update(characters).where(*mine).values(draft=draft, updated_at=at))
            begun = update(characters).where(*mine, characters.c.version == 0)
            fields = ListedFields.of_draft(draft)
            shown = begun.values(listed_fields=fields.model_dump(mode="json"), name=fields.title.casefold())
            if (await connection.execute(shown)).rowcount:
                await _index(connection, id, words_for(fields, tags))
        return at

    async def check_may_change(self, person_id: str, id: str) -> None:
        """Raises `NotFound`, `Forbidden`."""
        async with self.store.database.read() as connection:
            await self._tags(connection, person_id, id)

    async def set_picture(self, person_id: str, id: str, key: str) -> str:
        """Have the object of that key as its picture, or with an empty one none; the key of the picture before.

        Raises `NotFound`, `Forbidden`.
        """
        async with self.store.database.write() as connection:
            await _lock(connection, person_id)
            await self._tags(connection, person_id, id)
            mine = (characters.c.id == id, owned_by(person_id))
            before = await connection.scalar(select(characters.c.picture_key).where(*mine).with_for_update())
            values = {"picture_key": key, "updated_at": self.store.now()}
            await connection.execute(update(characters).where(*mine).values(**values))
        return before or ""

    async def delete(self, person_id: str, id: str) -> int:
        """Delete one; until when it can be undone. Raises `NotFound`, `Forbidden`."""
        at = self.store.now()
        async with self.store.database.write() as connection:
            await self._tags(connection, person_id, id)
            gone = update(characters).where(characters.c.id == id, owned_by(person_id))
            await connection.execute(gone.values(deleted_at=at))
        return undo_until(at)

    async def restore(self, person_id: str, id: str) -> None:
        """Undo a deletion of the last seconds. Raises `NotFound`, `QuotaExceeded` where others took its place."""
        table = characters.c
        back = update(characters).where(
            table.id == id, table.person_id == person_id, table.deleted_at >= undoable_since(self.store.now())
        )
        async with self.store.database.write() as connection:
            await _lock(connection, person_id)
            if not (await connection.execute(back.values(deleted_at=None))).rowcount:
                raise no_such_character(id)
            await self._check_room(connection, person_id)

    async def _tags(self, connection: AsyncConnection, person_id: str, id: str) -> Sequence[str]:
        """The tags of one that the person may change. Raises `NotFound`, `Forbidden`."""
        query = select(characters.c.tags, characters.c.person_id).where(characters.c.id == id, seen_by(person_id))
        row = (await connection.execute(query)).one_or_none()
        if row is None:
            raise no_such_character(id)
        if row.person_id != person_id:
            raise Forbidden("It is somebody else's: copy it, and change the copy.")
        tags: Sequence[str] = row.tags
        return tags

    async def _check_room(self, connection: AsyncConnection, person_id: str) -> None:
        """See that the person has no more than they may. Raises `QuotaExceeded`."""
        table = characters.c
        sums = select(func.count(), func.coalesce(func.sum(table.imported_bytes), 0)).where(owned_by(person_id))
        count, size = (await connection.execute(sums)).one()
        if count > self.most:
            message = f"You may have {self.most} characters, and have as many: delete one first."
            raise QuotaExceeded(message, code="too_many_characters")
        if size > self.most_bytes:
            message = (
                f"The cards that your characters came from may have {self.most_bytes >> 20} MiB: delete one first."
            )
            raise QuotaExceeded(message, code="too_large_cards")


async def _lock(connection: AsyncConnection, person_id: str) -> None:
    """Let nobody else make a character for the person until the transaction ends.

    Raises `NotFound` for one who leaves: what is made after their objects were removed would stay for ever.
    """
    there = select(people.c.id).where(people.c.id == person_id, people.c.deleted_at.is_(None))
    if await connection.scalar(there.with_for_update(key_share=True)) is None:
        raise NotFound("There is no such person any more.", code="person_not_found")


def checked(data: Mapping[str, Any]) -> tuple[dict[str, Any], Character]:
    """A file that may be kept, and the character. Raises `ValidationFailed` with all that is wrong, `TooLarge`."""
    file = with_id(dict(data))
    if problems := problems_of(file):
        raise ValidationFailed([FieldFault(f"file.{one.field}", one.code, one.message) for one in problems])
    if len(orjson.dumps(file)) > FILE_LIMIT:
        raise TooLarge(f"A character's file has at most {FILE_LIMIT // 1000} kB.")
    return file, parse_character(file)


def checked_draft(draft: Any) -> Any:
    """A draft that may be kept. Raises `TooLarge`."""
    try:
        content = orjson.dumps(draft)
    except TypeError:
        raise ValidationFailed([FieldFault("draft", "too_large_number", "A number in it is too large")]) from None
    if len(content) > LARGEST_DRAFT:
        raise TooLarge(f"A draft has at most {LARGEST_DRAFT // 1000} kB.")
    return orjson.loads(content)  # without what is no JSON, such as an infinite number


def words_for(fields: ListedFields, tags: Sequence[str]) -> str:
    """The text that a character is found by."""
    topics = [topic for some in fields.topics.values() for topic in some]
    return "\n".join((*fields.name.values(), *fields.line.values(), *topics, *tags))


def _about(character: Character, tags: Sequence[str]) -> dict[str, Any]:
    """The columns that are made of a file, and its `words`."""
    fields = ListedFields.of(character)
    return {
        "listed_fields": fields.model_dump(mode="json"),
        "name": fields.title.casefold(),
        "languages": _spaced(fields.languages),
        "purpose": fields.purpose,
        "voices": _spaced(character.voice.values()),
        "tags": list(tags),
        "words": words_for(fields, tags),
    }


def _about_draft(draft: Any, tags: Sequence[str]) -> dict[str, Any]:
    fields = ListedFields.of_draft(draft)
    values = {
        "listed_fields": fields.model_dump(mode="json"),
        "name": fields.title.casefold(),
        "tags": list(tags),
    }
    return {**values, "words": words_for(fields, tags)}


def _spaced(words: Any) -> str:
    return f" {' '.join(dict.fromkeys(words))} "


async def _add_version(connection: AsyncConnection, id: str, version: int, file: Mapping[str, Any], at: int) -> None:
    table = character_versions
    await connection.execute(table.insert().values(character_id=id, version=version, file=file, created_at=at))
    most = max(FEWEST_VERSIONS, min(MOST_VERSIONS, BYTES_OF_VERSIONS // len(orjson.dumps(file))))
    old = (table.c.character_id == id, table.c.version <= version - most)
    await connection.execute(delete(table).where(*old))


async def _index(connection: AsyncConnection, id: str, words: str) -> None:
    """Have it found by these words, and no others."""
    await connection.execute(delete(character_words).where(character_words.c.character_id == id))
    tokens = tokens_of(words, connection.dialect.name)
    await connection.execute(character_words.insert().values(character_id=id, tokens=tokens))
