"""Real conversations over the socket, and what the database has of them."""

from __future__ import annotations

import json
from typing import Any

import httpx2
import pytest
import websockets
from sqlalchemy import select

from server.history.history import History
from server.storage.tables.conversations import conversations, lines
from tests.server.talking import Talk, talking
from tests.serving import Serving, serving

pytestmark = pytest.mark.asyncio


def history_of(server: Serving) -> History:
    history: History = server.app.state.realtime.history
    return history


async def rows_of(server: Serving, conversation_id: str) -> tuple[Any, list[Any]]:
    """The conversation's row and those of its lines, once all of it is written."""
    keeper = history_of(server).keeper
    await keeper.written(conversation_id)
    async with keeper.database.read() as connection:
        row = (
            await connection.execute(select(conversations).where(conversations.c.id == conversation_id))
        ).one_or_none()
        found = await connection.execute(
            select(lines).where(lines.c.conversation_id == conversation_id).order_by(lines.c.number)
        )
        return row, list(found)


async def keeping(talk: Talk) -> dict[str, Any]:
    """The first thing that a client is told of being kept."""
    return await talk.until("kaikou.keeping")


async def test_a_spoken_conversation_is_kept_with_who_said_what_when_and_how_it_ended() -> None:
    async with serving() as server:
        async with talking(server, extensions="kaikou") as talk:
            told = await keeping(talk)
            await talk.say_something()
            await talk.until("response.done")
        row, said = await rows_of(server, told["conversation_id"])

    assert (told["kept"], told["recording"], told["reason"]) == (True, False, "")
    assert (row.person_id, row.character_id, row.language, row.ended) == ("owner", "philosopher", "en", "left")
    assert len(row.character_version) == 16
    assert row.line_count == len(said) == 2
    assert [line.role for line in said] == ["user", "assistant"]
    assert row.preview == said[0].said != ""
    assert 0 <= said[0].at_ms < said[0].end_ms <= said[1].at_ms + 1_000
    assert said[1].timing["marks"]["first_audio"] >= 0
    assert row.started_at <= row.updated_at <= row.ended_at


async def test_of_an_interrupted_answer_is_kept_what_was_said_and_what_was_heard() -> None:
    async with serving() as server:
        async with talking(server, extensions="kaikou") as talk:
            told = await keeping(talk)
            await talk.write("Tell me something.")
            done = await talk.ask()
            item = done["output"][0]["id"]
            await talk.connection.conversation.item.truncate(item_id=item, content_index=0, audio_end_ms=400)
            await talk.until("conversation.item.truncated")
        _row, said = await rows_of(server, told["conversation_id"])

    assert [line.interrupted for line in said] == [False, True]
    assert said[1].said.startswith(said[1].heard)
    assert len(said[1].heard) < len(said[1].said)
    assert said[1].end_ms == said[1].at_ms + 400


async def test_what_the_client_deletes_is_deleted_from_what_is_kept() -> None:
    async with serving() as server:
        async with talking(server, extensions="kaikou") as talk:
            told = await keeping(talk)
            await talk.write("This is a secret.", id="item_secret")
            await talk.write("This is none.")
            await talk.connection.conversation.item.delete(item_id="item_secret")
            await talk.until("conversation.item.deleted")
        row, said = await rows_of(server, told["conversation_id"])

    assert [line.said for line in said] == ["This is none."]
    assert (row.line_count, row.preview) == (1, "This is none.")


async def test_nothing_is_kept_before_the_person_said_something() -> None:
    async with serving() as server:
        async with talking(server, extensions="kaikou") as talk:
            told = await keeping(talk)
            await talk.connection.send({"type": "kaikou.greet"})  # type: ignore[arg-type]
            await talk.until("response.done")
        row, said = await rows_of(server, told["conversation_id"])

    assert (row, said) == (None, [])


async def test_a_client_that_cannot_be_told_is_not_kept() -> None:
    async with serving() as server:
        async with talking(server) as talk:
            await talk.write("Hello.")
            done = await talk.ask()
        row, _said = await rows_of(server, done["conversation_id"])

    assert row is None
    assert "kaikou.keeping" not in talk.types


async def test_dictation_is_not_kept() -> None:
    async with serving() as server:
        async with talking(server, extensions="kaikou", intent="transcription") as talk:
            told = await keeping(talk)
            await talk.say_something()
            await talk.until("conversation.item.input_audio_transcription.completed")
        row, _said = await rows_of(server, told["conversation_id"])

    assert row is None


async def test_nothing_is_kept_where_the_operator_says_so() -> None:
    async with serving({"KAIKOU_HISTORY_KEEP": "false"}) as server:
        async with talking(server, extensions="kaikou") as talk:
            told = await keeping(talk)
            await talk.write("Hello.")
            await talk.ask()
        row, _said = await rows_of(server, told["conversation_id"])

    assert row is None
    assert (told["kept"], told["reason"]) == (False, "off")


