"""Deleting an account with everything in it: first nobody can come in any more, then what is theirs goes, last the person.

A server that is killed in between leaves a row with `deleted_at`, and the next clean-up goes on: each step can be repeated.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import structlog
from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.accounts.audit import DAY_MS, AuditLog, Client
from server.accounts.revocation import RevocationWatch
from server.errors import StorageError
from server.identity.principal import OWNER
from server.storage.database import Database
from server.storage.ids import Now
from server.storage.tables.accounts import api_keys, identities, logins, people

log = structlog.get_logger("kaikou")

Remove = Callable[[str], Awaitable[object]]
"""Removes what a domain has of a person beyond the rows that go with the person's row. Raises `StorageError`."""


@dataclass
class Deletion:
    """Deletes people. `domains` are asked in turn; each adds itself when the server is put together."""

    database: Database
    audit: AuditLog
    revocations: RevocationWatch
    now: Now
    domains: list[Remove] = field(default_factory=list)

    async def delete(self, person: str, client: Client) -> None:
        """Delete a person. When this returns nobody can come in as them, and, unless storage failed, nothing is left."""
        async with self.database.write() as connection:
            if await self._begin(connection, people.c.id == person):
                await self.audit.write(connection, "account_deleted", person, client)
        await self.revocations.until_ended(person)
        await self._finish(person)

    async def go_on(self, guest_days: int) -> int:
        """Finish what was begun, and forget guests who did not come back; how many people went."""
        long_ago = self.now() - guest_days * DAY_MS
        gone = func.coalesce(people.c.seen_at, people.c.created_at) < long_ago
        async with self.database.write() as connection:
            await self._begin(connection, (people.c.role == "guest") & gone)
        async with self.database.read() as connection:
            left = list(await connection.scalars(select(people.c.id).where(people.c.deleted_at.is_not(None))))
        for person in left:
            await self._finish(person)
        return len(left)

    async def _begin(self, connection: AsyncConnection, which: ColumnElement[bool]) -> bool:
        """Free the addresses, and end all ways to come in."""
        nobody = {"deleted_at": self.now(), "email": None, "phone": None, "password_hash": None, "name": ""}
        begun = await connection.execute(
            update(people).where(which & people.c.deleted_at.is_(None)).values(nobody).returning(people.c.id)
        )
        ids = [row[0] for row in begun]
        for table in (logins, api_keys, identities):
            await connection.execute(delete(table).where(table.c.person_id.in_(ids)))
        return bool(ids)

    async def _finish(self, person: str) -> None:
        try:
            for remove in self.domains:
                await remove(person)
            async with self.database.write() as connection:
                gone = (people.c.id == person) & people.c.deleted_at.is_not(None)
                deleted = await connection.execute(delete(people).where(gone))
                if person == OWNER.id and deleted.rowcount:  # a server has an owner, who may register anew
                    row = {"id": OWNER.id, "role": OWNER.role, "created_at": self.now()}
                    await connection.execute(people.insert().values(row))
        except StorageError as error:
            log.error("an account could not be deleted yet; the next clean-up goes on", error=error.message)
