"""What is revoked ends the conversations that were begun with it, in every process within two seconds.

Each process asks the database every second which of the log-ins and keys of its conversations are still good: one statement,
none while nobody talks. So it does not matter how one came to be good no longer (logged out, stolen, expired, suspended,
deleted) nor in which process, and no second way of telling each other can fail. Where it happens in the same process, it is
asked at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager, suppress
from typing import Protocol

import structlog
from sqlalchemy import select

from server.accounts.people import may_come_in
from server.errors import StorageError, Unauthorized
from server.identity.principal import Principal
from server.storage.database import Database
from server.storage.ids import Now, now_ms
from server.storage.tables.accounts import api_keys, logins, people

log = structlog.get_logger("kaikou")

ASK_S = 1.0

END_S, LOOK_S = 3.0, 0.05
"""How long conversations may take to end, and how often one looks."""

AT_ONCE = 500
"""Ids in one statement; SQLite takes at most some thousands."""


class Conversation(Protocol):
    """What ends."""

    @property
    def principal(self) -> Principal: ...

    def revoke(self, why: Unauthorized) -> None: ...


class Grants:
    """The log-ins and keys of all people."""

    def __init__(self, database: Database, now: Now = now_ms) -> None:
        self._database, self._now = database, now

    async def good(self, grants: Collection[str]) -> Collection[str]:
        """Those of `grants` that are still good. Raises `StorageError`."""
        found: set[str] = set()
        async with self._database.read() as connection:
            for some in _some(list(grants)):
                login = logins.c.id.in_(some) & logins.c.revoked_at.is_(None) & (logins.c.expires_at > self._now())
                key = api_keys.c.id.in_(some) & api_keys.c.revoked_at.is_(None)
                for table, wanted in ((logins, login), (api_keys, key)):
                    ids = select(table.c.id).join_from(table, people).where(wanted & may_come_in())
                    found.update((await connection.scalars(ids)).all())
        return found


class RevocationWatch:
    """Ends conversations. conversations: those that go on in this process."""

    def __init__(self, grants: Grants) -> None:
        self._grants, self._soon = grants, asyncio.Event()
        self._conversations: Callable[[], Collection[Conversation]] = tuple

    def ask_now(self) -> None:
        """Something was revoked here."""
        self._soon.set()

    @asynccontextmanager
    async def running(self, conversations: Callable[[], Collection[Conversation]]) -> AsyncIterator[None]:
        """Watch until the block ends."""
        self._conversations = conversations
        watching = asyncio.create_task(self._watch(conversations))
        try:
            yield
        finally:
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching

    async def until_ended(self, person: str) -> None:
        """Wait, not for long, until no conversation of a person goes on in this process."""
        self.ask_now()
        with suppress(TimeoutError):
            async with asyncio.timeout(END_S):
                while any(one.principal.id == person for one in self._conversations()):
                    await asyncio.sleep(LOOK_S)

    async def _watch(self, conversations: Callable[[], Collection[Conversation]]) -> None:
        failed = False
        while True:
            self._soon.clear()
            try:
                await self._end_revoked(list(conversations()))
                failed = False
            except StorageError as error:  # who talks goes on: the database will be there again
                if not failed:
                    log.warning("cannot ask which log-ins are still good", error=error.message)
                failed = True
            with suppress(TimeoutError):
                async with asyncio.timeout(ASK_S):
                    await self._soon.wait()

    async def _end_revoked(self, conversations: Collection[Conversation]) -> None:
        held = {one.principal.grant for one in conversations} - {""}
        if not held:
            return
        gone = held - set(await self._grants.good(held))
        for one in conversations:
            if one.principal.grant in gone:
                log.info("conversation ended: its log-in is good no longer", principal=one.principal.id)
                one.revoke(Unauthorized("You are logged out; log in again.", code="logged_out"))


def _some(ids: list[str]) -> list[list[str]]:
    return [ids[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE)]
