"""Practices that are talked over a real socket, with the scripted model: from the opening to the end, and who may."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from tests.server.practice.practising import personas_in
from tests.server.talking import Talk, talking
from tests.serving import Serving, serving

pytestmark = pytest.mark.asyncio(loop_scope="module")

INTERVIEW = {"kind": "interview", "language": "en", "interview": {"role": "baker", "strictness": "friendly"}}
SCENE = {"kind": "language", "language": "en", "own_language": "zh", "scene": {"scene": "bakery", "correcting": "all"}}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Serving]:
    personas: Path = personas_in(tmp_path_factory.mktemp("with"))
    async with serving(personas=str(personas), chat_model="scripted", rate_writes=0, rate_costly=0) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def client(server: Serving) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=f"{server.http}/api/", timeout=30) as one:
        yield one


async def made(client: httpx2.AsyncClient, body: Any) -> Any:
    answer = await client.post("practices", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["data"]


def text_of(done: dict[str, Any]) -> str:
    content = done["output"][0]["content"][0]
    return str(content.get("text") or content.get("transcript"))


async def greeted(talk: Talk) -> str:
    since = len(talk.events)
    await talk.connection.send({"type": "kaikou.greet"})  # type: ignore[arg-type]
    return text_of((await talk.until("response.done", since))["response"])


async def say(talk: Talk, text: str) -> str:
    await talk.write(text)
    return text_of(await talk.ask())


async def practise(talk: Talk, id: str, **session: Any) -> dict[str, Any]:
    return await talk.configure(output_modalities=["text"], kaikou={"practice": id}, **session)


def told(talk: Talk) -> dict[str, Any]:
    """How the practice stands, as the client was told last."""
    return [event for event in talk.events if event["type"] == "kaikou.practice"][-1]


async def test_an_interview_goes_from_its_opening_to_its_end(server: Serving, client: httpx2.AsyncClient) -> None:
    practice = await made(client, INTERVIEW)
    async with talking(server, practice["character_id"], extensions="kaikou") as talk:
        session = await practise(talk, practice["id"])
        said = [await greeted(talk)]
        while not told(talk)["over"]:
            since = len(talk.events)
            said.append(
                await say(talk, "I did this by myself for three years, and I sold two hundred loaves a day in it.")
            )
            await talk.until("kaikou.practice", since)

    asked = [step["ask"][0] for step in practice["steps"]]
    assert session["kaikou"]["practice"] == practice["id"]
    assert [ask in line for ask, line in zip(asked, said, strict=False)] == [True] * len(asked)
    assert {step["state"] for step in told(talk)["steps"]} == {"done"}
