"""Accounts that are changed, taken along and deleted, on both databases."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest_asyncio
from sqlalchemy import func, select, text, update

from server.errors import StorageError
from server.settings.keeping import StorageSettings
from server.storage.ids import now_ms
from server.storage.tables import METADATA
from server.storage.tables.accounts import people
from tests.server.accounts.people import PASSWORD, browser, me, outcome, register, serving_on
from tests.server.accounts.test_guests import kept, say
from tests.server.accounts.test_revocation import cookie_of, ends, socket
from tests.serving import Serving

DAY_MS = 86_400_000


@pytest_asyncio.fixture
async def server(storage: StorageSettings) -> AsyncIterator[Serving]:
    async with serving_on(storage) as running:
        yield running


async def rows_of(server: Serving, person: str) -> dict[str, int]:
    """How many rows of each table are a person's."""
    found = {}
    async with server.app.state.services.database.read() as connection:
        for table in METADATA.sorted_tables:
            if "person_id" in table.c:
                wanted = select(func.count()).select_from(table).where(table.c.person_id == person)
                found[table.name] = await connection.scalar(wanted) or 0
        found["people"] = await connection.scalar(select(func.count()).where(people.c.id == person)) or 0
    return {name: count for name, count in found.items() if count}


async def test_a_deleted_account_leaves_nothing_but_the_audit_log_and_its_address_is_free(server: Serving) -> None:
    async with browser(server) as ann:
        id = (await register(ann, "ann@example.org", phone="+49151234567"))["account"]["id"]
        await ann.post("/api/account/keys", json={"name": "robot", "scopes": ["speech"]})
        await ann.post("/api/memory", json={"text": "is allergic to nuts"})
        await ann.put("/api/memory/choices", json={"state": "paused"})
        card = await ann.post("/api/practice/cards", json={"language": "en", "said": "goed", "better": "went"})
        await ann.post(f"/api/practice/cards/{card.json()['data']['id']}/review", json={"rating": "good"})
        await ann.put("/api/practice/goals/en/days", json={"at_least": 3})
        had = await rows_of(server, id)
        wrong = await ann.request("DELETE", "/api/account", json={"password": "not it at all"})
        right = await ann.request("DELETE", "/api/account", json={"password": PASSWORD})
        left = await rows_of(server, id)
        gone = await me(ann)
        again = await register(ann, "ann@example.org", phone="+49151234567")

    assert (outcome(wrong), right.status_code, gone) == ((403, "wrong_password"), 200, None)
    assert set(left) == {"audit_log"}
    assert {"memory_facts", "practice_cards", "practice_reviews", "practice_goals"} < set(had)
    assert again["account"]["id"] != id


async def test_an_owner_who_leaves_can_be_followed_by_another(server: Serving) -> None:
    accounts = server.app.state.services.accounts
    code = await accounts.owner_code()
    async with browser(server) as ann:
        await register(ann, "ann@example.org", code=code)
        await ann.post("/api/account/keys", json={"name": "robot", "scopes": ["speech"]})
        await ann.request("DELETE", "/api/account", json={"password": PASSWORD})
        left = await rows_of(server, "owner")
        again = await register(ann, "ben@example.org", code=await accounts.owner_code())

    assert (set(left), again["account"]["role"]) == ({"audit_log", "people"}, "owner")


async def test_who_deletes_an_account_while_talking_is_cut_off_and_nothing_is_left(server: Serving) -> None:
    async with browser(server) as ann:
        id = (await register(ann, "ann@example.org"))["account"]["id"]
        async with socket(server, cookie_of(ann), origin=server.http) as connection:
            await connection.recv()
            await ann.request("DELETE", "/api/account", json={"password": PASSWORD})
            ended = await ends(connection)

    assert ended == ("logged_out", 4401, "logged_out")
    assert set(await rows_of(server, id)) == {"audit_log"}


async def test_the_recordings_of_whoever_leaves_go_and_nobody_elses(server: Serving) -> None:
    objects = server.app.state.services.objects
    async with browser(server) as ann, browser(server) as ben:
        ids = [
            (await register(client, f"{name}@example.org"))["account"]["id"]
            for client, name in ((ann, "ann"), (ben, "ben"))
        ]
        for id in ids:
            await objects.put(f"recordings/{id}/conv_1.ogg", b"sound")
        await ann.request("DELETE", "/api/account", json={"password": PASSWORD})
        left = [found.key async for found in objects.list("recordings")]

    assert left == [f"recordings/{ids[1]}/conv_1.ogg"]


async def test_what_is_still_written_of_whoever_is_gone_hinders_nobody_elses_conversation(server: Serving) -> None:
    async with browser(server) as ann, browser(server) as ben:
        id = (await register(ann, "ann@example.org"))["account"]["id"]
        await register(ben, "ben@example.org")
        query = "?extensions=kaikou"
        async with socket(server, cookie_of(ann), origin=server.http, query=query) as connection:
            content = [{"type": "input_text", "text": "Hello"}]
            item = {"type": "message", "role": "user", "content": content}
            await connection.send(json.dumps({"type": "conversation.item.create", "item": item}))
            await connection.send(json.dumps({"type": "response.create"}))
            await ann.request("DELETE", "/api/account", json={"password": PASSWORD})
            await ends(connection)
        await say(server, cookie_of(ben), "Good morning")

        assert len(await kept(server, ben)) == 1
        assert set(await rows_of(server, id)) == {"audit_log"}


