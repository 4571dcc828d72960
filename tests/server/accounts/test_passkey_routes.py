"""Making passkeys and logging in with them over HTTP, by a device in software."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx2
import pytest
import pytest_asyncio
from sqlalchemy import update

from server.accounts.proofs import passkeys
from server.settings.keeping import StorageSettings
from server.storage.tables.accounts import people
from tests.server.accounts.people import PASSWORD, browser, me, outcome, register, serving_on
from tests.server.accounts.soft_authenticator import Device
from tests.serving import Serving

pytestmark = pytest.mark.skipif(not passkeys.AVAILABLE, reason="webauthn has no package here")

AT = "/api/account/passkeys"


@pytest_asyncio.fixture
async def server(storage: StorageSettings) -> AsyncIterator[Serving]:
    async with serving_on(storage) as running:
        yield running


def at_a_name(server: Serving) -> httpx2.AsyncClient:
    """A browser whose page lies at localhost, for passkeys need a name."""
    client = browser(server)
    client.base_url = server.http.replace("127.0.0.1", "localhost")
    client.headers["Origin"] = str(client.base_url).rstrip("/")
    return client


async def make(client: httpx2.AsyncClient, password: str = PASSWORD) -> Device:
    device = Device(client.headers["Origin"])
    options = await client.post(f"{AT}/options", json={"password": password})
    assert options.status_code == 200, options.text
    made = await client.post(AT, json={"credential": device.make(options.json()["data"]["options"]), "name": "Phone"})
    assert made.status_code == 201, made.text
    return device


async def show(client: httpx2.AsyncClient, device: Device) -> httpx2.Response:
    options = await client.post(f"{AT}/login/options")
    return await client.post(f"{AT}/login", json={"credential": device.show(options.json()["data"]["options"])})


async def test_a_passkey_logs_its_owner_in_until_it_is_forgotten(server: Serving) -> None:
    async with at_a_name(server) as ann, at_a_name(server) as elsewhere, at_a_name(server) as ben:
        await register(ann, "ann@example.org")
        device = await make(ann)
        [kept] = (await ann.get(AT)).json()["data"]["items"]

        assert kept["name"] == "Phone"
        assert outcome(await show(elsewhere, device)) == (200, "")
        assert await me(elsewhere) == await me(ann)

        await register(ben, "ben@example.org")
        assert outcome(await ben.delete(f"{AT}/{kept['id']}")) == (404, "not_found")
        assert outcome(await ann.delete(f"{AT}/{kept['id']}")) == (200, "")
        assert outcome(await show(elsewhere, device)) == (401, "passkey_refused")


async def test_the_last_way_in_stays(server: Serving) -> None:
    async with at_a_name(server) as ann:
        id = (await register(ann, "ann@example.org"))["account"]["id"]
        await make(ann)
        [kept] = (await ann.get(AT)).json()["data"]["items"]
        async with server.app.state.services.database.write() as connection:  # who came by single sign-on has none
            await connection.execute(update(people).where(people.c.id == id).values(password_hash=None))

        assert outcome(await ann.delete(f"{AT}/{kept['id']}")) == (409, "last_way_in")
        assert len((await ann.get(AT)).json()["data"]["items"]) == 1


async def test_making_one_takes_the_password_once_more(server: Serving) -> None:
    async with at_a_name(server) as ann:
        await register(ann, "ann@example.org")

        assert outcome(await ann.post(f"{AT}/options", json={})) == (403, "wrong_password")


async def test_what_was_begun_is_good_once_and_in_the_browser_that_began_it(server: Serving) -> None:
    async with at_a_name(server) as ann, at_a_name(server) as thief:
        await register(ann, "ann@example.org")
        device = await make(ann)
        options = (await ann.post(f"{AT}/login/options")).json()["data"]["options"]
        shown, begun = {"credential": device.show(options)}, dict(ann.cookies)
        without = await thief.post(f"{AT}/login", json=shown)
        first = await ann.post(f"{AT}/login", json=shown)
        thief.cookies.update(begun)
        second = await thief.post(f"{AT}/login", json=shown)

        assert outcome(without) == (401, "invalid_token")
        assert outcome(first) == (200, "")
        assert outcome(second) == (401, "used_token")


async def test_another_account_cannot_finish_what_one_began(server: Serving) -> None:
    async with at_a_name(server) as ann, at_a_name(server) as ben:
        await register(ann, "ann@example.org")
        await register(ben, "ben@example.org")
        options = (await ann.post(f"{AT}/options", json={"password": PASSWORD})).json()["data"]["options"]
        ben.cookies.set("kaikou_passkey", ann.cookies["kaikou_passkey"])
        made = Device(ben.headers["Origin"]).make(options)

        assert outcome(await ben.post(AT, json={"credential": made})) == (401, "invalid_token")


async def test_at_an_address_without_a_name_it_says_what_to_do(server: Serving) -> None:
    async with browser(server) as ann:
        await register(ann, "ann@example.org")

        assert outcome(await ann.post(f"{AT}/options", json={"password": PASSWORD})) == (400, "passkeys_need_a_name")


async def test_without_accounts_there_are_no_passkeys(storage: StorageSettings) -> None:
    async with serving_on(storage, "off") as server, at_a_name(server) as anybody:
        assert outcome(await anybody.post(f"{AT}/login/options")) == (403, "accounts_off")
