"""Single sign-on over HTTP: to a real provider on this machine and back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
import pytest_asyncio
from sqlalchemy import update

from server.settings.keeping import StorageSettings
from server.storage.tables.accounts import people
from tests.server.accounts.oidc_provider import CLIENT, Provider, a_provider
from tests.server.accounts.people import PASSWORD, browser, me, outcome, register, serving_on
from tests.serving import Serving

AT = "/api/account/sign-on"


@pytest_asyncio.fixture
async def provider() -> AsyncIterator[Provider]:
    async with a_provider() as running:
        yield running


@pytest_asyncio.fixture
async def server(storage: StorageSettings, provider: Provider) -> AsyncIterator[Serving]:
    async with serving_on(storage, oidc_issuer=provider.url, oidc_client_id=CLIENT, oidc_name="Example") as running:
        yield running


async def way_back(client: httpx2.AsyncClient, **query: Any) -> str:
    """The address that the provider sends one back to."""
    there = await client.get(AT, params=query)
    assert there.status_code == 303, there.text
    return (await client.get(there.headers["location"])).headers["location"]


async def sign_on(client: httpx2.AsyncClient, **query: Any) -> str:
    """Where one is in the end: the view of our page."""
    here = await client.get(await way_back(client, **query))
    assert here.status_code == 303, here.text
    return here.headers["location"].partition("#")[2]


async def verify(server: Serving, email: str) -> None:
    """What the link of a mail does."""
    async with server.app.state.services.database.write() as connection:
        await connection.execute(update(people).where(people.c.email == email).values(email_verified_at=1))


async def test_who_comes_first_gets_an_account_and_comes_back_to_it(server: Serving, provider: Provider) -> None:
    provider.claims = {"name": "Ann"}
    async with browser(server) as here, browser(server) as there:
        assert await sign_on(here, then="#/history") == "/history"
        first = await me(here)
        provider.claims = {"email": "new@example.org"}
        await sign_on(there)

        assert first is not None
        assert (first["name"], first["email"], first["email_verified"], first["has_password"]) == (
            "Ann",
            "ann@example.org",
            True,
            False,
        )
        assert await me(there) == first


async def test_what_the_provider_tells_is_kept_as_if_it_had_been_entered_here(
    server: Serving, provider: Provider
) -> None:
    provider.claims = {"name": f" Ann\n{'x' * 90}", "email": "ＡＮＮ@example.org"}
    async with browser(server) as ann:
        await sign_on(ann)
        kept = await me(ann) or {}

        assert (kept["name"], kept["email"]) == (f"Ann {'x' * 75}", "ann@example.org")


async def test_an_address_that_is_none_here_opens_an_account_without_one(server: Serving, provider: Provider) -> None:
    provider.claims = {"name": "\n", "email": "Ann <ann@example.org>"}
    async with browser(server) as ann:
        await sign_on(ann)
        kept = await me(ann) or {}

        assert (kept["name"], kept["email"], kept["email_verified"]) == ("?", None, False)


async def test_who_came_without_an_address_sets_one_then_a_password_and_may_become_an_operator(
    server: Serving, provider: Provider
) -> None:
    provider.claims = {"email_verified": False}
    async with browser(server) as ann, browser(server) as owner:
        await sign_on(ann)
        await register(owner, "owner@example.org", code=await server.app.state.services.accounts.owner_code())
        anns, new = (await me(ann) or {})["id"], {"new": PASSWORD}
        made = await owner.patch(f"/api/people/{anns}", json={"role": "operator"})
        too_early = await ann.post("/api/account/password", json=new)
        address = await ann.patch("/api/account", json={"email": "ann@example.org"})
        password = await ann.post("/api/account/password", json=new)
        log_in = await ann.post("/api/account/login", json={"email": "ann@example.org", "password": PASSWORD})

        assert [outcome(answer) for answer in (made, too_early, address, password, log_in)] == [
            (200, ""),
            (403, "email_needed"),
            (200, ""),
            (200, ""),
            (200, ""),
        ]


async def test_an_account_that_somebody_registered_beforehand_is_not_come_into(server: Serving) -> None:
    async with browser(server) as attacker, browser(server) as ann:
        await register(attacker, "ann@example.org")

        assert await sign_on(ann) == "/account?problem=link_while_logged_in"
        assert await me(ann) is None


async def test_an_address_that_the_provider_has_not_verified_opens_no_account_of_it(
    server: Serving, provider: Provider
) -> None:
    provider.claims = {"email_verified": False}
    async with browser(server) as ann, browser(server) as attacker:
        await register(ann, "ann@example.org")
        await verify(server, "ann@example.org")

        assert await sign_on(attacker) == "/account?problem=link_while_logged_in"


async def test_an_address_that_both_sides_have_verified_links_the_two(server: Serving) -> None:
    async with browser(server) as ann, browser(server) as later:
        await register(ann, "ann@example.org")
        await verify(server, "ann@example.org")
        await sign_on(later)

        mine, theirs = await me(ann), await me(later)
        assert mine is not None
        assert theirs is not None
        assert mine["id"] == theirs["id"]


async def test_whoever_is_logged_in_links_and_unlinks(server: Serving, provider: Provider) -> None:
    provider.claims = {"email": "other@example.org"}
    async with browser(server) as ann, browser(server) as later:
        await register(ann, "ann@example.org")
        assert await sign_on(ann, link=True, then="#/account") == "/account"
        links = (await ann.get(f"{AT}/links")).json()["data"]["items"]
        assert await sign_on(later) == "/"

        assert [(link["issuer"], link["email"]) for link in links] == [(provider.url, "other@example.org")]
        assert (await me(later) or {})["email"] == "ann@example.org"
        assert outcome(await ann.delete(f"{AT}/links", params={"issuer": provider.url})) == (200, "")
        assert outcome(await ann.delete(f"{AT}/links", params={"issuer": provider.url})) == (404, "not_found")


async def test_a_log_in_of_the_provider_belongs_to_one_account(server: Serving) -> None:
    async with browser(server) as ann, browser(server) as ben:
        await sign_on(ann)
        await register(ben, "ben@example.org")

        assert await sign_on(ben, link=True) == "/account?problem=already_linked"


async def test_of_two_who_come_first_with_one_log_in_both_are_let_in(server: Serving) -> None:
    async with browser(server) as one, browser(server) as other:
        ways_back = [await way_back(client) for client in (one, other)]
        answers = await asyncio.gather(one.get(ways_back[0]), other.get(ways_back[1]))

        assert [answer.headers["location"].partition("#")[2] for answer in answers] == ["/", "/"]
        assert (await me(one) or {})["id"] == (await me(other) or {})["id"]


@pytest.mark.parametrize(("site", "status"), [("same-origin", 303), ("same-site", 403), ("cross-site", 403)])
async def test_only_our_own_page_begins_to_link(server: Serving, site: str, status: int) -> None:
    async with browser(server) as ann:
        await register(ann, "ann@example.org")

        answer = await ann.get(AT, params={"link": True}, headers={"Sec-Fetch-Site": site})

        assert answer.status_code == status


async def test_the_last_way_in_stays(server: Serving, provider: Provider) -> None:
    async with browser(server) as ann:
        await sign_on(ann)

        assert outcome(await ann.delete(f"{AT}/links", params={"issuer": provider.url})) == (409, "last_way_in")


async def test_a_guest_keeps_what_they_have(server: Serving) -> None:
    async with browser(server) as guest:
        await guest.post("/api/account/guest")
        before = await me(guest)
        await sign_on(guest)
        after = await me(guest)

        assert before is not None
        assert after is not None
        assert (before["id"], before["role"], after["role"]) == (after["id"], "guest", "member")


async def test_a_guest_who_has_gone_meanwhile_logs_in_all_the_same(server: Serving) -> None:
    async with browser(server) as guest, browser(server) as elsewhere:
        await guest.post("/api/account/guest")
        there = await guest.get(AT)
        elsewhere.cookies.update(guest.cookies)
        await elsewhere.post("/api/account/logout")
        back = await guest.get(there.headers["location"])
        here = await guest.get(back.headers["location"])

        assert here.headers["location"].endswith("#/")
        assert (await me(guest) or {})["role"] == "member"


async def test_a_way_back_that_was_not_begun_in_this_browser_logs_nobody_in(server: Serving) -> None:
    async with browser(server) as attacker, browser(server) as victim:
        there = await attacker.get(AT)
        back = (await attacker.get(there.headers["location"])).headers["location"]
        here = await victim.get(back)

        assert here.headers["location"].endswith("#/account?problem=invalid_token")
        assert await me(victim) is None


@pytest.mark.parametrize("then", ["https://evil.example", "//evil.example", "#/a\nb", "#/<script>", "javascript:1"])
async def test_one_comes_back_to_a_view_of_our_page_and_nowhere_else(server: Serving, then: str) -> None:
    async with browser(server) as ann:
        assert await sign_on(ann, then=then) == "/"


async def test_without_a_provider_it_says_which_setting_names_one(storage: StorageSettings) -> None:
    async with serving_on(storage) as server, browser(server) as ann:
        assert outcome(await ann.get(AT)) == (404, "sign_on_off")