async def test_a_deletion_that_failed_in_the_middle_is_finished_by_the_next_clean_up(server: Serving) -> None:
    accounts = server.app.state.services.accounts
    fails = True

    async def remove(_person: str) -> None:
        if fails:
            raise StorageError("The disk is gone.")

    accounts.deletion.domains.append(remove)
    async with browser(server) as ann:
        id = (await register(ann, "ann@example.org"))["account"]["id"]
        await ann.request("DELETE", "/api/account", json={"password": PASSWORD})
        in_between = await rows_of(server, id), await me(ann)
        fails = False
        cleaned = await accounts.clean_up()

    assert (in_between[0]["people"], in_between[1], cleaned["people"]) == (1, None, 1)
    assert set(await rows_of(server, id)) == {"audit_log"}


async def test_guests_who_did_not_come_back_are_forgotten_and_members_are_not(server: Serving) -> None:
    services = server.app.state.services
    async with browser(server) as guest, browser(server) as recent, browser(server) as ann:
        ids = [(await client.post("/api/account/guest")).json()["data"]["account"]["id"] for client in (guest, recent)]
        member = (await register(ann, "ann@example.org"))["account"]["id"]
        async with services.database.write() as connection:
            long_ago = update(people).where(people.c.id.in_([ids[0], member]))
            await connection.execute(long_ago.values(created_at=now_ms() - 31 * DAY_MS, seen_at=None))
        await services.accounts.clean_up()

        assert [await me(client) is not None for client in (guest, recent, ann)] == [False, True, True]


async def test_a_guest_leaves_without_a_password(server: Serving) -> None:
    async with browser(server) as guest:
        id = (await guest.post("/api/account/guest")).json()["data"]["account"]["id"]
        await guest.request("DELETE", "/api/account", json={})

    assert set(await rows_of(server, id)) == {"audit_log"}


async def test_characters_leave_with_whoever_made_them(server: Serving) -> None:
    objects = server.app.state.services.objects
    async with browser(server) as guest:
        person = (await guest.post("/api/account/guest")).json()["data"]["account"]["id"]
        file = {"languages": ["en"], "en": {"name": "Nemo", "who": "A captain.", "greeting": "Welcome aboard."}}
        id = (await guest.post("/api/characters", json={"file": file})).json()["data"]["id"]
        await objects.put(f"characters/{id}/picture.webp", b"pixels")
        await guest.request("DELETE", "/api/account", json={})

    assert set(await rows_of(server, person)) == {"audit_log"}
    assert [found.key async for found in objects.list("characters")] == []


async def test_an_account_is_changed_by_whoever_saw_its_last_version(server: Serving) -> None:
    async with browser(server) as ann, browser(server) as ben:
        account = (await register(ann, "ann@example.org"))["account"]
        await register(ben, "ben@example.org")
        seen = {"If-Match": f'"{account["version"]}"'}
        renamed = await ann.patch("/api/account", json={"name": "Ann Lee", "phone": "0049 30 123456"}, headers=seen)
        stale = await ann.patch("/api/account", json={"name": "Nobody"}, headers=seen)
        unproven = await ann.patch("/api/account", json={"email": "lee@example.org"})
        taken = await ann.patch("/api/account", json={"email": "ben@example.org", "password": PASSWORD})
        moved = await ann.patch("/api/account", json={"email": "Lee@example.org", "password": PASSWORD})

    assert (renamed.json()["data"]["name"], renamed.json()["data"]["phone"]) == ("Ann Lee", "+4930123456")
    assert [outcome(answer) for answer in (stale, unproven, taken)] == [
        (412, "changed_meanwhile"),
        (403, "wrong_password"),
        (409, "already_registered"),
    ]
    assert moved.json()["data"]["email"] == "lee@example.org"


async def test_an_account_can_be_taken_along_and_has_no_secret_in_it(server: Serving) -> None:
    async with browser(server) as ann:
        await register(ann, "ann@example.org")
        key = (await ann.post("/api/account/keys", json={"name": "robot", "scopes": ["speech"]})).json()["data"]
        taken = await ann.get("/api/account/export")
        async with server.app.state.services.database.read() as connection:
            hashed = await connection.scalar(text("SELECT password_hash FROM people WHERE email = 'ann@example.org'"))

    data = taken.json()["data"]
    assert (data["account"]["email"], len(data["logins"]), data["logins"][0]["this_one"]) == (
        "ann@example.org",
        1,
        True,
    )
    assert {entry["action"] for entry in data["audit"]} >= {"registered", "logged_in", "key_made", "exported"}
    assert key["secret"] not in taken.text
    assert hashed not in taken.text
