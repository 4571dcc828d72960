"""Log-ins: one row from when somebody logs in, or comes as a guest, until they log out. It is what can be revoked.

Whatever they show, the page's cookie or a program's token, names its log-in, and is good as long as the row is. A refresh
token is good once: where one comes a second time somebody has stolen it or its successor, and the log-in ends.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import Row, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.accounts.audit import AuditLog, Client
from server.accounts.people import may_come_in
from server.accounts.proofs.tokens import Claims, Tokens
from server.errors import Unauthorized
from server.identity.principal import Principal
from server.storage.database import Database
from server.storage.ids import Now, new_id, now_ms
from server.storage.tables.accounts import logins, people

ACCESS_S = 15 * 60
"""How long an access token is good."""

DAY_S = 86_400

SEEN_MS = 60_000
"""How exactly is kept when somebody was last there."""


@dataclass(frozen=True, slots=True)
class TokenPair:
    """What a program logs in with from then on. expires_in: seconds that the access token is good."""

    access_token: str
    refresh_token: str
    expires_in: int = ACCESS_S


class Logins:
    """Opens, checks and revokes them. days: how long one lasts."""

    def __init__(self, database: Database, tokens: Tokens, audit: AuditLog, days: int, now: Now = now_ms) -> None:
        self._database, self._tokens, self._audit, self._days, self._now = database, tokens, audit, days, now

    @property
    def seconds(self) -> int:
        """How long a log-in lasts."""
        return self._days * DAY_S

    async def open(self, connection: AsyncConnection, person: str, client: Client) -> str:
        """A new log-in of `person`; its id, which is the grant that everything shown later names."""
        id, now = new_id("login", self._now()), self._now()
        await connection.execute(
            logins.insert().values(
                id=id,
                person_id=person,
                refresh_hash="",
                address=client.address,
                user_agent=client.user_agent,
                created_at=now,
                seen_at=now,
                expires_at=now + self.seconds * 1000,
            )
        )
        return id

    async def cookie(self, person: str, login: str) -> str:
        """What the page's cookie holds."""
        return await self._tokens.sign("login", person, self.seconds, login)

    async def pair(self, person: str, login: str) -> TokenPair:
        """The first tokens of a log-in."""
        refresh = await self._tokens.sign("refresh", person, self.seconds, login)
        async with self._database.write() as connection:
            await connection.execute(update(logins).where(logins.c.id == login).values(refresh_hash=_hash(refresh)))
        return TokenPair(await self._tokens.sign("access", person, ACCESS_S, login), refresh)

    async def refresh(self, token: str, client: Client) -> TokenPair:
        """New tokens for a refresh token, which is good no longer. Raises `Unauthorized`."""
        claims = await self._tokens.verify("refresh", token)
        successor = await self._tokens.sign("refresh", claims.person, self.seconds, claims.grant)
        access = await self._tokens.sign("access", claims.person, ACCESS_S, claims.grant)
        async with self._database.write() as connection:
            renewed = await connection.execute(
                update(logins)
                .where((logins.c.id == claims.grant) & logins.c.revoked_at.is_(None))
                .where((logins.c.refresh_hash == _hash(token)) & (logins.c.expires_at > self._now()))
                .where(logins.c.person_id.in_(select(people.c.id).where(may_come_in())))
                .values(refresh_hash=_hash(successor), seen_at=self._now(), address=client.address)
            )
            if not renewed.rowcount:
                await self._revoke_stolen(connection, claims, client)
        if renewed.rowcount:
            return TokenPair(access, successor)
        raise Unauthorized("This refresh token is good no longer; log in again.", code="invalid_token")

    async def principal(self, claims: Claims) -> Principal:
        """Who shows these claims, if their log-in still goes on. Raises `Unauthorized`."""
        columns = logins.c
        wanted = select(people.c.id, people.c.role, columns.seen_at).join_from(people, logins)
        good = (columns.id == claims.grant) & columns.revoked_at.is_(None) & (columns.expires_at > self._now())
        async with self._database.read() as connection:
            row = (await connection.execute(wanted.where(good & may_come_in()))).one_or_none()
        if row is None or not hmac.compare_digest(row[0], claims.person):
            raise Unauthorized("You are logged out; log in again.", code="logged_out")
        if self._now() - row[2] > SEEN_MS:
            await self._saw(row[0], claims.grant)
        return Principal(row[0], "login", row[1], None, claims.grant)

    async def prolong(self, login: str) -> bool:
        """Let a log-in last as long as a new one; whether that is worth a new cookie: it is a day or more longer."""
        now = self._now()
        until = now + self.seconds * 1000
        good = (logins.c.id == login) & logins.c.revoked_at.is_(None) & (logins.c.expires_at > now)
        longer = good & (logins.c.expires_at <= until - DAY_S * 1000)
        async with self._database.write() as connection:
            prolonged = await connection.execute(update(logins).where(longer).values(expires_at=until))
        return prolonged.rowcount > 0

    async def list(self, person: str) -> Sequence[Row[Any]]:
        """The log-ins of a person that go on, the newest first."""
        good = (logins.c.person_id == person) & logins.c.revoked_at.is_(None) & (logins.c.expires_at > self._now())
        async with self._database.read() as connection:
            return (await connection.execute(select(logins).where(good).order_by(logins.c.id.desc()))).all()

    async def forget_old(self) -> int:
        """Remove the rows of those that ended a while ago; how many that were."""
        old = logins.c.expires_at < self._now() - self.seconds * 1000
        async with self._database.write() as connection:
            return (await connection.execute(delete(logins).where(old))).rowcount

    async def revoke(
        self, connection: AsyncConnection, person: str, login: str | None = None, but: str | None = None
    ) -> int:
        """End one log-in of a person, or all, or all `but` one; how many that were."""
        wanted = (logins.c.person_id == person) & logins.c.revoked_at.is_(None)
        if login is not None:
            wanted &= logins.c.id == login
        if but is not None:
            wanted &= logins.c.id != but
        return (await connection.execute(update(logins).where(wanted).values(revoked_at=self._now()))).rowcount

    async def _revoke_stolen(self, connection: AsyncConnection, claims: Claims, client: Client) -> None:
        if await self.revoke(connection, claims.person, claims.grant):
            await self._audit.write(connection, "login_stolen", claims.person, client, login=claims.grant)

    async def _saw(self, person: str, login: str) -> None:
        now = self._now()
        async with self._database.write() as connection:
            await connection.execute(update(logins).where(logins.c.id == login).values(seen_at=now))
            await connection.execute(update(people).where(people.c.id == person).values(seen_at=now))


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()
