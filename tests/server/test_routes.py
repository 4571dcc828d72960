"""The application as a whole: who may use which route."""

from __future__ import annotations

import re

import httpx2
import pytest
from starlette.routing import Route

from server.api.serving import ApiRoute
from tests.serving import serving

OPEN = {"/health", "/ready", "/api/openapi.json", "/api/docs", "/api/account"}
"""Those who watch a server, or read what the API is, have no key; the page asks who it is before it has one."""

ENTERING = {
    f"/api/account/{name}"
    for name in (
        *("register", "guest", "login", "refresh", "logout", "password/forgot", "password/reset"),
        *("password/questions", "password/answers"),
        *("passkeys/login/options", "passkeys/login", "sign-on", "sign-on/callback"),
    )
}
"""How one comes in, and out."""

SIGNED = {"/api/objects/{token}"}
"""The address itself is a key."""


def methods_of(route: Route) -> list[str]:
    return sorted(route.endpoints if isinstance(route, ApiRoute) else (route.methods or {"GET"}) - {"HEAD"})


async def test_every_route_asks_for_the_key_but_those_that_are_named_here() -> None:
    async with serving({"KAIKOU_API_KEYS": "sk-one"}) as server, httpx2.AsyncClient(base_url=server.http) as client:
        routes = [route for route in server.app.routes if isinstance(route, Route)]
        declared = {
            (one.method, one.path)
            for route in routes
            if isinstance(route, ApiRoute)
            for one in route.endpoints.values()
            if one.open
        }
        without_key = {
            (method, route.path): (await client.request(method, re.sub(r"\{.*?\}", "x", route.path))).status_code
            for route in routes
            for method in methods_of(route)
            if route.path != "/" and (method, route.path) not in declared
        }
    assert {path for _, path in declared} == OPEN | ENTERING | SIGNED
    assert {asked: status for asked, status in without_key.items() if status != 401} == {}
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
