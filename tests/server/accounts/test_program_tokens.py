"""What programs log in with: an access token, and a refresh token that is good once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest_asyncio

from server.settings.keeping import StorageSettings
from tests.server.accounts.people import me, outcome, register, serving_on
from tests.serving import Serving


@pytest_asyncio.fixture
async def server(storage: StorageSettings) -> AsyncIterator[Serving]:
    async with serving_on(storage, "required") as running:
        yield running


def program(server: Serving) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(base_url=server.http, timeout=30)


def bearer(tokens: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {tokens['access_token']}"}


async def test_a_program_gets_tokens_and_no_cookie(server: Serving) -> None:
    async with program(server) as client:
        entered = await register(client, "ann@example.org", tokens=True)
        account = await me(client, **bearer(entered["tokens"]))
        openai = await client.get("/v1/models", headers=bearer(entered["tokens"]))

    assert (account or {}).get("email") == "ann@example.org"
    assert (dict(client.cookies), openai.status_code, entered["tokens"]["expires_in"]) == ({}, 200, 900)


async def test_a_refresh_token_is_good_once_and_a_second_time_ends_the_log_in(server: Serving) -> None:
    async with program(server) as client:
        first = (await register(client, "ann@example.org", tokens=True))["tokens"]
        renewed = await client.post("/api/account/refresh", json={"refresh_token": first["refresh_token"]})
        second = renewed.json()["data"]
        good = await client.get("/api/status", headers=bearer(second))
        stolen = await client.post("/api/account/refresh", json={"refresh_token": first["refresh_token"]})
        after = [
            outcome(await client.get("/api/status", headers=bearer(second))),
            outcome(await client.post("/api/account/refresh", json={"refresh_token": second["refresh_token"]})),
        ]

    assert (renewed.status_code, good.status_code, outcome(stolen)) == (200, 200, (401, "invalid_token"))
    assert after == [(401, "logged_out"), (401, "invalid_token")]


async def test_of_two_refreshes_at_once_one_gets_tokens_and_the_log_in_ends(server: Serving) -> None:
    async with program(server) as client:
        token = {"refresh_token": (await register(client, "ann@example.org", tokens=True))["tokens"]["refresh_token"]}
        answers = await asyncio.gather(*(client.post("/api/account/refresh", json=token) for _ in range(2)))
        won = next(answer for answer in answers if answer.status_code == 200).json()["data"]
        after = await client.get("/api/status", headers=bearer(won))

    assert sorted(answer.status_code for answer in answers) == [200, 401]
    assert outcome(after) == (401, "logged_out")


async def test_an_access_token_renews_nothing_and_a_refresh_token_opens_nothing(server: Serving) -> None:
    async with program(server) as client:
        tokens = (await register(client, "ann@example.org", tokens=True))["tokens"]
        renewing = await client.post("/api/account/refresh", json={"refresh_token": tokens["access_token"]})
        opening = await client.get("/api/status", headers={"Authorization": f"Bearer {tokens['refresh_token']}"})

    assert (outcome(renewing), outcome(opening)) == ((401, "invalid_token"), (401, "invalid_token"))
