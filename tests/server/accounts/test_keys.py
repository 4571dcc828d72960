"""Keys of programs, on both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest_asyncio
from sqlalchemy import text

from server.api.serving import ApiRoute
from server.identity.scopes import GRANTABLE, WITH_EVERY_KEY
from server.settings.keeping import StorageSettings
from tests.server.accounts.people import browser, me, outcome, register, serving_on
from tests.serving import Serving, serving


@pytest_asyncio.fixture
async def server(storage: StorageSettings) -> AsyncIterator[Serving]:
    async with serving_on(storage, "required") as running:
        yield running


async def make(client: httpx2.AsyncClient, *scopes: str) -> dict[str, Any]:
    answer = await client.post("/api/account/keys", json={"name": "robot", "scopes": scopes})
    assert answer.status_code == 201, answer.text
    return dict(answer.json()["data"])


async def test_a_key_is_shown_once_and_opens_what_it_was_made_for(server: Serving) -> None:
    async with browser(server) as ann, httpx2.AsyncClient(base_url=server.http) as robot:
        await register(ann, "ann@example.org")
        made = await make(ann, "speech")
        bearer = {"Authorization": f"Bearer {made['secret']}"}
        speech = {"model": "tts-1", "input": "Hi.", "voice": "alloy"}
        answers = {
            "speech": (await robot.post("/v1/audio/speech", json=speech, headers=bearer)).status_code,
            "models": (await robot.get("/v1/models", headers=bearer)).status_code,
            "status": (await robot.get("/api/status", headers=bearer)).status_code,
            "secrets": (await robot.post("/v1/realtime/client_secrets", json={}, headers=bearer)).status_code,
            "socket": (await robot.get("/v1/realtime", headers=bearer)).status_code,
            "keys": (await robot.get("/api/account/keys", headers=bearer)).status_code,
            "new key": (
                await robot.post("/api/account/keys", json={"name": "x", "scopes": ["speech"]}, headers=bearer)
            ).status_code,
            "log out everywhere": (await robot.post("/api/account/logout-everywhere", headers=bearer)).status_code,
        }
        account = await me(robot, **bearer)
        listed = (await ann.get("/api/account/keys")).json()["data"]

    refused = dict.fromkeys(("secrets", "socket", "keys", "new key", "log out everywhere"), 403)
    assert answers == {"speech": 200, "models": 200, "status": 200, **refused}
    assert account is None  # it was not made to tell whose it is
    assert [(key["hint"], key["scopes"]) for key in listed] == [(made["secret"][:8], ["speech"])]
    assert listed[0]["used_at"] is not None
    assert "secret" not in listed[0]


async def test_the_database_has_nothing_that_opens_the_server(server: Serving) -> None:
    async with browser(server) as ann:
        await register(ann, "ann@example.org")
        secret = (await make(ann, "speech"))["secret"]
    async with server.app.state.services.database.read() as connection:
        rows = [str(row) for row in await connection.execute(text("SELECT * FROM api_keys"))]
        rows += [str(row) for row in await connection.execute(text("SELECT * FROM audit_log"))]

    assert not any(secret[8:] in row for row in rows)


async def test_a_key_is_revoked_by_its_owner_only(server: Serving) -> None:
    async with browser(server) as ann, browser(server) as ben, httpx2.AsyncClient(base_url=server.http) as robot:
        await register(ann, "ann@example.org")
        await register(ben, "ben@example.org")
        made = await make(ann, "account:read")
        bearer = {"Authorization": f"Bearer {made['secret']}"}
        path = f"/api/account/keys/{made['key']['id']}"
        others = await ben.delete(path)
        works = await robot.get("/api/account/audit", headers=bearer)
        own = await ann.delete(path)
        after = await robot.get("/api/account/audit", headers=bearer)
        again = await ann.delete(path)

    assert (outcome(others), works.status_code, own.status_code) == ((404, "not_found"), 200, 200)
    assert (outcome(after), outcome(again)) == ((401, "invalid_api_key"), (404, "not_found"))


async def test_nobody_makes_more_than_fifty_keys_or_one_for_what_no_key_may_do(server: Serving) -> None:
    async with browser(server) as ann:
        await register(ann, "ann@example.org")
        for _ in range(50):
            await make(ann, "speech")
        more = await ann.post("/api/account/keys", json={"name": "x", "scopes": ["speech"]})
        unknown = await ann.post("/api/account/keys", json={"name": "x", "scopes": ["account:write"]})

    assert outcome(more) == (409, "too_many_keys")
    assert outcome(unknown) == (422, "validation_failed")


async def test_every_route_says_what_a_key_must_have_been_made_for() -> None:
    async with serving() as server:
        routes = [route for route in server.app.routes if isinstance(route, ApiRoute)]
        endpoints = [one for route in routes for one in route.endpoints.values() if not one.open]
    never = {"account:write", "starter:write", "memory:read", "memory:write", "reports:read"}
    unknown = {need for one in endpoints for need in one.needs} - {*GRANTABLE, *WITH_EVERY_KEY, *never}

    assert unknown == set()
