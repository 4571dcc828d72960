"""What people do with characters beyond making them: publish, copy, mark as a favourite, report; and operators, hide."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, delete, exists, func, select, text, update

from server.accounts.audit import Action, AuditLog, Client
from server.characters.answers import ListedFields, Origin
from server.characters.catalogue import AllCharacters
from server.characters.editing import Editing, New
from server.characters.store import Row, is_kept, no_such_character, owned_by
from server.errors import Conflict, Forbidden, NotFound, QuotaExceeded
from server.identity.principal import Principal
from server.storage.database import Database
from server.storage.ids import new_id
from server.storage.objects import Objects
from server.storage.tables.characters import character_favourites, character_reports, characters
from server.storage.tables.columns import CleanText

MOST_FAVOURITES = 1_000
"""Of one person."""

FAVOURITE = text(
    "INSERT INTO character_favourites (person_id, character_id, created_at) VALUES (:person_id, :id, :at)"
    " ON CONFLICT DO NOTHING"
)
REPORT = text(
    "INSERT INTO character_reports (id, person_id, character_id, reason, text, created_at)"
    " VALUES (:id, :person_id, :character_id, :reason, :text, :at) ON CONFLICT (person_id, character_id)"
    " DO UPDATE SET reason = excluded.reason, text = excluded.text, created_at = excluded.created_at, settled_at = NULL"
).bindparams(bindparam("text", type_=CleanText))
"""Who reports again says it anew."""


@dataclass(frozen=True)
class Sharing:
    """All methods take who asks; what they do not see is not there."""

    characters: AllCharacters
    editing: Editing
    objects: Objects
    audit: AuditLog

    @property
    def _database(self) -> Database:
        return self.characters.store.database

    async def publish(self, person_id: str, id: str, *, published: bool) -> None:
        """Let everybody see one's own, or nobody any more. Raises `NotFound`, `Forbidden`, `Conflict`."""
        row = await self._kept(person_id, id)
        if row.person_id != person_id:
            raise Forbidden("It is somebody else's: copy it, and publish the copy.")
        if published and not row.version:
            raise Conflict("There is only a draft of it: save it first.", code="only_a_draft")
        at = func.coalesce(characters.c.published_at, self.characters.store.now()) if published else None
        change = update(characters).where(characters.c.id == id, owned_by(person_id)).values(published_at=at)
        async with self._database.write() as connection:
            await connection.execute(change)

    async def copy(self, person_id: str, id: str) -> str:
        """Make one of one's own of it, with its origin named; the id. Raises `NotFound`, `Conflict`, `QuotaExceeded`."""
        if not is_kept(id):
            character = await self.characters.files.get(id, person_id)
            origin = Origin(id=id, name=ListedFields.of(character).title)
            return await self.editing.create(person_id, New(self.characters.files.file(id), origin=origin))
        row = await self._kept(person_id, id)
        if row.file is None:
            raise Conflict("There is only a draft of it: save it first.", code="only_a_draft")
        if row.hidden_at is not None:  # the copy could be published again
            raise Conflict("An operator hid it, so it cannot be copied. Ask them to show it again.", code="hidden")
        origin = Origin(id=id, name=ListedFields.model_validate(row.listed_fields).title)
        copied = await self.editing.create(person_id, New(row.file, tags=row.tags, origin=origin))
        if row.picture_key:  # afterwards, so that no object is ever there without its character
            key = f"characters/{copied}/{row.picture_key.rpartition('/')[2]}"
            with suppress(NotFound):  # it was changed meanwhile
                await self.objects.put(key, self.objects.read(row.picture_key))
                try:
                    await self.editing.set_picture(person_id, copied, key)
                except NotFound:  # the copy is gone already, or who made it
                    await self.objects.delete(key)
        return copied

    async def mark(self, person_id: str, id: str) -> None:
        """Have it among one's favourites. Raises `NotFound`, `QuotaExceeded`."""
        await self._seen(person_id, id)
        mine = character_favourites.c.person_id == person_id
        async with self._database.write() as connection:
            count = await connection.scalar(select(func.count()).select_from(character_favourites).where(mine))
            if (count or 0) >= MOST_FAVOURITES:
                raise QuotaExceeded(
                    f"You have {count} favourites, which is the most: take one away first.", code="too_many_favourites"
                )
            at = self.characters.store.now()
            await connection.execute(FAVOURITE, {"person_id": person_id, "id": id, "at": at})

    async def unmark(self, person_id: str, id: str) -> None:
        """Have it among them no more, even if it is not seen any more. Raises `NotFound`."""
        table = character_favourites
        gone = delete(table).where(table.c.person_id == person_id, table.c.character_id == id)
        async with self._database.write() as connection:
            found = (await connection.execute(gone)).rowcount
        if not found:
            await self._seen(person_id, id)

    async def report(self, person_id: str, id: str, reason: str, said: str) -> None:
        """Tell operators about what somebody else published. Raises `NotFound`, `Forbidden`."""
        row = await self._kept(person_id, id)
        if row.person_id == person_id:
            raise Forbidden("It is your own: take it back, or delete it.")
        at = self.characters.store.now()
        values = {"id": new_id("report", at), "person_id": person_id, "character_id": id, "at": at}
        async with self._database.write() as connection:
            await connection.execute(REPORT, {**values, "reason": reason, "text": said})

    async def reports(self, before: tuple[int, str] | None, limit: int, *, settled: bool) -> Sequence[Row]:
        """At most `limit` + 1 reports, the newest first, with what is reported; settled: also those that were seen to."""
        table = character_reports.c
        its = (characters.c.listed_fields, characters.c.person_id.label("owner_id"), characters.c.published_at)
        query = select(character_reports, *its, characters.c.hidden_at).join(
            characters, characters.c.id == table.character_id
        )
        if not settled:
            query = query.where(table.settled_at.is_(None))
        if before:
            query = query.where(
                (table.created_at < before[0]) | ((table.created_at == before[0]) & (table.id < before[1]))
            )
        query = query.where(characters.c.deleted_at.is_(None)).order_by(table.created_at.desc(), table.id.desc())
        async with self._database.read() as connection:
            return (await connection.execute(query.limit(limit + 1))).all()

    async def hide(self, by: Principal, id: str, client: Client, *, hidden: bool) -> None:
        """Take a character from everybody but its owner, or let it be seen again; its reports are settled by either.

        Raises `NotFound`.
        """
        at, table = self.characters.store.now(), character_reports.c
        there = (characters.c.id == id, characters.c.deleted_at.is_(None), _was_published())
        change = update(characters).where(*there).values(hidden_at=at if hidden else None)
        async with self._database.write() as connection:
            owner = await connection.scalar(change.returning(characters.c.person_id))
            if owner is None:
                raise no_such_character(id)
            settled = update(character_reports).where(table.character_id == id, table.settled_at.is_(None))
            await connection.execute(settled.values(settled_at=at))
            action: Action = "character_hidden" if hidden else "character_shown"
            await self.audit.write(connection, action, owner, client, character=id, by=by.id)

    async def _seen(self, person_id: str, id: str) -> None:
        """Raises `NotFound`."""
        if is_kept(id):
            await self.characters.store.get(id, person_id)
        else:
            await self.characters.files.get(id, person_id)

    async def _kept(self, person_id: str, id: str) -> Row:
        if not is_kept(id):
            raise no_such_character(id)
        return await self.characters.store.get(id, person_id)


def _was_published() -> Any:
    """What nobody but its owner ever saw is none of an operator's business; what was reported, somebody saw."""
    reported = character_reports.c.character_id == characters.c.id
    shown = characters.c.published_at.is_not(None) | characters.c.hidden_at.is_not(None)
    return shown | exists().where(reported)
