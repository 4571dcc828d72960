"""What guests may do: talk, one conversation at a time and not for ever, and keep what they said when they register."""

from __future__ import annotations

import asyncio
import json

from sqlalchemy import select, update

from server.storage.ids import now_ms
from server.storage.tables.accounts import logins
from tests.server.accounts.people import browser, register
from tests.server.accounts.test_revocation import cookie_of, ends, socket
from tests.serving import Serving, serving

DAY_MS = 86_400_000


async def test_a_guests_new_conversation_ends_the_one_before_and_a_members_does_not() -> None:
    async with serving(accounts="optional") as server, browser(server) as guest, browser(server) as ann:
        await guest.post("/api/account/guest")
        await register(ann, "ann@example.org")
        async with socket(server, cookie_of(guest), origin=server.http) as first:
            await first.recv()
            async with socket(server, cookie_of(guest), origin=server.http) as second:
                await second.recv()
                _, ended, _ = await ends(first)
        async with socket(server, cookie_of(ann), origin=server.http) as first:
            await first.recv()
            async with socket(server, cookie_of(ann), origin=server.http) as second:
                await second.recv()
                goes_on = await answers(first)

    assert (ended, goes_on) == (4001, True)


async def test_a_guests_conversation_ends_after_its_time_and_a_members_goes_on() -> None:
    async with (
        serving(accounts="optional", guest_session_s=0.5) as server,
        browser(server) as guest,
        browser(server) as ann,
    ):
        await guest.post("/api/account/guest")
        await register(ann, "ann@example.org")
        async with socket(server, cookie_of(ann), origin=server.http) as members:
            await members.recv()
            async with socket(server, cookie_of(guest), origin=server.http) as guests:
                code, _, _ = await ends(guests)
            goes_on = await answers(members)

    assert (code, goes_on) == ("session_expired", True)


async def test_a_guest_who_registers_finds_what_they_said() -> None:
    async with serving(accounts="optional") as server, browser(server) as ann:
        await ann.post("/api/account/guest")
        await say(server, cookie_of(ann), "Remember the milk.")
        await kept(server, ann)
        await register(ann, "ann@example.org")
        found = (await ann.get("/api/conversations")).json()["data"]["items"]

    assert len(found) == 1


async def test_a_guest_who_comes_back_is_known_for_as_long_again_and_a_member_logs_in_again() -> None:
    async with serving(accounts="optional") as server, browser(server) as guest, browser(server) as ann:
        await guest.post("/api/account/guest")
        await register(ann, "ann@example.org")
        at_once = await guest.get("/api/account")
        async with server.app.state.services.database.write() as connection:
            await connection.execute(update(logins).values(expires_at=now_ms() + 5 * DAY_MS))
        later, member = await guest.get("/api/account"), await ann.get("/api/account")
        async with server.app.state.services.database.read() as connection:
            last = sorted(await connection.scalars(select(logins.c.expires_at)))

    set_again = ["set-cookie" in answer.headers for answer in (at_once, later, member)]
    assert set_again == [False, True, False]
    assert [round((moment - now_ms()) / DAY_MS) for moment in last] == [5, 30]


async def answers(connection) -> bool:  # type: ignore[no-untyped-def]
    """Whether a conversation goes on."""
    await connection.send(json.dumps({"type": "session.update", "session": {"type": "realtime"}}))
    async with asyncio.timeout(10):
        while json.loads(await connection.recv())["type"] != "session.updated":
            pass
    return True


async def say(server: Serving, cookie: dict[str, str], text: str) -> None:
    """Somebody says something and is answered."""
    async with socket(server, cookie, origin=server.http, query="?extensions=kaikou") as connection:
        content = [{"type": "input_text", "text": text}]
        item = {"type": "message", "role": "user", "content": content}
        await connection.send(json.dumps({"type": "conversation.item.create", "item": item}))
        await connection.send(json.dumps({"type": "response.create"}))
        async with asyncio.timeout(30):
            while json.loads(await connection.recv())["type"] != "response.done":
                pass


async def kept(server: Serving, client) -> list[dict[str, object]]:  # type: ignore[no-untyped-def]
    """Their conversations, once the last one is written to its end."""
    async with asyncio.timeout(30):
        while True:
            items = (await client.get("/api/conversations")).json()["data"]["items"]
            if items and items[0]["ended_at"]:
                return list(items)
            await asyncio.sleep(0.1)
