"""An interview whose server is killed in the middle goes on at its question after the restart, to its report."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
from openai import AsyncOpenAI

from tests.databases import a_data_folder
from tests.server.history.test_killed import a_server
from tests.server.practice.practising import personas_in
from tests.server.practice.test_report_talk import ready
from tests.server.practice.test_talks import GOOD, INTERVIEW, greeted, made, practise, say, told
from tests.server.talking import Talk, talking
from tests.serving import serving

LONGEST_S = 30.0


async def written(client: httpx2.AsyncClient, conversation: str, count: int) -> None:
    """Wait until so many lines of the conversation are kept."""
    async with asyncio.timeout(LONGEST_S):
        while True:
            found = (await client.get(f"conversations/{conversation}/lines")).json()["data"]
            if len((found or {}).get("items", [])) >= count:
                return
            await asyncio.sleep(0.05)


@asynccontextmanager
async def talking_to(address: str, model: str) -> AsyncIterator[Talk]:
    """A connection to a server of another process."""
    async with (
        AsyncOpenAI(api_key="sk-test", websocket_base_url=f"ws://{address}/v1", max_retries=0) as client,
        client.realtime.connect(model=model, extra_query={"extensions": "kaikou"}) as connection,
    ):
        talk = Talk(connection)
        reader = asyncio.create_task(talk.read())
        try:
            await talk.until("session.created")
            yield talk
        finally:
            reader.cancel()
            await asyncio.wait({reader})


async def test_an_interview_whose_server_was_killed_goes_on_at_its_question_and_has_its_report(tmp_path: Path) -> None:
    personas = str(personas_in(tmp_path))
    with a_data_folder() as folder:
        with a_server(folder, KAIKOU_PERSONAS=personas, KAIKOU_CHAT_MODEL="scripted") as (address, process):
            async with httpx2.AsyncClient(base_url=f"http://{address}/api/", timeout=30) as client:
                practice = await made(client, INTERVIEW)
                async with talking_to(address, practice["character_id"]) as talk:
                    await practise(talk, practice["id"])
                    conversation = (await talk.until("kaikou.keeping"))["conversation_id"]
                    await greeted(talk)
                    since = len(talk.events)
                    await say(talk, GOOD)
                    await talk.until("kaikou.practice", since)
                    before = told(talk)
                    await written(client, conversation, 3)
                    process.kill()
                    process.wait()
        flags = {"personas": personas, "chat_model": "scripted", "jobs_workers": 2}
        async with (
            serving(data=folder, **flags) as server,
            httpx2.AsyncClient(base_url=f"{server.http}/api/", timeout=30) as client,
        ):
            query = {"extensions": "kaikou", "continue": conversation}
            async with talking(server, practice["character_id"], **query) as talk:
                after = await talk.until("kaikou.practice")
                await talk.configure(output_modalities=["text"])
                again = await greeted(talk)
                while not told(talk)["over"]:
                    since = len(talk.events)
                    await say(talk, GOOD)
                    await talk.until("kaikou.practice", since)
            report = await ready(client, practice["id"])

    steps = [step["id"] for step in practice["steps"]]
    assert (before["step"], after["step"]) == (steps[1], steps[1])
    assert [step["state"] for step in after["steps"]] == [step["state"] for step in before["steps"]]
    assert after["left_s"] <= before["left_s"] + 1
    assert any(ask in again for ask in practice["steps"][1]["ask"])
    assert {step["state"] for step in told(talk)["steps"]} == {"done"}
    assert report["conversation_id"] == conversation
    assert [one["step"] for one in report["parts"]["questions"]["content"]["items"]] == steps
