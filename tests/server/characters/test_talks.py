"""Talks with characters of one's own: drafts, versions, and conversations whose character changed or is gone."""

from __future__ import annotations

import io
import wave
from collections.abc import AsyncIterator

import httpx2
import pytest
import pytest_asyncio

from tests.server.accounts.people import outcome
from tests.server.characters.making import file
from tests.server.talking import Talk, talking
from tests.serving import Serving, serving

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server() -> AsyncIterator[Serving]:
    async with serving(rate_writes=0, rate_costly=0) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def client(server: Serving) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=f"{server.http}/api/", timeout=30) as one:
        yield one


async def made(client: httpx2.AsyncClient, **body: object) -> str:
    return str((await client.post("characters", json=body)).json()["data"]["id"])


async def kept(client: httpx2.AsyncClient, talk: Talk) -> str:
    """The id of the conversation, once a line of it is kept."""
    id: str = (await talk.until("kaikou.keeping"))["conversation_id"]
    await talk.write("Hello.")
    await talk.ask()
    return id


async def test_a_talk_keeps_the_version_that_it_began_with(server: Serving, client: httpx2.AsyncClient) -> None:
    id = await made(client, file=file("Nemo"))
    async with talking(server, id, extensions="kaikou") as talk:
        await client.put(f"characters/{id}", json={"file": file("Ned")})
        same = await talk.configure(kaikou={"language": "en"})
        other = await talk.configure(kaikou={"character": "detective"})
        again = await talk.configure(kaikou={"character": id})
    assert "Nemo" in same["instructions"]
    assert "Nemo" not in other["instructions"]
    assert "Ned" in again["instructions"]


async def test_one_can_talk_to_ones_draft_once_it_is_a_character(server: Serving, client: httpx2.AsyncClient) -> None:
    id = await made(client, draft={"languages": ["en"], "en": {"name": "Nemo"}})
    async with talking(server, extensions="kaikou") as talk:
        since = len(talk.events)
        session = {"type": "realtime", "kaikou": {"draft": id}}
        await talk.connection.session.update(session=session)  # type: ignore[arg-type]
        refused = (await talk.until("error", since))["error"]
        await client.put(f"characters/{id}/draft", json={"draft": file("Nemo")})
        talked = await talk.configure(kaikou={"draft": id})
    assert (refused["code"], refused["param"]) == ("draft_not_whole", "session.kaikou.draft")
    assert "`en.who` is missing" in refused["message"]
    assert "captain of the Nautilus" in talked["instructions"]
    assert talked["kaikou"]["character"] == id


async def test_a_conversation_goes_on_with_the_character_as_it_is_now(
    server: Serving, client: httpx2.AsyncClient
) -> None:
    id = await made(client, file=file("Nemo"))
    async with talking(server, id, extensions="kaikou") as talk:
        conversation = await kept(client, talk)
    await client.put(f"characters/{id}", json={"file": file("Ned")})
    async with talking(server, extensions="kaikou", **{"continue": conversation}) as talk:
        assert "Ned" in talk.events[0]["session"]["instructions"]


async def test_a_conversation_whose_character_is_gone_can_be_read_and_says_why_it_does_not_go_on(
    server: Serving, client: httpx2.AsyncClient
) -> None:
    id = await made(client, file=file("Nemo"))
    async with talking(server, id, extensions="kaikou") as talk:
        conversation = await kept(client, talk)
    await server.app.state.realtime.history.keeper.written(conversation)
    await client.delete(f"characters/{id}")
    query = {"extensions": "kaikou", "continue": conversation}
    async with server.client() as openai, openai.realtime.connect(model="wizard", extra_query=query) as connection:
        refused = await connection.recv()
    assert refused.type == "error"
    assert refused.error.code == "character_gone"
    told = (await client.get(f"conversations/{conversation}")).json()["data"]
    assert told["character"] == {"id": id, "name": "Nemo", "version": "1"}
    assert told["lines"] == 2


async def test_a_file_that_is_not_saved_is_heard(client: httpx2.AsyncClient) -> None:
    greeting = await client.post("characters/preview", json={"file": file("Nemo")})
    longer = await client.post("characters/preview", json={"file": file("Nemo"), "text": "Welcome aboard. " * 9})
    wrong = await client.post("characters/preview", json={"file": {"languages": ["en"]}})
    lengths = []
    for answer in (greeting, longer):
        assert answer.headers["content-type"] == "audio/wav"
        with wave.open(io.BytesIO(answer.content)) as sound:
            lengths.append(sound.getnframes() / sound.getframerate())
    assert 0.2 < lengths[0] < lengths[1]
    assert outcome(wrong) == (422, "validation_failed")
