"""Secrets that links are signed with: of all servers on one database, replaced by themselves, good until what they signed
has expired."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from secrets import token_bytes
from time import monotonic

from sqlalchemy import delete, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from server.storage.database import POSTGRESQL, Database
from server.storage.ids import Now, new_id, now_ms
from server.storage.tables.accounts import signing_keys

SECRET_BYTES = 32
REPLACED_MS = 30 * 24 * 3600 * 1000
"""A key signs for this long; then the next one is made."""
NEWEST_S = 60.0
"""How long a server may sign with a key after another server has made the next one."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A secret, and the id by which what it signed names it."""

    id: str
    secret: bytes
    created_at: int


class SigningKeys:
    """The keys of one purpose. longest_ms: how long what they sign is good at most."""

    def __init__(
        self,
        database: Database,
        purpose: str,
        longest_ms: int,
        now: Now = now_ms,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._database, self._purpose, self._longest_ms, self._now, self._clock = (
            database,
            purpose,
            longest_ms,
            now,
            clock,
        )
        self._known: dict[str, SigningKey] = {}
        self._newest: SigningKey | None = None
        self._asked_at = 0.0

    async def newest(self) -> SigningKey:
        """The key to sign with; made where there is none, or only an old one. Raises `StorageError`."""
        if self._newest is None or self._clock() - self._asked_at > NEWEST_S:
            asked_at = self._clock()
            async with self._database.read() as connection:
                found = await self._load(connection)
            self._newest, self._asked_at = found if found and self._signs(found) else await self._make(), asked_at
        return self._newest

    async def find(self, id: str) -> SigningKey | None:
        """The key of that id, if what it signed may be good yet. Raises `StorageError`."""
        if id not in self._known:
            async with self._database.read() as connection:
                await self._load(connection)
        return self._known.get(id)

    def _signs(self, key: SigningKey) -> bool:
        return self._now() - key.created_at <= REPLACED_MS

    async def _load(self, connection: AsyncConnection) -> SigningKey | None:
        """Know all keys that are there, and return the newest."""
        query = select(signing_keys).where(signing_keys.c.purpose == self._purpose)
        rows = await connection.execute(query.order_by(signing_keys.c.created_at, signing_keys.c.id))
        keys = [SigningKey(row.id, row.secret, row.created_at) for row in rows]
        self._known = {key.id: key for key in keys}
        return keys[-1] if keys else None

    async def _make(self) -> SigningKey:
        """Another key, but where another server was quicker; what the oldest ones signed has expired, so that they go."""
        now = self._now()
        key = SigningKey(new_id("sign", now), token_bytes(SECRET_BYTES), now)
        row = {"id": key.id, "purpose": self._purpose, "secret": key.secret, "created_at": now}
        expired = signing_keys.c.created_at < now - 2 * REPLACED_MS - self._longest_ms
        async with self._database.write() as connection:
            if self._database.dialect == POSTGRESQL:  # on SQLite nobody else writes anyway
                await connection.execute(text(f"LOCK TABLE {signing_keys.name} IN SHARE ROW EXCLUSIVE MODE"))
            found = await self._load(connection)
            if found and self._signs(found):
                return found
            await connection.execute(delete(signing_keys).where(signing_keys.c.purpose == self._purpose, expired))
            await connection.execute(insert(signing_keys), [row])
        self._known[key.id] = key
        return key