async def test_a_conversation_is_continued_with_the_same_character_and_everything_remembered() -> None:
    async with serving() as server:
        async with talking(server, "wizard", extensions="kaikou") as talk:
            id = (await keeping(talk))["conversation_id"]
            await talk.write("My name is Ada.")
            await talk.ask()
        first, before = await rows_of(server, id)
        async with talking(server, "detective", extensions="kaikou", **{"continue": id}) as talk:
            told = await keeping(talk)
            created = await talk.until("session.created")
            live = next(iter(server.app.state.realtime.live.values()))
            remembered = [item.text for item in live.connection.session.transcript]
            await talk.write("And what is my name?")
            await talk.ask()
        row, said = await rows_of(server, id)

    assert (told["conversation_id"], told["kept"]) == (id, True)
    assert created["session"]["kaikou"]["character"] == row.character_id == "wizard"
    assert remembered == [line.heard for line in before]
    assert [line.said for line in said][:3] == ["My name is Ada.", before[1].said, "And what is my name?"]
    assert (row.attempt, row.line_count, row.ended) == (2, 4, "left")
    assert row.talked_at >= first.ended_at
    assert row.started_at == first.started_at


async def test_who_continues_a_conversation_that_goes_on_takes_it_over() -> None:
    async with serving() as server:
        async with talking(server, extensions="kaikou") as talk:
            id = (await keeping(talk))["conversation_id"]
            await talk.write("Hello.")
            await talk.ask()
            async with talking(server, extensions="kaikou", **{"continue": id}) as other:
                await keeping(other)
                await other.write("It is me, at the other machine.")
                await other.ask()
        row, said = await rows_of(server, id)

    assert [line.said for line in said if line.role == "user"] == ["Hello.", "It is me, at the other machine."]
    assert row.ended == "left"


@pytest.mark.parametrize("whose", ["nobody", "somebody else"])
async def test_a_conversation_that_is_not_yours_is_not_continued(whose: str) -> None:
    keys = {"KAIKOU_API_KEYS": "sk-ann,sk-ben"}
    async with serving(keys) as server:
        id = "conv_of_nobody"
        if whose != "nobody":
            async with talking(server, key="sk-ann", extensions="kaikou") as talk:
                id = (await keeping(talk))["conversation_id"]
                await talk.write("Hello.")
                await talk.ask()
            await rows_of(server, id)
        async with (
            server.client("sk-ben") as client,
            client.realtime.connect(model="wizard", extra_query={"extensions": "kaikou", "continue": id}) as connection,
        ):
            refused = await connection.recv()

    assert refused.type == "error"
    assert refused.error.code == "conversation_not_found"


@pytest.mark.parametrize("format", ["text", "markdown", "json", "srt"])
async def test_a_conversation_is_exported_to_its_owner_and_is_not_there_for_others(format: str) -> None:
    async with (
        serving({"KAIKOU_API_KEYS": "sk-ann,sk-ben"}) as server,
        httpx2.AsyncClient(base_url=server.http) as client,
    ):
        async with talking(server, key="sk-ann", extensions="kaikou") as talk:
            id = (await keeping(talk))["conversation_id"]
            await talk.write("Take this away with you.")
            await talk.ask()
        await rows_of(server, id)
        path = f"/api/conversations/{id}/export?format={format}"
        exported = await client.get(path, headers={"Authorization": "Bearer sk-ann"})
        walked = [
            await client.request(method, f"/api/conversations/{id}{rest}", headers={"Authorization": "Bearer sk-ben"})
            for method, rest in (
                ("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/restore"), ("GET", "/lines"),
                ("GET", f"/export?format={format}"), ("GET", "/export?format=audio"),
            )
        ]  # fmt: skip
        silent = await client.get(
            f"/api/conversations/{id}/export?format=audio", headers={"Authorization": "Bearer sk-ann"}
        )

    assert exported.status_code == 200
    assert "Take this away with you." in exported.text
    assert "attachment" in exported.headers["content-disposition"]
    assert [answer.status_code for answer in walked] == [404] * len(walked)
    assert (silent.status_code, silent.json()["error"]["code"]) == (404, "recording_not_found")


async def test_a_session_that_is_resumed_on_another_socket_is_one_conversation() -> None:
    async with serving() as server:
        address = f"{server.ws}/v1/realtime?model=wizard&extensions=kaikou"
        async with websockets.connect(address, proxy=None) as first:
            created, told = json.loads(await first.recv()), json.loads(await first.recv())
            seen = await written(first, "Before the tunnel.")
            first.transport.abort()
        token = created["session"]["kaikou"]["token"]
        async with websockets.connect(f"{address}&resume={token}&seen={seen}", proxy=None) as second:
            assert json.loads(await second.recv())["type"] == "kaikou.resumed"
            await written(second, "After the tunnel.")
        _row, said = await rows_of(server, told["conversation_id"])

    assert [line.said for line in said] == ["Before the tunnel.", "After the tunnel."]


async def written(socket: websockets.ClientConnection, text: str) -> str:
    """Send a typed line; the id of the event that acknowledges it."""
    content = [{"type": "input_text", "text": text}]
    item = {"type": "message", "role": "user", "content": content}
    await socket.send(json.dumps({"type": "conversation.item.create", "item": item}))
    while (event := json.loads(await socket.recv()))["type"] != "conversation.item.done":
        pass
    return str(event["event_id"])
