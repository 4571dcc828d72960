"""Passwords that are changed or forgotten, on both databases, with a real mail server."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from statistics import median

import httpx2
import pytest
import pytest_asyncio
from sqlalchemy import Table, func, select

from pipeline.errors import SettingError
from server.accounts.mail import Mail
from server.settings import load_settings
from server.settings.keeping import StorageSettings
from server.storage.tables.accounts import api_keys, identities, passkeys, security_questions
from tests.server.accounts.people import PASSWORD, browser, me, outcome, register, serving_on
from tests.server.accounts.smtp import MailServer, a_mail_server, token_in
from tests.serving import Serving, serving

NEW = "another horse and battery"


@pytest_asyncio.fixture
async def mail_server() -> AsyncIterator[MailServer]:
    async with a_mail_server() as running:
        yield running


@pytest_asyncio.fixture
async def server(storage: StorageSettings, mail_server: MailServer) -> AsyncIterator[Serving]:
    async with serving_on(storage, **mail_server.settings()) as running:
        yield running


async def log_in(client: httpx2.AsyncClient, password: str) -> tuple[int, str]:
    answer = await client.post("/api/account/login", json={"email": "ann@example.org", "password": password})
    return outcome(answer)


async def forgotten(client: httpx2.AsyncClient, email: str = "ann@example.org") -> httpx2.Response:
    return await client.post("/api/account/password/forgot", json={"email": email})


async def reset(client: httpx2.AsyncClient, token: str, password: str = NEW) -> tuple[int, str]:
    return outcome(await client.post("/api/account/password/reset", json={"token": token, "password": password}))


WAYS_IN = (api_keys, passkeys, identities, security_questions)


async def ways_in(client: httpx2.AsyncClient, server: Serving, person: str) -> list[str]:
    """Gives the person one of each that outlives a password; the secret of the key."""
    made = await client.post("/api/account/keys", json={"name": "robot", "scopes": ["speech"]})
    passkey = {"id": f"passkey_{person}", "credential_id": b"c", "public_key": b"p", "sign_count": 0, "transports": []}
    identity = {"issuer": "https://id.example", "subject": "mallory", "email": "mallory@example.org"}
    async with server.app.state.services.database.write() as connection:
        whose = {"person_id": person, "created_at": 0}
        await connection.execute(passkeys.insert().values(name="Phone", **passkey, **whose))
        await connection.execute(identities.insert().values(**identity, **whose))
        await server.app.state.services.accounts.questions.choose(connection, person, "hash", ["first_pet"])
    return [made.json()["data"]["secret"]]


async def rows(server: Serving, table: Table, person: str) -> int:
    async with server.app.state.services.database.read() as connection:
        count = select(func.count()).select_from(table).where(table.c.person_id == person)
        return await connection.scalar(count) or 0


async def knows(server: Serving, key: str) -> int:
    async with httpx2.AsyncClient(base_url=server.http, headers={"Authorization": f"Bearer {key}"}) as client:
        return (await client.get("/api/status")).status_code


async def test_a_new_password_ends_all_other_log_ins(server: Serving, mail_server: MailServer) -> None:
    async with browser(server) as here, browser(server) as there:
        await register(here, "ann@example.org")
        await log_in(there, PASSWORD)
        wrong = await here.post("/api/account/password", json={"current": "not it at all", "new": NEW})
        short = await here.post("/api/account/password", json={"current": PASSWORD, "new": "short"})
        right = await here.post("/api/account/password", json={"current": PASSWORD, "new": NEW})
        logged_in = [await me(here) is not None, await me(there) is not None]
        old, new = await log_in(there, PASSWORD), await log_in(there, NEW)
        told = await mail_server.next()

    assert (outcome(wrong), outcome(short)) == ((403, "wrong_password"), (422, "validation_failed"))
    assert (right.status_code, logged_in) == (200, [True, False])
    assert (old, new) == ((401, "wrong_credentials"), (200, ""))
    assert (told["To"], "password was changed" in told["Subject"]) == ("ann@example.org", True)


async def test_a_link_in_a_mail_sets_a_new_password_once(server: Serving, mail_server: MailServer) -> None:
    async with browser(server) as ann, browser(server) as other:
        await register(ann, "ann@example.org")
        await forgotten(other)
        token = token_in(await mail_server.next())
        weak = await reset(other, token, "password1")
        first, second = await reset(other, token), await reset(other, token)
        still_in, account = await me(ann), None
        entered = await log_in(ann, NEW)
        account = await me(ann)

    assert (weak, first, second) == ((422, "validation_failed"), (200, ""), (401, "invalid_token"))
    assert (still_in, entered) == (None, (200, ""))
    assert account is not None
    assert account["email_verified"]


async def test_of_two_who_use_a_link_at_once_one_sets_the_password(server: Serving, mail_server: MailServer) -> None:
    async with browser(server) as ann:
        await register(ann, "ann@example.org")
        await forgotten(ann)
        token = token_in(await mail_server.next())
        outcomes = await asyncio.gather(reset(ann, token, NEW), reset(ann, token, NEW + "!"))

    assert sorted(status for status, _ in outcomes) == [200, 401]


async def test_a_link_is_good_no_longer_once_the_password_was_changed(server: Serving, mail_server: MailServer) -> None:
    async with browser(server) as ann:
        await register(ann, "ann@example.org")
        await forgotten(ann)
        token = token_in(await mail_server.next())
        await ann.post("/api/account/password", json={"current": PASSWORD, "new": NEW})

        assert await reset(ann, token, "yet another battery") == (401, "invalid_token")


async def test_a_link_is_good_no_longer_once_the_address_was_changed(server: Serving, mail_server: MailServer) -> None:
    async with browser(server) as ann:
        await register(ann, "ann@example.org")
        await forgotten(ann)
        token = token_in(await mail_server.next())
        await ann.patch("/api/account", json={"email": "lee@example.org", "password": PASSWORD})

        assert await reset(ann, token) == (401, "invalid_token")


async def test_whoever_registered_with_anothers_address_is_out_once_its_owner_resets_the_password(
    server: Serving, mail_server: MailServer
) -> None:
    async with browser(server) as mallory, browser(server) as ann:
        person = (await register(mallory, "ann@example.org"))["account"]["id"]
        keys = await ways_in(mallory, server, person)
        await forgotten(ann)
        await reset(ann, token_in(await mail_server.next()))
        left = [await rows(server, table, person) for table in WAYS_IN]
        await log_in(ann, NEW)
        mine = await ways_in(ann, server, person)
        await mail_server.next()
        await forgotten(ann)
        await reset(ann, token_in(await mail_server.next()), "yet another battery")
        kept = [await rows(server, table, person) for table in WAYS_IN]

        assert (left, [await knows(server, key) for key in keys]) == ([0, 0, 0, 0], [401])
        assert (kept, [await knows(server, key) for key in mine]) == ([1, 1, 1, 1], [200])


async def test_whether_there_is_an_account_is_not_told_when_a_password_is_forgotten() -> None:
    async with a_mail_server() as mails, serving(accounts="required", **mails.settings()) as server:
        async with browser(server) as ann:
            await register(ann, "ann@example.org")
            known, unknown = await forgotten(ann), await forgotten(ann, "nobody@example.org")
            await mails.next()

        assert (known.status_code, known.json()) == (unknown.status_code, unknown.json())
        assert mails.mails.empty()


async def test_a_wrong_password_and_an_unknown_address_are_answered_alike_and_as_fast() -> None:
    async with serving(accounts="required") as server, browser(server) as ann:
        await register(ann, "ann@example.org")
        took: dict[str, list[float]] = {"ann@example.org": [], "nobody@example.org": []}
        answers = set()
        for _ in range(5):
            for email, times in took.items():
                began = time.monotonic()
                answer = await ann.post("/api/account/login", json={"email": email, "password": "not it at all"})
                times.append(time.monotonic() - began)
                answers.add((answer.status_code, answer.text))

    known, unknown = (median(times) for times in took.values())
    assert len(answers) == 1
    assert (
        0.4 < known / unknown < 2.5
    )  # a hash takes 100 ms, all else a few; without one it would be twenty times faster


async def test_a_mail_that_is_turned_away_is_tried_again() -> None:
    async with (
        a_mail_server() as mails,
        serving(accounts="required", **mails.settings()) as server,
        browser(server) as ann,
    ):
        await register(ann, "ann@example.org")
        mails.refusals = 1
        await forgotten(ann)

        assert token_in(await mails.next())


async def test_a_mail_that_cannot_be_sent_holds_up_no_other() -> None:
    async with a_mail_server() as mails, serving(accounts="required", **mails.settings()) as server:
        outbox = server.app.state.services.accounts.mails

        async def write() -> Mail:
            return Mail("a\n@example.org", "", "")

        outbox.put(write)
        async with browser(server) as ann:
            await register(ann, "ann@example.org")
            await forgotten(ann)

            assert token_in(await mails.next())


async def test_without_a_mail_server_nobody_is_promised_a_mail() -> None:
    async with serving(accounts="required") as server, browser(server) as ann:
        answer = await forgotten(ann)
        mail = (await ann.get("/api/account")).json()["data"]["mail"]

    assert (outcome(answer), mail) == ((409, "no_mail"), False)


@pytest.mark.parametrize("missing", ["mail_from", "public_url"])
def test_mail_without_an_address_of_its_own_or_of_the_page_is_refused_at_the_start(missing: str) -> None:
    flags = {"mail_host": "smtp", "mail_from": "k@example.org", "public_url": "https://k.example.org", missing: ""}
    with pytest.raises(SettingError) as refused:
        load_settings(flags, {})

    assert "with mail_host, set mail_from, and public_url" in refused.value.message
