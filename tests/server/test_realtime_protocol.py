"""The realtime API's rules: the session object, items, error codes, keys, and what it does with malformed input."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any

import openai
import pytest
import websockets

from tests.server.talking import talking
from tests.serving import Serving, serving

pytestmark = pytest.mark.asyncio(loop_scope="module")

VAD_OFF = {"input": {"turn_detection": None}}


# --- The session object --------------------------------------------------------------------------------------------------


async def test_a_partial_update_changes_only_what_it_names(server: Serving) -> None:
    async with talking(server) as talk:
        await talk.configure(audio=VAD_OFF, output_modalities=["text"])
        session = await talk.configure(instructions="Be brief.")
        assert session["instructions"] == "Be brief."
        assert session["output_modalities"] == ["text"]
        assert session["audio"]["input"]["turn_detection"] is None


async def test_turn_detection_is_replaced_whole_with_its_defaults(server: Serving) -> None:
    async with talking(server) as talk:
        await talk.configure(audio={"input": {"turn_detection": {"type": "semantic_vad", "eagerness": "low"}}})
        session = await talk.configure(audio={"input": {"turn_detection": {"type": "server_vad"}}})
        assert session["audio"]["input"]["turn_detection"] == {
            "type": "server_vad",
            "threshold": 0.5,
            "prefix_padding_ms": 300,
            "silence_duration_ms": 500,
            "idle_timeout_ms": None,
            "create_response": True,
            "interrupt_response": True,
        }


async def test_transcription_is_echoed_with_exactly_the_keys_that_were_sent(server: Serving) -> None:
    async with talking(server) as talk:
        session = await talk.configure(audio={"input": {"transcription": {"model": "whisper-1"}}})
        assert session["audio"]["input"]["transcription"] == {"model": "whisper-1"}


async def test_a_clients_instructions_win_over_the_characters(server: Serving) -> None:
    async with talking(server, model="detective") as talk:
        before = talk.events[0]["session"]["instructions"]
        session = await talk.configure(instructions="You are a teapot.")
        assert len(before) > 500
        assert session["instructions"] == "You are a teapot."


async def test_a_character_is_chosen_by_update_too(server: Serving) -> None:
    async with talking(server, model="gpt-realtime") as talk:
        before = talk.events[0]["session"]["instructions"]
        session = await talk.configure(kaikou={"character": "wizard"})
        assert session["instructions"] != before


# --- Items ---------------------------------------------------------------------------------------------------------------


async def test_items_keep_the_clients_id_and_name_their_predecessor(server: Serving) -> None:
    async with talking(server) as talk:
        first = await talk.write("one", id="msg_1")
        second = await talk.write("two")
        assert (first["item"]["id"], first["previous_item_id"]) == ("msg_1", None)
        assert second["previous_item_id"] == "msg_1"


async def test_an_item_goes_to_the_front_with_root(server: Serving) -> None:
    async with talking(server) as talk:
        await talk.write("one")
        since = len(talk.events)
        await talk.connection.conversation.item.create(
            previous_item_id="root",
            item={"type": "message", "role": "system", "content": [{"type": "input_text", "text": "Bob"}]},
        )
        added = await talk.until("conversation.item.added", since)
        assert added["previous_item_id"] is None


@pytest.mark.parametrize(
    ("event", "code"),
    [
        ({"type": "conversation.item.retrieve", "item_id": "nope"}, "item_retrieve_invalid_item_id"),
        ({"type": "conversation.item.delete", "item_id": "nope"}, "item_delete_invalid_item_id"),
        (
            {"type": "conversation.item.truncate", "item_id": "nope", "content_index": 0, "audio_end_ms": 1},
            "item_truncate_invalid_item_id",
        ),
        ({"type": "response.cancel"}, "response_cancel_not_active"),
        ({"type": "input_audio_buffer.commit"}, "input_audio_buffer_commit_empty"),
        ({"type": "foo.bar"}, "unknown_event"),
        ({"type": "session.update", "session": {"instructions": "x"}}, "missing_required_parameter"),
        ({"type": "session.update", "session": {"type": "realtime", "audio": []}}, "invalid_value"),
        ({"type": "input_audio_buffer.append", "audio": "@@@"}, "invalid_base64"),
        ({"type": "response.create", "response": "x"}, "invalid_value"),
    ],
)
async def test_a_wrong_event_gets_an_error_that_refers_to_it(server: Serving, event: dict[str, Any], code: str) -> None:
    async with talking(server) as talk:
        await talk.configure(audio=VAD_OFF)
        await talk.connection.send({**event, "event_id": "mine"})  # type: ignore[arg-type, typeddict-item]
        error = await talk.error("mine")
        assert error["code"] == code
        await talk.configure(instructions="still usable")


async def test_a_second_answer_is_refused_while_one_is_in_progress(server: Serving) -> None:
    async with talking(server) as talk:
        await talk.write("Count to one hundred")
        await talk.connection.response.create()
        await talk.until("response.created")
        await talk.connection.response.create(event_id="second")
        assert (await talk.error("second"))["code"] == "conversation_already_has_active_response"


async def test_cancelling_ends_the_answer_once_and_for_all(server: Serving) -> None:
    async with talking(server) as talk:
        await talk.write("Count to one hundred")
        await talk.connection.response.create()
        await talk.until("response.output_audio.delta")
        await talk.connection.response.cancel()
        done = (await talk.until("response.done"))["response"]
        assert (done["status"], done["status_details"]["reason"]) == ("cancelled", "client_cancelled")
        await talk.configure(instructions="next")
        after = talk.types[talk.types.index("response.done") + 1 :]
        assert after == ["session.updated"]


async def test_a_duplicate_id_is_refused(server: Serving) -> None:
    async with talking(server) as talk:
        await talk.write("one", id="same")
        content = [{"type": "input_text", "text": "two"}]
        await talk.connection.conversation.item.create(
            event_id="dup",
            item={"type": "message", "role": "user", "content": content, "id": "same"},  # type: ignore[typeddict-item]
        )
        assert (await talk.error("dup"))["code"] == "item_create_duplicate_item_id"


# --- Malformed input -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "frame",
    ["{not json", "", "[1,2]", "42", "null", '{"type":5}', b"\x00\x01", '{"a":' * 5000 + "1" + "}" * 5000],
    ids=["broken", "empty", "array", "number", "null", "type", "binary", "deep"],
)
async def test_garbage_gets_an_error_and_the_connection_goes_on(server: Serving, frame: str | bytes) -> None:
    async with websockets.connect(f"{server.ws}/v1/realtime?model=philosopher") as socket:
        assert json.loads(await socket.recv())["type"] == "session.created"
        await socket.send(frame)
        assert json.loads(await socket.recv())["type"] == "error"
        await socket.send('{"type":"session.update","session":{"type":"realtime","instructions":"ok"}}')
        assert json.loads(await socket.recv())["type"] == "session.updated"


async def test_odd_bytes_are_joined_across_appends(server: Serving) -> None:
    async with talking(server) as talk:
        await talk.configure(audio=VAD_OFF)
        for data in (b"\0", b"\0" * 14_401, b""):
            await talk.connection.input_audio_buffer.append(audio=base64.b64encode(data).decode())
        await talk.connection.input_audio_buffer.commit()
        await talk.until("input_audio_buffer.committed")
        assert "error" not in talk.types


# --- The handshake ---------------------------------------------------------------------------------------------------------


async def test_a_wrong_key_is_refused_on_the_upgrade() -> None:
    async with serving({"KAIKOU_API_KEYS": "sk-right,sk-other"}) as server:
        with pytest.raises(websockets.InvalidStatus) as refused:
            await websockets.connect(
                f"{server.ws}/v1/realtime", additional_headers={"Authorization": "Bearer sk-wrong"}
            )
        response = refused.value.response
        assert response.status_code == 401
        assert json.loads(response.body)["error"]["code"] == "invalid_api_key"
        async with talking(server, key="sk-right") as talk:
            assert talk.types[0] == "session.created"


async def test_a_browsers_key_comes_as_a_subprotocol_and_realtime_is_selected() -> None:
    async with serving({"KAIKOU_API_KEYS": "sk-right"}) as server:
        offered = ["realtime", "openai-insecure-api-key.sk-right", "openai-agents-sdk.1"]
        async with websockets.connect(f"{server.ws}/v1/realtime", subprotocols=offered) as socket:  # type: ignore[arg-type]
            assert socket.subprotocol == "realtime"


async def test_a_page_of_a_foreign_origin_is_refused(server: Serving) -> None:
    with pytest.raises(websockets.InvalidStatus) as refused:
        await websockets.connect(f"{server.ws}/v1/realtime", origin="https://evil.example")  # type: ignore[arg-type]
    response = refused.value.response
    assert (response.status_code, json.loads(response.body)["error"]["code"]) == (403, "origin_denied")


async def test_the_beta_dialect_is_told_that_it_is_gone(server: Serving) -> None:
    async with websockets.connect(
        f"{server.ws}/v1/realtime", additional_headers={"OpenAI-Beta": "realtime=v1"}
    ) as socket:
        assert json.loads(await socket.recv())["error"]["code"] == "beta_api_shape_disabled"
        await socket.wait_closed()
        assert socket.close_code == 4000


async def test_a_full_server_says_when_to_come_back() -> None:
    async with serving(max_sessions=1) as server, talking(server):
        with pytest.raises(websockets.InvalidStatus) as refused:
            await websockets.connect(f"{server.ws}/v1/realtime")
        response = refused.value.response
        assert (response.status_code, response.headers["Retry-After"]) == (503, "15")


async def test_a_client_secret_starts_the_session_it_was_made_for() -> None:
    async with serving({"KAIKOU_API_KEYS": "sk-right"}) as server:
        async with server.client("sk-right") as client:
            secret = await client.realtime.client_secrets.create(
                expires_after={"anchor": "created_at", "seconds": 60},
                session={"type": "realtime", "instructions": "from the secret"},
            )
        assert secret.value.startswith("ek_")
        async with talking(server, key=secret.value) as talk:
            assert talk.events[0]["session"]["instructions"] == "from the secret"


async def test_a_client_secret_is_not_made_for_a_session_of_the_beta(server: Serving) -> None:
    bodies: list[Any] = [
        {"session": {"type": "realtime", "modalities": ["text"]}},
        {"model": "wizard", "voice": "alloy"},
    ]
    errors = list[openai.BadRequestError]()
    async with server.client() as client:
        for body in bodies:
            with pytest.raises(openai.BadRequestError) as refused:
                await client.post("/realtime/client_secrets", body=body, cast_to=object)
            errors.append(refused.value)

    assert [(error.code, error.param) for error in errors] == [
        ("unknown_parameter", "session.modalities"),
        ("unknown_parameter", "voice"),
    ]


async def test_sessions_end_without_a_trace_when_clients_vanish(server: Serving) -> None:
    before = len(asyncio.all_tasks())
    for _ in range(5):
        socket = await websockets.connect(f"{server.ws}/v1/realtime")
        await socket.send('{"type":"response.create"}')
        socket.transport.abort()
    async with asyncio.timeout(5):
        while len(asyncio.all_tasks()) > before:
            await asyncio.sleep(0.02)


# --- REST ------------------------------------------------------------------------------------------------------------------


async def test_models_are_characters_first(server: Serving) -> None:
    async with server.client() as client:
        models = [model.id async for model in client.models.list()]
        assert models[0] == "assistant"
        assert {"philosopher", "silero"} <= set(models)
        assert (await client.models.retrieve("philosopher")).owned_by == "kaikou"


async def test_calls_are_refused_in_the_shape_of_the_api(server: Serving) -> None:
    async with server.client() as client:
        with pytest.raises(openai.APIStatusError) as refused:
            await client.realtime.calls.create(sdp="v=0")
        assert (refused.value.status_code, refused.value.code) == (501, "not_implemented")
