"""What pages of other origins may ask and read, over real HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx2
import pytest
import pytest_asyncio
import structlog

from server.web.cors import METHODS, READABLE
from tests.serving import serving

APP, OTHER = "https://app.example.org", "https://evil.example"
KEY = {"Authorization": "Bearer sk-right"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    environment = {"KAIKOU_ALLOWED_ORIGINS": f"{APP.upper()}/", "KAIKOU_API_KEYS": "sk-right"}
    async with serving(environment) as server, httpx2.AsyncClient(base_url=server.http) as client:
        yield client


pytestmark = pytest.mark.asyncio(loop_scope="module")


def cors(answer: httpx2.Response) -> dict[str, str]:
    return {name.removeprefix("access-control-"): value for name, value in answer.headers.items() if "access-" in name}


async def test_a_browser_that_asks_beforehand_is_told_what_it_may_send(client: httpx2.AsyncClient) -> None:
    asked = {
        "Origin": APP,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type,x-stainless-lang",
        "Access-Control-Request-Private-Network": "true",
    }
    answer = await client.options("/v1/audio/speech", headers=asked)

    assert (answer.status_code, cors(answer)) == (
        204,
        {
            "allow-origin": APP,
            "allow-methods": METHODS,
            "allow-headers": "authorization,content-type,x-stainless-lang",
            "allow-private-network": "true",
            "expose-headers": READABLE,
            "max-age": "600",
        },
    )
    assert "Origin" in answer.headers["vary"]


@pytest.mark.parametrize(
    ("method", "path", "headers", "body", "status"),
    [
        ("GET", "/v1/models", KEY, "", 200),
        ("GET", "/api/status", KEY, "", 200),
        ("GET", "/v1/models", {}, "", 401),
        ("GET", "/v1/models/nobody", KEY, "", 404),
        ("GET", "/nowhere", {}, "", 404),
        ("PUT", "/v1/models", {}, "", 405),
        ("POST", "/v1/audio/speech", KEY, "{", 400),
        ("POST", "/v1/audio/speech", KEY, "x" * 1_100_000, 413),
        ("POST", "/v1/realtime/calls", KEY, "", 501),
        ("GET", "/v1/realtime", KEY, "", 426),
    ],
)
async def test_every_answer_may_be_read_by_a_page_that_the_settings_name_errors_too(
    client: httpx2.AsyncClient, method: str, path: str, headers: dict[str, str], body: str, status: int
) -> None:
    answer = await client.request(method, path, headers={**headers, "Origin": APP}, content=body)

    assert (answer.status_code, cors(answer)) == (
        status,
        {"allow-origin": APP, "expose-headers": READABLE},
    )
    assert "Origin" in answer.headers["vary"]


async def test_a_page_of_another_origin_may_read_nothing_and_send_nothing(client: httpx2.AsyncClient) -> None:
    beforehand = {"Origin": OTHER, "Access-Control-Request-Method": "POST"}
    with structlog.testing.capture_logs() as logs:
        asked = await client.options("/v1/audio/speech", headers=beforehand)
    sent = await client.post("/v1/audio/speech", headers={**KEY, "Origin": OTHER}, json={"input": "Hi."})
    read = await client.get("/v1/models", headers={**KEY, "Origin": OTHER})

    assert [(answer.status_code, cors(answer)) for answer in (asked, sent, read)] == [(403, {}), (403, {}), (200, {})]
    assert {answer.json()["error"]["code"] for answer in (asked, sent)} == {"origin_denied"}
    assert [(entry["origin"], entry["set"]) for entry in logs] == [(OTHER, f"KAIKOU_ALLOWED_ORIGINS={APP},{OTHER}")]


async def test_every_page_may_read_where_all_are_allowed_and_none_with_credentials() -> None:
    async with serving({"KAIKOU_ALLOWED_ORIGINS": "*"}) as server, httpx2.AsyncClient(base_url=server.http) as client:
        answer = await client.get("/v1/models", headers={"Origin": "null"})

    assert cors(answer) == {"allow-origin": "*", "expose-headers": READABLE}


async def test_who_is_no_page_is_told_nothing_but_that_pages_are_told_more(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/v1/models", headers=KEY)

    assert (cors(answer), answer.headers["vary"]) == ({}, "Origin")  # a cache must not give this answer to a page
