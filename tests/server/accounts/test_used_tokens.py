"""Tokens that are good once, on both databases."""

from __future__ import annotations

import asyncio

import pytest

from server.accounts.proofs.tokens import Claims
from server.accounts.proofs.used_tokens import UsedTokens
from server.errors import Unauthorized
from server.storage.database import Database

CLAIMS = Claims("ann", "tok_1", "", expires_at=10_000)


async def test_of_many_who_show_a_token_at_once_one_has_it(database: Database) -> None:
    used = UsedTokens(database)
    results = await asyncio.gather(*(used.use(CLAIMS) for _ in range(10)), return_exceptions=True)

    assert [type(result) for result in results if result] == [Unauthorized] * 9


async def test_one_that_was_used_in_a_block_that_broke_off_is_still_good(database: Database) -> None:
    used = UsedTokens(database)

    async def break_off() -> None:
        async with database.write() as connection:
            await used.use(CLAIMS, connection)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await break_off()
    await used.use(CLAIMS)


async def test_they_are_remembered_until_they_have_expired_by_any_servers_clock(database: Database) -> None:
    await UsedTokens(database).use(CLAIMS)

    assert [await UsedTokens(database, now=lambda at=at: at).forget_expired() for at in (10_001, 15_001)] == [0, 1]
