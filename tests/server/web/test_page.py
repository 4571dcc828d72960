"""The page at a path of a site, and what a proxy may do to the way there, over real HTTP."""

from __future__ import annotations

import re

import httpx2
import pytest
import structlog

from tests.serving import serving


def addresses(html: str) -> set[str]:
    """The folders that the page's addresses begin with."""
    return {found[1] for found in re.finditer(r'(?:href|src)="([^"#]*?)static/', html)}


async def test_the_page_has_relative_addresses() -> None:
    async with serving() as server, httpx2.AsyncClient(base_url=server.http) as client:
        assert addresses((await client.get("/")).text) == {""}


@pytest.mark.parametrize(
    ("environment", "headers"),
    [({"KAIKOU_ROOT_PATH": "/kaikou"}, {}), ({}, {"X-Forwarded-Prefix": "/kaikou/"})],
    ids=["setting", "header"],
)
async def test_where_the_path_is_known_a_missing_slash_at_its_end_does_no_harm(
    environment: dict[str, str], headers: dict[str, str]
) -> None:
    async with (
        serving(environment) as server,
        httpx2.AsyncClient(base_url=server.http, headers=headers) as client,
    ):
        stripped, kept = await client.get("/"), await client.get("/kaikou/")
        without_slash = await client.get("/kaikou?talk=1")
        files = [await client.get(f"{root}/static/app.js") for root in ("", "/kaikou")]
        data = [await client.get(f"{root}/api/characters") for root in ("", "/kaikou")]

    assert addresses(stripped.text) == addresses(kept.text) == {"/kaikou/"}
    assert (without_slash.status_code, without_slash.headers["location"]) == (308, "/kaikou/?talk=1")
    assert [answer.status_code for answer in (*files, *data)] == [200] * 4
    assert {answer.headers["cache-control"] for answer in (stripped, *files)} == {"no-cache"}


@pytest.mark.parametrize(
    "left",
    [{"Connection": "close"}, {"Connection": "close", "Upgrade": "websocket"}, {"Connection": "upgrade"}, {}],
    ids=["neither", "no connection", "no upgrade", "nothing"],
)
@pytest.mark.parametrize("path", ["/v1/realtime", "/realtime", "/openai/v1/realtime"])
async def test_a_proxy_that_drops_the_upgrade_is_named_with_what_it_lacks(left: dict[str, str], path: str) -> None:
    handshake = {**left, "Sec-WebSocket-Key": "x", "Sec-WebSocket-Version": "13"}
    async with serving() as server, httpx2.AsyncClient(base_url=server.http) as client:
        with structlog.testing.capture_logs() as logs:
            answer = await client.get(f"{path}?model=x", headers=handshake)
            await client.get("/v1/realtime")

    assert (answer.status_code, answer.headers["upgrade"], answer.json()["error"]["code"]) == (
        426,
        "websocket",
        "websocket_required",
    )
    assert [(entry["event"], "Upgrade $http_upgrade" in entry["set"]) for entry in logs] == [
        ("a proxy passed a WebSocket on as plain HTTP", True)
    ]


async def test_who_asks_for_a_page_at_an_unknown_path_is_told_which_setting_makes_it_ours() -> None:
    async with serving() as server, httpx2.AsyncClient(base_url=server.http) as client:
        with structlog.testing.capture_logs() as logs:
            page = await client.get("/kaikou/", headers={"Accept": "text/html,*/*"})
            await client.get("/kaikou/static/app.js")

    assert (page.status_code, "KAIKOU_ROOT_PATH=/kaikou, or" in page.text) == (404, True)
    assert [(entry["path"], entry["set_if_it_is_a_proxys"]) for entry in logs] == [
        ("/kaikou/", "KAIKOU_ROOT_PATH=/kaikou")
    ]
