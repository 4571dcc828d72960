"""The application as a whole: who may use which route."""

from __future__ import annotations

import re

import httpx2
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
