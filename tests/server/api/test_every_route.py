"""Every route of the server, as its declarations list them, against methods, bodies and texts that it does not expect."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator

import httpx2
import pytest
import pytest_asyncio

from server.api.endpoint import Endpoint
from server.api.serving import ApiRoute
from tests.serving import Serving, serving

pytestmark = pytest.mark.asyncio(loop_scope="module")

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND")

UNLIMITED = dict.fromkeys(("KAIKOU_RATE_READS", "KAIKOU_RATE_WRITES", "KAIKOU_RATE_COSTLY", "KAIKOU_RATE_ADDRESS"), "0")

HOSTILE_BODIES = {
    "no JSON": b"<xml/>",
    "half": b'{"a":',
    "a name twice": b'{"a": 1, "a": 2}',
    "deep": b"[" * 100_000 + b"]" * 100_000,
    "wide": b"[" + b"{}," * 99_999 + b"{}]",
    "half a surrogate pair": b'{"a": "\\udc00"}',
    "no UTF-8": b'{"a": "\xff\xfe"}',
    "NUL": b'{"a": "\\u0000"}',
    "NUL in a name": b'{"\\u0000": "a"}',
    "no object": b"7",
    "a great number": b'{"a": 1' + b"0" * 400 + b"}",
    "too large": b'{"a": "' + b"x" * 1_000_001 + b'"}',
}

HOSTILE_TEXTS = (
    "%00",
    "%ff",
    "%F0%9F%92%A9",
    "..%2f..%2fetc%2fpasswd",
    "'; DROP TABLE people; --",
    "x" * 4000,
    "%0d%0aX: y",
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server() -> AsyncIterator[Serving]:
    async with serving(UNLIMITED) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(server: Serving) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=server.http, timeout=30) as client:
        yield client


def routes_of(server: Serving) -> list[ApiRoute]:
    return [route for route in server.app.routes if isinstance(route, ApiRoute)]


def endpoints_of(server: Serving) -> Iterator[Endpoint]:
    for route in routes_of(server):
        yield from route.endpoints.values()


def filled(path: str, value: str = "nobody") -> str:
    return re.sub(r"{.*?}", value, path)


def wrong(answer: httpx2.Response, *expected: int) -> str:
    """What is wrong with an answer that should be one of these failures; empty if nothing is."""
    told = f"{answer.request.method} {answer.request.url.raw_path[:80]!r}: {answer.status_code} {answer.text[:200]}"
    if answer.status_code not in expected:
        return told
    if answer.request.method == "HEAD":
        return f"a body: {told}" if answer.content else ""
    try:
        body = answer.json()
    except ValueError:
        return f"no JSON: {told}"
    fits = set(body) == {"success", "data", "message", "error"} and set(body["error"]) == {"code", "details"}
    return "" if fits and body["success"] is False and body["message"] else f"no envelope: {told}"


async def test_a_method_that_a_route_does_not_have_is_refused_with_those_that_it_has(
    server: Serving, client: httpx2.AsyncClient
) -> None:
    found = list[str]()
    for route in routes_of(server):
        for method in set(METHODS) - set(route.endpoints):
            answer = await client.request(method, filled(route.path))
            found.append(
                wrong(answer, 405) or ("" if answer.headers["allow"] == route.allowed else str(answer.headers))
            )
    assert [one for one in found if one] == []
    assert len(found) > 30


async def test_every_route_says_what_it_takes(server: Serving, client: httpx2.AsyncClient) -> None:
    for route in routes_of(server):
        asked = await client.options(filled(route.path))
        assert (asked.status_code, asked.content, asked.headers["allow"]) == (204, b"", route.allowed)


async def test_a_head_request_has_the_status_of_a_get(server: Serving, client: httpx2.AsyncClient) -> None:
    for route in routes_of(server):
        if "GET" in route.endpoints and "HEAD" not in route.endpoints:
            path = filled(route.path)
            head, got = await client.head(path), await client.get(path)
            assert (head.status_code, head.content) == (got.status_code, b""), path


@pytest.mark.parametrize("body", HOSTILE_BODIES.values(), ids=HOSTILE_BODIES)
async def test_no_body_is_more_than_the_clients_error(server: Serving, client: httpx2.AsyncClient, body: bytes) -> None:
    found = list[str]()
    for endpoint in endpoints_of(server):
        if endpoint.body:
            answer = await client.request(
                endpoint.method, filled(endpoint.path), content=body, headers={"Content-Type": "application/json"}
            )
            found.append(wrong(answer, 400, 401, 403, 404, 409, 413, 422))
    assert [one for one in found if one] == []


@pytest.mark.parametrize("text", HOSTILE_TEXTS, ids=lambda text: text[:12])
async def test_no_text_in_an_address_is_more_than_the_clients_error(
    server: Serving, client: httpx2.AsyncClient, text: str
) -> None:
    found = list[str]()
    for endpoint in endpoints_of(server):
        query = "&".join(f"{name}={text}" for name in endpoint.query.model_fields)
        for address in (
            filled(endpoint.path, text) if "{" in endpoint.path else "",
            f"{filled(endpoint.path)}?{query}",
        ):
            if address:
                answer = await client.request(endpoint.method, address)
                if answer.status_code >= 400:
                    found.append(wrong(answer, 400, 401, 403, 404, 405, 409, 412, 413, 415, 422))
    assert [one for one in found if one] == []


async def test_of_no_request_or_answer_with_a_secret_in_it_anything_is_kept(server: Serving) -> None:
    secrets = ("password", "secret", "token", "ticket", "new", "current")
    found = [
        f"{endpoint.method} {endpoint.path}: {name}"
        for endpoint in endpoints_of(server)
        if endpoint.takes_idempotency_key
        for model in (endpoint.signature[1], endpoint.signature[2])
        for name in getattr(model, "model_fields", {})
        if name in secrets
    ]
    assert found == []
