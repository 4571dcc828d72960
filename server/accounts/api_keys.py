"""Keys of programs. A key has 256 random bits, so that its SHA-256 can be kept and looked up: slow hashes protect what
people think of, nobody guesses such a number, and every request has to be quick.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from secrets import token_urlsafe

from sqlalchemy import ColumnElement, func, select, update

from server.accounts.audit import AuditLog, Client
from server.accounts.people import may_come_in
from server.errors import Conflict, NotFound, Unauthorized
from server.identity.principal import Principal
from server.storage.database import Database
from server.storage.ids import Now, new_id, now_ms
from server.storage.tables.accounts import api_keys, people

PREFIX = "kk_"
"""What keys begin with, so that people and programs that look for leaked ones know them."""

HINT_LETTERS = 8

MOST = 50
"""Keys of a person that are in force."""

USED_MS = 60_000
"""How exactly is kept when a key was last used."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as its owner sees it; `hint` is how it begins."""

    id: str
    name: str
    hint: str
    scopes: Sequence[str]
    created_at: int
    used_at: int | None


COLUMNS = [api_keys.c[name] for name in ApiKey.__dataclass_fields__]


@dataclass(frozen=True)
class ApiKeys:
    """Makes, finds and revokes them."""

    database: Database
    audit: AuditLog
    now: Now = now_ms

    async def make(self, person: str, name: str, scopes: Sequence[str], client: Client) -> tuple[ApiKey, str]:
        """A new key, and its secret, which is not kept. Raises `Conflict` for too many."""
        secret = PREFIX + token_urlsafe(32)
        now = self.now()
        key = ApiKey(new_id("apikey", now), name, secret[:HINT_LETTERS], sorted(set(scopes)), now, None)
        row = {field: getattr(key, field) for field in ApiKey.__dataclass_fields__}
        async with self.database.write() as connection:
            mine = (api_keys.c.person_id == person) & api_keys.c.revoked_at.is_(None)
            if (await connection.scalar(select(func.count()).where(mine)) or 0) >= MOST:
                raise Conflict(f"There are {MOST} keys already; revoke one.", code="too_many_keys")
            await connection.execute(api_keys.insert().values(**row, person_id=person, hash=_hash(secret)))
            await self.audit.write(connection, "key_made", person, client, key=key.id, scopes=key.scopes)
        return key, secret

    async def list(self, person: str) -> Sequence[ApiKey]:
        """A person's keys that are in force, the newest first."""
        mine = (api_keys.c.person_id == person) & api_keys.c.revoked_at.is_(None)
        async with self.database.read() as connection:
            rows = await connection.execute(select(*COLUMNS).where(mine).order_by(api_keys.c.id.desc()))
            return [ApiKey(*row) for row in rows]

    async def revoke(self, person: str, id: str, client: Client) -> None:
        """Let a key be good no longer. Raises `NotFound`."""
        mine = (api_keys.c.id == id) & (api_keys.c.person_id == person) & api_keys.c.revoked_at.is_(None)
        async with self.database.write() as connection:
            revoked = await connection.execute(update(api_keys).where(mine).values(revoked_at=self.now()))
            if not revoked.rowcount:
                raise NotFound("You have no key of that id.")
            await self.audit.write(connection, "key_revoked", person, client, key=id)

    async def principal(self, secret: str) -> Principal:
        """Whose key this is. Raises `Unauthorized`."""
        found = await self._principal(api_keys.c.hash == _hash(secret))
        if found is None:
            raise Unauthorized("This API key is not, or no longer, good.")
        return found

    async def principal_of(self, id: str) -> Principal:
        """Whose key that of this id is, if it is still good. Raises `Unauthorized`."""
        found = await self._principal(api_keys.c.id == id)
        if found is None:
            raise Unauthorized("This API key is not, or no longer, good.")
        return found

    async def _principal(self, which: ColumnElement[bool]) -> Principal | None:
        columns = api_keys.c
        wanted = select(columns.id, columns.scopes, columns.used_at, people.c.id, people.c.role)
        good = which & columns.revoked_at.is_(None) & may_come_in()
        async with self.database.read() as connection:
            row = (await connection.execute(wanted.join_from(api_keys, people).where(good))).one_or_none()
        if row is None:
            return None
        id, scopes, used_at, person, role = row
        if used_at is None or self.now() - used_at > USED_MS:
            async with self.database.write() as connection:
                await connection.execute(update(api_keys).where(columns.id == id).values(used_at=self.now()))
        return Principal(person, "api_key", role, frozenset(scopes), id)


def _hash(secret: str) -> str:
    return sha256(secret.encode("utf-8", "replace")).hexdigest()
