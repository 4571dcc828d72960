"""What operators see and do, on both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from server.accounts.audit import AuditLog, Client
from server.errors import StorageError
from server.settings.keeping import StorageSettings
from server.storage.database import Database
from tests.server.accounts.people import PASSWORD, browser, details, me, outcome, register, serving_on
from tests.server.accounts.test_guests import kept, say
from tests.server.accounts.test_revocation import cookie_of
from tests.serving import Serving

DAY_MS = 86_400_000


@pytest_asyncio.fixture
async def server(storage: StorageSettings) -> AsyncIterator[Serving]:
    async with serving_on(storage) as running:
        yield running


async def test_the_owner_makes_an_operator_who_sees_people_and_suspends_them(server: Serving) -> None:
    code = await server.app.state.services.accounts.owner_code()
    async with browser(server) as owner, browser(server) as olga, browser(server) as ann:
        await register(owner, "owner@example.org", code=code)
        olgas = (await register(olga, "olga@example.org"))["account"]["id"]
        anns = (await register(ann, "ann@example.org"))["account"]["id"]
        before = outcome(await olga.get("/api/people"))
        made = await owner.patch(f"/api/people/{olgas}", json={"role": "operator"})
        people = (await olga.get("/api/people")).json()["data"]["items"]
        await ann.post("/api/files/upload", files={"file": ("a.txt", b"abc")})
        suspended = await olga.patch(f"/api/people/{anns}", json={"suspended": True})
        gone, again = await me(ann), await ann.post("/api/account/login", json=_log_in("ann@example.org"))
        await olga.patch(f"/api/people/{anns}", json={"suspended": False})
        back = await ann.post("/api/account/login", json=_log_in("ann@example.org"))

    assert (before, made.status_code, suspended.status_code) == ((403, "forbidden"), 200, 200)
    assert {(person["email"], person["role"]) for person in people} == {
        ("owner@example.org", "owner"),
        ("olga@example.org", "operator"),
        ("ann@example.org", "member"),
    }
    assert people[0]["usage"] == {"conversations": 0, "files": 0, "file_bytes": 0}
    assert suspended.json()["data"]["usage"] == {"conversations": 0, "files": 1, "file_bytes": 3}
    assert (gone, outcome(again), back.status_code) == (None, (403, "account_suspended"), 200)


async def test_operators_change_no_roles_and_nobody_changes_the_owner(server: Serving) -> None:
    code = await server.app.state.services.accounts.owner_code()
    async with browser(server) as owner, browser(server) as olga, browser(server) as ann:
        await register(owner, "owner@example.org", code=code)
        olgas = (await register(olga, "olga@example.org"))["account"]["id"]
        anns = (await register(ann, "ann@example.org"))["account"]["id"]
        await owner.patch(f"/api/people/{olgas}", json={"role": "operator"})
        refused = [
            await olga.patch(f"/api/people/{anns}", json={"role": "operator"}),
            await olga.patch("/api/people/owner", json={"suspended": True}),
            await olga.patch(f"/api/people/{olgas}", json={"role": "member"}),
            await owner.patch("/api/people/owner", json={"role": "member"}),
            await ann.patch(f"/api/people/{olgas}", json={"suspended": True}),
        ]
        unknown = await owner.patch("/api/people/nobody", json={"suspended": True})

    assert {outcome(answer) for answer in refused} == {(403, "forbidden")}
    assert outcome(unknown) == (404, "not_found")


async def test_everybody_reads_what_was_written_about_them_and_operators_all(server: Serving) -> None:
    code = await server.app.state.services.accounts.owner_code()
    async with browser(server) as owner, browser(server) as ann:
        await register(owner, "owner@example.org", code=code)
        anns = (await register(ann, "ann@example.org"))["account"]["id"]
        await ann.post("/api/account/login", json={"email": "ann@example.org", "password": "not it at all"})
        mine = (await ann.get("/api/account/audit?limit=2")).json()["data"]
        rest = (await ann.get(f"/api/account/audit?limit=2&cursor={mine['next']}")).json()["data"]
        everything = (await owner.get("/api/audit")).json()["data"]["items"]
        refused = outcome(await ann.get("/api/audit"))

    entries = [*mine["items"], *rest["items"]]
    assert [entry["action"] for entry in entries] == ["login_failed", "logged_in", "registered"]
    assert {entry["person_id"] for entry in entries} == {anns}
    assert {entry["person_id"] for entry in everything} == {anns, "owner"}
    assert refused == (403, "forbidden")


async def test_a_conversation_that_is_taken_along_and_a_wrong_code_of_the_owner_are_written_down(
    server: Serving,
) -> None:
    async with browser(server) as ann, browser(server) as mallory:
        await register(ann, "ann@example.org")
        await say(server, cookie_of(ann), "Remember the milk.")
        [talk] = await kept(server, ann)
        await ann.get(f"/api/conversations/{talk['id']}/export?format=text")
        await mallory.post("/api/account/register", json=details("mallory@example.org", code="a" * 20))
        entries = await server.app.state.services.accounts.audit.list(None, None, 2)

    assert [(entry.action, entry.details) for entry in entries[:2]] == [
        ("login_failed", {"why": "owner_code"}),
        ("exported", {"conversation": talk["id"], "format": "text"}),
    ]


async def test_the_audit_log_is_only_added_to(database: Database) -> None:
    audit = AuditLog(database, days=180)
    await audit.write_alone("registered", "ann", Client("::1"))
    refused = []
    for statement in ("UPDATE audit_log SET action = 'x'", "DELETE FROM audit_log"):
        try:
            async with database.write() as connection:
                await connection.execute(text(statement))
        except (IntegrityError, StorageError):
            refused.append(statement)

    assert len(refused) == 2
    assert [entry.action for entry in await audit.list(None, None, 10)] == ["registered"]


async def test_what_has_been_kept_long_enough_goes(database: Database) -> None:
    now = AuditLog(database, 180).now()
    for days_ago in (200, 181, 179, 0):
        old = AuditLog(database, 180, lambda days_ago=days_ago: now - days_ago * DAY_MS)  # type: ignore[misc]
        await old.write_alone("logged_in", "ann", Client())
    audit = AuditLog(database, 180)

    assert (await audit.forget_old(), len(await audit.list("ann", None, 10))) == (2, 2)


def _log_in(email: str) -> dict[str, str]:
    return {"email": email, "password": PASSWORD}
