"""The page's cookie, and requests that other pages make a browser send with it."""

from __future__ import annotations

import httpx2
import pytest

from tests.server.accounts.people import browser, me, outcome, register
from tests.serving import serving


async def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites() -> None:
    async with serving(accounts="required") as server, browser(server) as ann:
        plain = await ann.post("/api/account/register", json=_details("ann"))
        https = await ann.post("/api/account/register", json=_details("ben"), headers={"X-Forwarded-Proto": "https"})

    assert _attributes(plain) == ("kaikou_login", {"HttpOnly", "SameSite=strict", "Path=/", "Max-Age=2592000"})
    assert _attributes(https) == (
        "__Host-kaikou_login",
        {"HttpOnly", "SameSite=strict", "Path=/", "Max-Age=2592000", "Secure"},
    )


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "OWN"}, 200),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "https://named.example"}, 403),
        ({"Origin": "http://127.0.0.1:1"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"}, 403),
    ],
)
async def test_with_the_cookie_only_our_own_page_does_more_than_read(headers: dict[str, str], status: int) -> None:
    async with serving(accounts="required", allowed_origins="https://named.example") as server:
        async with browser(server) as ann:
            await register(ann, "ann@example.org")
            cookies = dict(ann.cookies)
        sent = {name: server.http if value == "OWN" else value for name, value in headers.items()}
        async with httpx2.AsyncClient(base_url=server.http, cookies=cookies) as client:
            reading = await client.get("/api/status", headers=sent)
            doing = await client.post("/api/account/logout-everywhere", headers=sent)

    assert (reading.status_code, doing.status_code) == (200, status)


async def test_a_cookie_of_another_server_on_this_machine_is_no_log_in_here() -> None:
    async with (
        serving(accounts="required") as one,
        serving(accounts="required") as other,
        browser(one) as ann,
        browser(other) as elsewhere,
    ):
        await register(ann, "ann@example.org")
        elsewhere.cookies.update(ann.cookies)

        assert await me(elsewhere) is None
        assert outcome(await elsewhere.get("/api/status")) == (401, "invalid_token")


def _details(name: str) -> dict[str, str]:
    return {"email": f"{name}@example.org", "password": "correct horse battery", "name": name}


def _attributes(answer: httpx2.Response) -> tuple[str, set[str]]:
    name, *attributes = answer.headers["set-cookie"].split("; ")
    return name.partition("=")[0], {part for part in attributes if not part.startswith("expires")}
