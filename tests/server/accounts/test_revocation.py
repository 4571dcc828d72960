"""What is revoked ends the conversations that were begun with it, and opens none, on both databases."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx2
import pytest
import pytest_asyncio
import websockets
from sqlalchemy import update

from server.settings.keeping import StorageSettings
from server.storage.database import open_database
from server.storage.tables.accounts import logins, people
from tests.server.accounts.people import browser, register, serving_on
from tests.serving import Serving

WITHIN_S = 2.0


@pytest_asyncio.fixture
async def server(storage: StorageSettings) -> AsyncIterator[Serving]:
    async with serving_on(storage, "required") as running:
        yield running


@pytest_asyncio.fixture
async def ann(server: Serving) -> AsyncIterator[httpx2.AsyncClient]:
    """Logged in on the page."""
    async with browser(server) as client:
        await register(client, "ann@example.org")
        yield client


def cookie_of(client: httpx2.AsyncClient) -> dict[str, str]:
    return {"Cookie": "; ".join(f"{name}={value}" for name, value in client.cookies.items())}


def socket(
    server: Serving, headers: dict[str, str] | None = None, *offered: str, origin: str | None = None, query: str = ""
) -> Any:
    names: Any = ["realtime", *offered]
    address = f"{server.ws}/v1/realtime{query}"
    return websockets.connect(address, additional_headers=headers, subprotocols=names, origin=origin)  # type: ignore[arg-type]


async def ends(connection: Any) -> tuple[str, int, str]:
    """The last event's error code, the close code and reason, once the server has closed it."""
    last: dict[str, Any] = {}
    try:
        async with asyncio.timeout(10):
            async for message in connection:
                last = json.loads(message)
    except websockets.ConnectionClosedError:
        pass
    return last.get("error", {}).get("code", ""), connection.close_code or 0, connection.close_reason or ""


Revoke = Callable[[Serving, httpx2.AsyncClient], Awaitable[object]]


async def log_out(_server: Serving, ann: httpx2.AsyncClient) -> object:
    return await ann.post("/api/account/logout")


async def log_out_everywhere(_server: Serving, ann: httpx2.AsyncClient) -> object:
    return await ann.post("/api/account/logout-everywhere")


async def expire(server: Serving, _ann: httpx2.AsyncClient) -> None:
    async with server.app.state.services.database.write() as connection:
        await connection.execute(update(logins).values(expires_at=1))


async def suspend(server: Serving, _ann: httpx2.AsyncClient) -> None:
    async with server.app.state.services.database.write() as connection:
        await connection.execute(update(people).values(suspended_at=1))


@pytest.mark.parametrize("revoke", [log_out, log_out_everywhere, expire, suspend])
async def test_a_conversation_ends_with_the_log_in_and_is_told_why(
    server: Serving, ann: httpx2.AsyncClient, revoke: Revoke
) -> None:
    async with socket(server, cookie_of(ann), origin=server.http) as connection:
        await connection.recv()
        await revoke(server, ann)
        began = time.monotonic()
        ended = await ends(connection)
        took = time.monotonic() - began

    assert ended == ("logged_out", 4401, "logged_out")
    assert took < WITHIN_S


async def test_another_process_that_revokes_is_heard_of(
    server: Serving, storage: StorageSettings, ann: httpx2.AsyncClient
) -> None:
    other = open_database(storage)
    async with socket(server, cookie_of(ann), origin=server.http) as connection:
        await connection.recv()
        async with other.write() as writing:
            await writing.execute(update(logins).values(revoked_at=1))
        began = time.monotonic()
        ended = await ends(connection)
        took = time.monotonic() - began
    await other.close()

    assert (ended[1], took < WITHIN_S) == (4401, True)


async def test_a_key_that_is_revoked_ends_its_conversations_and_no_others(
    server: Serving, ann: httpx2.AsyncClient
) -> None:
    made = await ann.post("/api/account/keys", json={"name": "robot", "scopes": ["realtime"]})
    key = made.json()["data"]
    bearer = {"Authorization": f"Bearer {key['secret']}"}
    async with socket(server, bearer) as robots, socket(server, cookie_of(ann), origin=server.http) as mine:
        await robots.recv()
        await mine.recv()
        await ann.delete(f"/api/account/keys/{key['key']['id']}")
        ended = await ends(robots)
        await mine.send(json.dumps({"type": "response.create"}))
        goes_on = json.loads(await mine.recv())["type"]

    assert (ended, goes_on) == (("logged_out", 4401, "logged_out"), "response.created")


async def test_a_client_secret_is_worth_no_more_than_what_it_was_made_with(
    server: Serving, ann: httpx2.AsyncClient
) -> None:
    secret = (await ann.post("/v1/realtime/client_secrets", json={})).json()["value"]
    async with socket(server, {"Authorization": f"Bearer {secret}"}) as connection:
        await connection.recv()
        await ann.post("/api/account/logout")
        ended = await ends(connection)
    with pytest.raises(websockets.InvalidStatus) as refused:
        async with socket(server, {"Authorization": f"Bearer {secret}"}):
            pass

    assert (ended[1], refused.value.response.status_code) == (4401, 401)


async def test_a_ticket_opens_one_socket(server: Serving, ann: httpx2.AsyncClient) -> None:
    ticket = (await ann.post("/api/account/ticket")).json()["data"]["ticket"]
    async with socket(server, None, f"kaikou-ticket.{ticket}") as connection:
        began = json.loads(await connection.recv())["type"]
        with pytest.raises(websockets.InvalidStatus) as again:
            async with socket(server, None, f"kaikou-ticket.{ticket}"):
                pass

    assert (began, connection.subprotocol, again.value.response.status_code) == ("session.created", "realtime", 401)


async def test_of_many_who_use_a_ticket_at_once_one_comes_in(server: Serving, ann: httpx2.AsyncClient) -> None:
    ticket = (await ann.post("/api/account/ticket")).json()["data"]["ticket"]

    async def attempt() -> bool:
        try:
            async with socket(server, None, f"kaikou-ticket.{ticket}"):
                return True
        except websockets.InvalidStatus:
            return False

    assert sum(await asyncio.gather(*(attempt() for _ in range(5)))) == 1


@pytest.mark.parametrize("origin", [None, "https://evil.example", "null"])
async def test_the_cookie_opens_a_socket_to_our_own_page_only(
    server: Serving, ann: httpx2.AsyncClient, origin: str | None
) -> None:
    with pytest.raises(websockets.InvalidStatus) as refused:
        async with socket(server, cookie_of(ann), origin=origin):
            pass

    assert refused.value.response.status_code == 403


async def test_a_ticket_is_no_key_and_no_log_in(server: Serving, ann: httpx2.AsyncClient) -> None:
    ticket = (await ann.post("/api/account/ticket")).json()["data"]["ticket"]
    async with httpx2.AsyncClient(base_url=server.http) as client:
        answer = await client.get("/api/status", headers={"Authorization": f"Bearer {ticket}"})

    assert answer.status_code == 401
