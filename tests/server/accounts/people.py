"""People for tests of accounts: each with a browser or a program of their own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2

from server.settings.keeping import StorageSettings
from tests.serving import Serving, serving

PASSWORD = "correct horse battery"


@asynccontextmanager
async def serving_on(storage: StorageSettings, mode: str = "optional", **flags: Any) -> AsyncIterator[Serving]:
    """A server with accounts on that database."""
    url = storage.database_url
    environment = {"KAIKOU_DATABASE_URL": url.get_secret_value()} if url else {}
    async with serving(environment, data=storage.folder, accounts=mode, **flags) as server:
        yield server


def browser(server: Serving) -> httpx2.AsyncClient:
    """Keeps cookies, and sends the origin as the page does."""
    return httpx2.AsyncClient(base_url=server.http, headers={"Origin": server.http}, timeout=30)


def details(email: str, **more: Any) -> dict[str, Any]:
    """What somebody of that address registers with."""
    return {"email": email, "password": PASSWORD, "name": email.partition("@")[0].title(), **more}


async def register(client: httpx2.AsyncClient, email: str, **more: Any) -> dict[str, Any]:
    """Registers; what was answered."""
    answer = await client.post("/api/account/register", json=details(email, **more))
    assert answer.status_code == 201, answer.text
    return dict(answer.json()["data"])


async def me(client: httpx2.AsyncClient, **headers: str) -> dict[str, Any] | None:
    """The account as `GET /api/account` tells it."""
    answer = await client.get("/api/account", headers=headers)
    account: dict[str, Any] | None = answer.json()["data"]["account"]
    return account


def outcome(answer: httpx2.Response) -> tuple[int, str]:
    """Status and code; an empty code where it went well."""
    error = answer.json()["error"]
    return answer.status_code, error["code"] if error else ""
