from __future__ import annotations

import pytest

from server.accounts.attempts import BOUNDS, Attempts, TooManyAttempts
from server.accounts.audit import AuditLog, Client
from server.api.rates import BucketsInMemory
from server.storage.database import Database
from tests.server.accounts.people import browser, outcome
from tests.serving import serving

HERE, THERE = Client("10.0.0.1", "10.0.0.1"), Client("10.0.0.2", "10.0.0.2")


async def test_a_guesser_is_slowed_down_and_whoever_it_is_about_is_not_locked_out(database: Database) -> None:
    clock = 0.0
    attempts = Attempts(AuditLog(database, 180), BucketsInMemory(lambda: clock))
    for _ in range(BOUNDS["log_in"].here):
        await attempts.count("log_in", HERE, "ann@example.org", "ann")

    with pytest.raises(TooManyAttempts) as refused:
        await attempts.count("log_in", HERE, "ann@example.org", "ann")
    await attempts.count("log_in", THERE, "ann@example.org", "ann")
    await attempts.count("log_in", HERE, "ben@example.org", "ben")
    clock += refused.value.retry_after_s
    await attempts.count("log_in", HERE, "ann@example.org", "ann")
    written = await attempts.audit.list("ann", None, 10)

    assert 0 < refused.value.retry_after_s <= 120
    assert [(entry.action, entry.details) for entry in written] == [("limit_hit", {"limit": "log_in"})]


async def test_an_account_is_guarded_against_guesses_from_everywhere(database: Database) -> None:
    attempts = Attempts(AuditLog(database, 180), BucketsInMemory(lambda: 0.0))
    everywhere = [Client(f"10.1.{number // 256}.{number % 256}", f"10.1.{number}") for number in range(300)]
    for client in everywhere[: BOUNDS["log_in"].account]:
        await attempts.count("log_in", client, "ann@example.org", "ann")

    with pytest.raises(TooManyAttempts):
        await attempts.count("log_in", everywhere[-1], "ann@example.org", "ann")


async def test_too_many_attempts_are_told_when_to_come_back() -> None:
    async with serving(accounts="required") as server, browser(server) as ann:
        for _ in range(BOUNDS["owner_code"].address):
            await _register_with(ann, "aaaaa-aaaaa-aaaaa-aaaaa")
        answer = await _register_with(ann, "aaaaa-aaaaa-aaaaa-aaaaa")

    assert outcome(answer) == (429, "too_many_attempts")
    assert 1 <= int(answer.headers["retry-after"]) <= 180


async def _register_with(client, code: str):  # type: ignore[no-untyped-def]
    return await client.post(
        "/api/account/register",
        json={"email": "ann@example.org", "password": "correct horse battery", "name": "Ann", "code": code},
    )
