"""Tokens that are good once: whoever takes one first has it, on all servers of a database."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from server.accounts.proofs.tokens import LEEWAY_S, Claims
from server.errors import Unauthorized
from server.storage.database import Database
from server.storage.ids import Now, now_ms
from server.storage.tables.accounts import used_tokens


@dataclass(frozen=True)
class UsedTokens:
    """Which were used, kept until they have expired anyway."""

    database: Database
    now: Now = now_ms

    async def use(self, claims: Claims, connection: AsyncConnection | None = None) -> None:
        """Use a token: in the transaction of `connection`, which is undone if it was used before, or in one of its own.

        Raises `Unauthorized` the second time.
        """
        if connection is None:
            async with self.database.write() as connection:
                return await self.use(claims, connection)
        row = used_tokens.insert().values(id=claims.id, expires_at=claims.expires_at + LEEWAY_S * 1000)
        try:
            await connection.execute(row)
        except IntegrityError:
            raise Unauthorized("This was used before, and is good once; begin again.", code="used_token") from None

    async def forget_expired(self) -> int:
        """Remove those that nobody can show any more; how many rows that were."""
        async with self.database.write() as connection:
            return (await connection.execute(delete(used_tokens).where(used_tokens.c.expires_at < self.now()))).rowcount
