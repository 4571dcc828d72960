"""Reports of practices that were talked over a real socket: begun by themselves, told while they are made, made once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest_asyncio

from tests.server.accounts.people import outcome
from tests.server.practice.practising import personas_in
from tests.server.practice.test_talks import INTERVIEW, greeted, made, practise, say
from tests.server.talking import talking
from tests.serving import Serving, serving

LONGEST_S = 30.0


@pytest_asyncio.fixture
async def server(tmp_path: Path) -> AsyncIterator[Serving]:
    personas = personas_in(tmp_path)
    flags = {"personas": str(personas), "chat_model": "scripted", "jobs_workers": 2, "rate_writes": 0, "rate_costly": 0}
    async with serving(**flags) as running:
        yield running


@pytest_asyncio.fixture
async def client(server: Serving) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=f"{server.http}/api/", timeout=30) as one:
        yield one


async def report(client: httpx2.AsyncClient, id: str) -> Any:
    return (await client.get(f"practices/{id}/report")).json()["data"]


async def ready(client: httpx2.AsyncClient, id: str) -> Any:
    async with asyncio.timeout(LONGEST_S):
        while (told := await report(client, id))["state"] != "ready":
            await asyncio.sleep(0.05)
    return told


async def test_a_report_is_made_by_itself_when_the_talk_is_over_and_again_when_it_is_asked_for(
    server: Serving, client: httpx2.AsyncClient
) -> None:
    practice = await made(client, INTERVIEW)
    address = f"practices/{practice['id']}/report"
    before, refused = await report(client, practice["id"]), outcome(await client.post(address))
    async with talking(server, practice["character_id"], extensions="kaikou") as talk:
        await practise(talk, practice["id"])
        await greeted(talk)
        await say(talk, "I did this by myself for three years, and I sold two hundred loaves a day in it.")
        going = await report(client, practice["id"])
    first = await ready(client, practice["id"])
    both = await asyncio.gather(*(client.post(address) for _ in range(2)))
    second = await ready(client, practice["id"])
    (question, *_) = first["parts"]["questions"]["content"]["items"]
    conversation = (await client.get(f"conversations/{first['conversation_id']}")).json()["data"]
    export = f"{address}/export?format=markdown"
    taken = (await client.get(export)).text
    await client.delete(f"conversations/{first['conversation_id']}")
    hidden = (await client.get(export)).text
    await client.post(f"conversations/{first['conversation_id']}/restore")
    back = await report(client, practice["id"])

    assert (before["state"], before["reason"], refused) == ("none", "not_talked", (409, "practice_not_talked"))
    assert (going["state"], going["reason"]) in {("none", "going"), ("none", "not_kept")}
    assert question["clips"][0]["quote"].startswith("I did this by myself")
    assert {name: (part["state"], part["reason"]) for name, part in first["parts"].items()} == {
        "next": ("ready", "no_language_model"),
        "questions": ("ready", "no_language_model"),
        "rubric": ("missing", "no_language_model"),
        "measures": ("missing", "no_speech"),
        "vocabulary": ("missing", "no_speech"),
    }
    assert first["parts"]["rubric"]["content"] == {"reason": "no_language_model"}
    assert len({one.json()["data"]["job_id"] for one in both} - {first["job_id"]}) == 1
    assert second["job_id"] != first["job_id"]
    assert ("three years" in taken, "three years" in hidden) == (True, False)
    assert back["parts"] == second["parts"]
    assert conversation["practice_id"] == practice["id"]
    assert outcome(await client.get("practices/prac_none/report")) == (404, "practice_not_found")
