"""The application as a whole: who may use which route."""

from __future__ import annotations

import re

import httpx2
import pytest
from starlette.routing import Route

from tests.serving import serving

OPEN = {"/", "/health", "/ready"}
"""The page asks for the key itself, and those who watch a server have none."""


async def test_every_route_but_the_page_and_the_health_asks_for_the_key() -> None:
    async with serving({"KAIKOU_API_KEYS": "sk-one"}) as server, httpx2.AsyncClient(base_url=server.http) as client:
        without_key: dict[str, int] = {}
        for route in server.app.routes:
            if isinstance(route, Route):
                method, path = min((route.methods or {"GET"}) - {"HEAD"}), re.sub(r"\{.*?\}", "x", route.path)
                without_key[route.path] = (await client.request(method, path)).status_code
    assert {path for path, status in without_key.items() if status == 200} == OPEN
    assert {status for path, status in without_key.items() if path not in OPEN} == {401}
    assert len(without_key) > 10


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [("POST", "/v1/audio/translations", 404, "unknown_url"), ("GET", "/v1/audio/speech", 405, "method_not_supported")],
)
async def test_what_is_not_there_of_the_openai_api_is_told_as_it_tells_errors(
    method: str, path: str, status: int, code: str
) -> None:
    async with serving() as server, httpx2.AsyncClient(base_url=server.http) as client:
        answer = await client.request(method, path)
        page = await client.get("/nothing")
    error = answer.json()["error"]
    assert (answer.status_code, error["type"], error["code"]) == (status, "invalid_request_error", code)
    assert (page.status_code, page.text) == (404, "Not Found")
