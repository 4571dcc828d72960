"""What is deleted while a practice of it is talked: the account of the person, and the character."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import structlog

from server.settings.keeping import StorageSettings
from server.storage.database import Database
from server.storage.tables.accounts import audit_log
from tests.server.accounts.people import PASSWORD, browser, register, serving_on
from tests.server.accounts.test_deletion import rows_of
from tests.server.accounts.test_revocation import cookie_of, ends, socket
from tests.server.memory.remembering import dump
from tests.server.practice.practising import personas_in
from tests.server.practice.test_killed import written
from tests.server.practice.test_report_talk import ready
from tests.server.practice.test_talks import GOOD, INTERVIEW, greeted, made, practise, row_of, say
from tests.server.talking import Talk, talking
from tests.serving import Serving, serving

FLAGS: Mapping[str, Any] = {"chat_model": "scripted", "jobs_workers": 2, "rate_writes": 0, "rate_costly": 0}
NEMO = {"languages": ["en"], "en": {"name": "Nemo", "who": "A captain.", "greeting": "Welcome aboard."}}


@asynccontextmanager
async def talking_as(
    server: Serving, headers: dict[str, str], model: str
) -> AsyncIterator[tuple[Talk, asyncio.Task[None]]]:
    """A talk of whoever these headers are, and what reads it until the server ends it."""
    async with (
        server.client() as client,
        client.realtime.connect(model=model, extra_query={"extensions": "kaikou"}, extra_headers=headers) as connection,
    ):
        talk = Talk(connection)
        reader = asyncio.create_task(talk.read())
        try:
            await talk.until("session.created")
            yield talk, reader
        finally:
            reader.cancel()
            await asyncio.wait({reader})


async def refusal(server: Serving, query: str) -> str:
    """The code of the error that a talk which cannot begin ends in."""
    async with socket(server, query=query) as connection:
        return (await ends(connection))[0]


async def test_of_a_practice_whose_person_deletes_the_account_while_talking_nothing_is_left(
    storage: StorageSettings, database: Database
) -> None:
    personas = str(personas_in(storage.folder))
    with structlog.testing.capture_logs() as logs:
        async with serving_on(storage, personas=personas, **FLAGS) as server, browser(server) as ann:
            id = (await register(ann, "ann@example.org"))["account"]["id"]
            await ann.post("/api/practice/cards", json={"language": "en", "said": "goed", "better": "went"})
            headers = {"Authorization": "", **cookie_of(ann), "Origin": server.http}
            for leaves in (False, True):
                practice = (await ann.post("/api/practices", json=INTERVIEW)).json()["data"]
                async with talking_as(server, headers, practice["character_id"]) as (talk, reader):
                    await practise(talk, practice["id"])
                    await greeted(talk)
                    await say(talk, GOOD)
                    if leaves:
                        had = await rows_of(server, id)
                        await talk.write(GOOD)
                        await talk.connection.response.create()
                        gone = await ann.request("DELETE", "/api/account", json={"password": PASSWORD})
                        await asyncio.wait({reader}, timeout=20)
            left = await rows_of(server, id)
    afterwards = await dump(database, [audit_log])

    assert gone.status_code == 200
    assert {"practices", "practice_cards"} < set(had)
    assert set(left) == {"audit_log"}
    assert id not in afterwards
    assert [log for log in logs if log["log_level"] in ("error", "critical")] == []


async def test_a_practice_whose_character_is_deleted_while_it_is_talked_goes_on_to_its_report(tmp_path: Path) -> None:
    async with (
        serving(personas=str(personas_in(tmp_path)), **FLAGS) as server,
        httpx2.AsyncClient(base_url=f"{server.http}/api/", timeout=30) as client,
    ):
        character = (await client.post("characters", json={"file": NEMO})).json()["data"]["id"]
        practice = await made(client, {**INTERVIEW, "character_id": character})
        async with talking(server, character, extensions="kaikou") as talk:
            await practise(talk, practice["id"])
            conversation = (await talk.until("kaikou.keeping"))["conversation_id"]
            await greeted(talk)
            await say(talk, GOOD)
            await written(client, conversation, 3)
            deleted = await client.delete(f"characters/{character}")
            query = f"?model={character}&extensions=kaikou&continue={conversation}"
            refused = await refusal(server, query)
            answer = await say(talk, GOOD)
        row = await row_of(server, practice["id"])
        report = await ready(client, practice["id"])

    asked = [step["id"] for step in practice["steps"]]
    assert deleted.status_code == 200
    assert refused == "character_gone"
    assert any(ask in answer for ask in practice["steps"][2]["ask"])
    assert [move["step"] for move in row.moves.values()] == asked[:2]
    assert report["parts"]["questions"]["state"] == "ready"


async def test_a_practice_whose_character_was_deleted_before_is_still_shown_and_talked_with_another(
    tmp_path: Path,
) -> None:
    async with (
        serving(personas=str(personas_in(tmp_path)), **FLAGS) as server,
        httpx2.AsyncClient(base_url=f"{server.http}/api/", timeout=30) as client,
    ):
        character = (await client.post("characters", json={"file": NEMO})).json()["data"]["id"]
        practice = await made(client, {**INTERVIEW, "character_id": character})
        await client.delete(f"characters/{character}")
        shown = (await client.get(f"practices/{practice['id']}")).json()["data"]
        async with talking(server, character, extensions="kaikou") as talk:
            session = await practise(talk, practice["id"])
            opening = await greeted(talk)

    assert shown == practice
    assert (session["kaikou"]["character"], session["kaikou"]["practice"]) == ("assistant", practice["id"])
    assert opening.startswith(practice["opening"])
