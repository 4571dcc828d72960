"""Registering and logging in over HTTP, on both databases."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from server.settings.keeping import StorageSettings
from tests.server.accounts.people import PASSWORD, browser, details, me, outcome, register, serving_on
from tests.serving import Serving, serving


@pytest_asyncio.fixture
async def server(storage: StorageSettings) -> AsyncIterator[Serving]:
    async with serving_on(storage) as running:
        yield running


async def test_who_registers_is_logged_in_and_can_log_out_and_in_again(server: Serving) -> None:
    async with browser(server) as ann:
        before = await me(ann)
        await register(ann, "Ann@Example.org", phone="0049 (151) 234-567")
        inside = await me(ann)
        await ann.post("/api/account/logout")
        outside = await me(ann)
        wrong = await ann.post("/api/account/login", json={"email": "ann@example.org", "password": "not it at all"})
        await ann.post("/api/account/login", json={"email": " ANN@example.org", "password": PASSWORD})
        again = await me(ann)

    assert (before, outside) == (None, None)
    assert outcome(wrong) == (401, "wrong_credentials")
    assert inside == again
    assert inside is not None
    assert (inside["email"], inside["phone"], inside["role"]) == ("ann@example.org", "+49151234567", "member")


async def test_a_cookie_that_was_copied_is_worth_nothing_after_the_log_out(server: Serving) -> None:
    async with browser(server) as ann, browser(server) as thief:
        await register(ann, "ann@example.org")
        thief.cookies.update(ann.cookies)
        stolen = await me(thief)
        await ann.post("/api/account/logout")

        assert stolen is not None
        assert outcome(await thief.get("/api/status")) == (401, "logged_out")


async def test_logging_out_everywhere_ends_all_log_ins_of_that_person_alone(server: Serving) -> None:
    async with browser(server) as here, browser(server) as there, browser(server) as ben:
        await register(here, "ann@example.org")
        await there.post("/api/account/login", json={"email": "ann@example.org", "password": PASSWORD})
        await register(ben, "ben@example.org")

        await there.post("/api/account/logout-everywhere")

        assert (await me(here), await me(there)) == (None, None)
        assert await me(ben) is not None


async def test_a_guest_keeps_what_is_theirs_when_they_register(server: Serving) -> None:
    async with browser(server) as ann, browser(server) as copy:
        came = await ann.post("/api/account/guest")
        again = await ann.post("/api/account/guest")
        copy.cookies.update(ann.cookies)
        registered = await register(ann, "ann@example.org")

        guest = came.json()["data"]["account"]
        assert (guest["role"], again.json()["data"]["account"]["id"]) == ("guest", guest["id"])
        assert (registered["account"]["id"], registered["account"]["role"]) == (guest["id"], "member")
        assert await me(copy) is None  # the guest's cookie, which somebody else may have planted


async def test_of_two_who_register_one_address_at_once_one_has_it(server: Serving) -> None:
    async with browser(server) as one, browser(server) as other:
        answers = await asyncio.gather(
            *(client.post("/api/account/register", json=details("ann@example.org")) for client in (one, other))
        )

    assert sorted(outcome(answer) for answer in answers) == [(201, ""), (409, "already_registered")]


async def test_a_phone_number_is_one_persons(server: Serving) -> None:
    async with browser(server) as ann, browser(server) as ben:
        await register(ann, "ann@example.org", phone="+49 151 1234567")
        answer = await ben.post("/api/account/register", json=details("ben@example.org", phone="0049/151/1234567"))

    assert outcome(answer) == (409, "already_registered")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"email": "no address"}, "email"),
        ({"email": "a@b"}, "email"),
        ({"email": f"{'a' * 300}@example.org"}, "email"),
        ({"email": "a\u202eb@example.org"}, "email"),
        ({"email": "ann@example..org"}, "email"),
        ({"email": ".ann@example.org"}, "email"),
        ({"email": "=?utf-8?q?ben=40example.org?=@example.org"}, "email"),
        ({"phone": "call me"}, "phone"),
        ({"name": " \u200b "}, "name"),
        ({"password": "password123"}, "password"),
        ({"password": "ann@example.org"}, "password"),
        ({"role": "owner"}, "role"),
        ({"code": "aaaaa-aaaaa-aaaaa-aaaaa"}, "code"),
    ],
)
async def test_what_cannot_be_is_told_by_its_field(change: dict[str, str], field: str) -> None:
    async with serving(accounts="required") as server, browser(server) as ann:
        answer = await ann.post("/api/account/register", json={**details("ann@example.org"), **change})

    assert outcome(answer) == (422, "validation_failed")
    assert [fault["field"] for fault in answer.json()["error"]["details"]["fields"]] == [field]


async def test_the_owners_code_gives_what_was_kept_before_and_once_only(server: Serving) -> None:
    code = await server.app.state.services.accounts.owner_code()
    async with browser(server) as ann, browser(server) as ben:
        missing = (await ann.get("/api/account")).json()["data"]["owner_missing"]
        owner = await register(ann, "ann@example.org", code=code.upper())
        second = await ben.post("/api/account/register", json=details("ben@example.org", code=code))
        found = (await ann.get("/api/account")).json()["data"]["owner_missing"]

    assert (missing, found) == (True, False)
    assert (owner["account"]["id"], owner["account"]["role"]) == ("owner", "owner")
    assert outcome(second) == (409, "already_registered")
    assert await server.app.state.services.accounts.owner_code() == ""


async def test_nobody_registers_where_registration_is_closed_but_the_owner() -> None:
    async with serving(accounts="required", registration="closed") as server, browser(server) as ann:
        refused = await ann.post("/api/account/register", json=details("ann@example.org"))
        code = await server.app.state.services.accounts.owner_code()
        await register(ann, "ann@example.org", code=code)

    assert outcome(refused) == (403, "registration_closed")


async def test_without_accounts_everybody_is_the_owner_and_nobody_registers() -> None:
    async with serving() as server, browser(server) as ann:
        refused = await ann.post("/api/account/register", json=details("ann@example.org"))
        account = await me(ann)

    assert outcome(refused) == (403, "accounts_off")
    assert account is not None
    assert (account["id"], account["role"], account["shown"]) == ("owner", "owner", "owner")


async def test_where_accounts_are_required_guests_are_told_to_log_in() -> None:
    async with serving(accounts="required") as server, browser(server) as ann:
        guest = await ann.post("/api/account/guest")
        status = await ann.get("/api/status")

    assert (outcome(guest), outcome(status)) == ((403, "no_guests"), (401, "login_required"))


async def test_a_key_of_the_settings_opens_the_server_beside_accounts() -> None:
    async with serving({"KAIKOU_API_KEYS": "sk-mine"}, accounts="required") as server, browser(server) as ann:
        right = await me(ann, Authorization="Bearer sk-mine")
        wrong = await ann.get("/api/status", headers={"Authorization": "Bearer sk-other"})
        none = await ann.get("/api/status")

    assert right is not None
    assert (right["role"], right["shown"]) == ("owner", "key")
    assert (outcome(wrong), outcome(none)) == ((401, "invalid_api_key"), (401, "login_required"))
