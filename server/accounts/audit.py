"""The audit log: what happened to accounts, written in the transaction in which it happens. Never a secret, never what was
said, and no addresses of mail: it outlives its people.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import HTTPConnection

from server.api.limits import address_of
from server.storage.database import Database
from server.storage.ids import Now, now_ms
from server.storage.tables.accounts import audit_log

Action: TypeAlias = Literal[
    "registered",
    "logged_in",
    "login_failed",
    "login_stolen",
    "logged_out",
    "logged_out_everywhere",
    "account_changed",
    "password_changed",
    "reset_requested",
    "password_reset",
    "email_verified",
    "key_made",
    "key_revoked",
    "account_deleted",
    "limit_hit",
    "exported",
    "role_changed",
    "passkey_added",
    "passkey_removed",
    "identity_linked",
    "identity_unlinked",
    "suspended",
    "unsuspended",
    "character_hidden",
    "character_shown",
]
"""login_stolen: a refresh token came that had been used before."""

DAY_MS = 86_400_000

LONGEST_AGENT = 200
"""Letters of a browser's description that are kept."""


@dataclass(frozen=True, slots=True)
class Client:
    """From where somebody asks. network: what counts as one address, see `address_of`."""

    address: str = ""
    network: str = ""
    user_agent: str = ""


def client_of(connection: HTTPConnection) -> Client:
    """From where `connection` comes; behind known proxies what they say."""
    agent = connection.headers.get("user-agent", "")[:LONGEST_AGENT]
    return Client(connection.client.host if connection.client else "", address_of(connection), agent)


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the log."""

    number: int
    at: int
    person_id: str
    action: str
    address: str
    details: Mapping[str, Any]


@dataclass(frozen=True)
class AuditLog:
    """Writes and reads it. days: how long a row is kept."""

    database: Database
    days: int
    now: Now = now_ms

    async def write(
        self, connection: AsyncConnection, action: Action, person: str, client: Client, **details: Any
    ) -> None:
        """Add a row in the transaction of `connection`."""
        at = self.now()
        await connection.execute(
            audit_log.insert().values(
                at=at,
                keep_until=at + self.days * DAY_MS,
                person_id=person,
                action=action,
                address=client.address,
                details=details,
            )
        )

    async def write_alone(self, action: Action, person: str, client: Client, **details: Any) -> None:
        """Add a row about what changed nothing else."""
        async with self.database.write() as connection:
            await self.write(connection, action, person, client, **details)

    async def list(self, person: str | None, before: int | None, limit: int) -> list[Entry]:
        """The newest rows of a person, or of all, before the one with that number; one more than `limit`."""
        columns = audit_log.c
        wanted = select(
            columns.number, columns.at, columns.person_id, columns.action, columns.address, columns.details
        ).order_by(columns.number.desc())
        if person is not None:
            wanted = wanted.where(columns.person_id == person)
        if before is not None:
            wanted = wanted.where(columns.number < before)
        async with self.database.read() as connection:
            return [Entry(*row) for row in (await connection.execute(wanted.limit(limit + 1)))]

    async def forget_old(self) -> int:
        """Remove what has been kept long enough; how many rows that were."""
        async with self.database.write() as connection:
            return (await connection.execute(delete(audit_log).where(audit_log.c.keep_until <= self.now()))).rowcount
