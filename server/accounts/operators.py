"""What operators see of people, and do to them: never what anybody said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.accounts.audit import AuditLog, Client
from server.accounts.logins import Logins
from server.accounts.people import COLUMNS, People, Person
from server.errors import Forbidden, NotFound
from server.identity.principal import Principal, Role
from server.storage.database import Database
from server.storage.tables.accounts import people
from server.storage.tables.conversations import conversations
from server.storage.tables.files import file_quotas


@dataclass(frozen=True, slots=True)
class Usage:
    """How much a person has here."""

    conversations: int = 0
    files: int = 0
    file_bytes: int = 0


@dataclass(frozen=True)
class Operators:
    """The people of this server, from outside."""

    database: Database
    people: People
    logins: Logins
    audit: AuditLog

    async def list(self, before: str | None, limit: int) -> Sequence[tuple[Person, Usage]]:
        """People and how much they have, those who came last first; one more than `limit`."""
        wanted = select(*COLUMNS).where(people.c.deleted_at.is_(None)).order_by(people.c.id.desc())
        if before is not None:
            wanted = wanted.where(people.c.id < before)
        async with self.database.read() as connection:
            found = [Person(*row) for row in await connection.execute(wanted.limit(limit + 1))]
            usage = await _usage(connection, [person.id for person in found])
        return [(person, usage[person.id]) for person in found]

    async def usage(self, id: str) -> Usage:
        """How much a person has."""
        async with self.database.read() as connection:
            return (await _usage(connection, [id]))[id]

    async def change(self, by: Principal, id: str, role: Role | None, suspended: bool | None, client: Client) -> Person:
        """Change somebody's role, or suspend them, which ends their log-ins. Raises `NotFound`, `Forbidden`."""
        person = await self.people.get(id)
        if person is None:
            raise NotFound("There is nobody of that id.")
        _check(by, person, role)
        now, values = self.people.now(), dict[str, Any]()
        if role is not None:
            values["role"] = role
        if suspended is not None:
            values["suspended_at"] = now if suspended else None
        async with self.database.write() as connection:
            same = (people.c.id == id) & (people.c.role == person.role)
            changed = await self.people.change(connection, same, values)
            if changed is None:
                raise NotFound("There is nobody of that id, or they were changed meanwhile.")
            if role is not None and role != person.role:
                details = {"was": person.role, "to": role, "by": by.id}
                await self.audit.write(connection, "role_changed", id, client, **details)
            if suspended is not None:
                await self.audit.write(connection, "suspended" if suspended else "unsuspended", id, client, by=by.id)
            if suspended:
                await self.logins.revoke(connection, id)
        return changed


async def _usage(connection: AsyncConnection, ids: Sequence[str]) -> Mapping[str, Usage]:
    """How much each of them has."""
    counted = (
        select(conversations.c.person_id, func.count())
        .where(conversations.c.person_id.in_(ids) & conversations.c.deleted_at.is_(None))
        .group_by(conversations.c.person_id)
    )
    talks = {row[0]: row[1] for row in await connection.execute(counted)}
    quotas = select(file_quotas.c.person_id, file_quotas.c.files, file_quotas.c.bytes)
    rows = await connection.execute(quotas.where(file_quotas.c.person_id.in_(ids)))
    files = {row[0]: (row[1], row[2]) for row in rows}
    return {id: Usage(talks.get(id, 0), *files.get(id, (0, 0))) for id in ids}


def _check(by: Principal, person: Person, role: Role | None) -> None:
    if person.id == by.id or person.role == "owner":
        raise Forbidden("Nobody changes the owner, or themselves.")
    if by.role != "owner" and (role is not None or person.role == "operator"):
        raise Forbidden("Only the owner changes roles, and operators.")
    if role is not None and not person.registered:
        raise Forbidden("A guest has no role to change.")
