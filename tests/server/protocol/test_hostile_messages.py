"""Whatever a client sends ends in events: a message that is refused in exactly one error, and the session goes on."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from pipeline.characters.character import Character
from pipeline.turns.endpoint import Endpointing
from server.protocol.client_events import EVENTS
from server.protocol.session_object import Defaults
from tests.server.socketless import Client, Event, append, connected, update, write
from tests.speech import silence

SAID = "item_said"
"""Stands for the item of an answer that is being spoken."""

TOOL = {"type": "function", "name": "look_up", "description": "x", "parameters": {"type": "object", "properties": {}}}
DETECTION = {
    "type": "server_vad",
    "threshold": 0.5,
    "prefix_padding_ms": 300,
    "silence_duration_ms": 500,
    "idle_timeout_ms": 5_000,
}
SPOKEN = {"type": "input_audio", "audio": append(silence(0.1, 24_000))["audio"], "transcript": "Hello"}
EVERYTHING = update(
    output_modalities=["text"],
    instructions="Be kind.",
    tools=[TOOL],
    tool_choice={"type": "function", "name": "look_up"},
    max_output_tokens=50,
    audio={
        "input": {
            "format": {"type": "audio/pcm", "rate": 24_000},
            "transcription": {"model": "x", "language": "en"},
            "noise_reduction": {"type": "near_field"},
            "turn_detection": DETECTION,
        },
        "output": {"format": {"type": "audio/pcmu"}, "voice": "marin", "speed": 1.1},
    },
    kaikou={"character": "wizard", "language": "en", "barge_in": "confirmed"},
)
ASKED = {
    "output_modalities": ["text"],
    "instructions": "Be brief.",
    "tools": [TOOL],
    "tool_choice": "auto",
    "max_output_tokens": 20,
    "metadata": {"topic": "x"},
    "conversation": "none",
    "input": [write("Hello")["item"], {"type": "item_reference", "id": "item_mine"}],
    "audio": {"output": {"voice": {"id": "marin"}, "format": {"type": "audio/pcm"}}},
}
VALID: list[Event] = [
    EVERYTHING,
    append(silence(0.1, 24_000)),
    {"type": "input_audio_buffer.commit"},
    {"type": "input_audio_buffer.clear"},
    {
        "type": "conversation.item.create",
        "previous_item_id": "root",
        "item": {**write("Hello")["item"], "id": "item_mine"},
    },
    {
        "type": "conversation.item.create",
        "item": {"type": "message", "role": "user", "content": [SPOKEN, {"type": "input_text", "text": "Hello"}]},
    },
    {
        "type": "conversation.item.create",
        "item": {"type": "function_call", "name": "look_up", "arguments": "{}", "call_id": "call_mine"},
    },
    {
        "type": "conversation.item.create",
        "item": {"type": "function_call_output", "call_id": "call_mine", "output": "{}", "id": "item_output"},
    },
    {"type": "conversation.item.retrieve", "item_id": "item_mine"},
    {"type": "conversation.item.truncate", "item_id": SAID, "content_index": 0, "audio_end_ms": 100},
    {"type": "conversation.item.delete", "item_id": "item_mine"},
    {"type": "response.create", "response": ASKED},
    {"type": "response.cancel", "response_id": "resp_nobody"},
    {"type": "output_audio_buffer.clear"},
    {"type": "kaikou.greet"},
    {"type": "kaikou.playback", "item_id": SAID, "played_ms": 10.5, "playing": True, "last_event_id": "event_1"},
    {"type": "kaikou.ack", "last_event_id": "event_1"},
    {"type": "kaikou.ping"},
]


def nested(levels: int) -> Any:
    value: Any = {}
    for _ in range(levels):
        value = {"parameters": [value]}
    return value


STRANGE: list[Any] = [
    None, True, 0, -1, 2**31, 2**63, -(10**30), 1e300, 0.5, "", "function", "\0", "\ud800", "x" * 300_000,
    [], [None], [[]], {}, {"type": "function"}, {"type": "mcp"}, {"type": None}, {"id": 5}, nested(45), nested(200),
    float("nan"), float("inf"),
]  # fmt: skip
"""What is put in a field's place. JSON has no NaN, but Python's `json` and some clients write it."""

UNREADABLE = ["", "{", "[]", "null", "5", '"text"', "{}", '{"type":5}', '{"type":"nothing"}', '{"type":"\\ud800"}']


def paths(value: Any, before: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where every part of a value is, itself left out."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in inner:
        yield (*before, key)
        yield from paths(part, (*before, key))


def put(message: Event, path: tuple[Any, ...], value: Any) -> Event:
    """A copy of the message with `value` at `path`."""
    copy = deepcopy(message)
    place: Any = copy
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return copy


def left_out(message: Event, path: tuple[Any, ...]) -> Event:
    """A copy of the message without what is at `path`."""
    copy = deepcopy(message)
    place: Any = copy
    for key in path[:-1]:
        place = place[key]
    del place[path[-1]]
    return copy


async def errors_of(client: Client, text: str) -> list[Event]:
    """The errors that a message was answered by."""
    before = len(client.events)
    said = next((event["item_id"] for event in client.events if event["type"] == "response.output_audio.delta"), SAID)
    await client.connection.receive(text.replace(SAID, said))
    await asyncio.sleep(0)
    return [event["error"] for event in client.events[before:] if event["type"] == "error"]


async def answers(client: Client) -> bool:
    """Whether the session, in whatever state it was left, still answers a typed line."""
    await client.send(update(output_modalities=["text"], tools=[], max_output_tokens="inf", instructions="Be kind."))
    await client.send({"type": "response.cancel"})
    await client.send(update(audio={"input": {"turn_detection": {"type": "server_vad"}}}))
    await client.settle()
    before = len(client.events)
    await client.send(write("Hello"))
    await client.send({"type": "response.create"})
    await client.settle()
    done = [event["response"]["status"] for event in client.events[before:] if event["type"] == "response.done"]
    return done == ["completed"]


def test_every_event_of_the_protocol_is_tried() -> None:
    assert {message["type"] for message in VALID} == set(EVENTS)


@pytest.mark.parametrize("message", VALID, ids=lambda message: str(message["type"]))
async def test_a_field_that_holds_anything_else_ends_in_one_error_at_most(message: Event) -> None:
    async with connected() as client:
        await client.send({"type": "kaikou.greet"})
        while not any(event["type"] == "response.output_audio.delta" for event in client.events):
            await asyncio.sleep(0.001)
        bad: list[tuple[Any, list[Event]]] = []
        for path in paths(message):
            changed = [put(message, path, value) for value in STRANGE]
            for mutant in [left_out(message, path), *changed]:
                errors = await errors_of(client, json.dumps(mutant))
                if len(errors) > 1 or any(error["type"] != "invalid_request_error" for error in errors):
                    bad.append((path, errors))
        assert (bad, await answers(client)) == ([], True)


@pytest.mark.parametrize("text", UNREADABLE)
async def test_what_is_no_event_is_answered_by_one_error(text: str) -> None:
    async with connected() as client:
        errors = await errors_of(client, text)

        assert ([error["type"] for error in errors], await answers(client)) == (["invalid_request_error"], True)


names = st.sampled_from(sorted({str(key) for message in VALID for path in paths(message) for key in path}))
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | names | st.sampled_from(STRANGE)
json_values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4)
)
hostile = st.builds(
    lambda type, fields: json.dumps({**fields, "type": type}),
    st.sampled_from(sorted(EVENTS)),
    st.dictionaries(names, json_values, max_size=5),
)
mutants = st.builds(
    lambda message, which, value: json.dumps(
        put(message, list(paths(message))[which % len(list(paths(message)))], value)
    ),
    st.sampled_from(VALID),
    st.integers(0, 100),
    json_values,
)
cut_off = st.builds(lambda message, end: json.dumps(message)[: end % 200], st.sampled_from(VALID), st.integers(0, 199))
messages = st.sampled_from(VALID).map(json.dumps) | mutants | hostile | cut_off | st.text()


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(messages, max_size=30))
def test_after_any_messages_each_had_one_error_at_most_and_the_session_still_answers(texts: list[str]) -> None:
    async def tried() -> tuple[list[Any], bool]:
        async with connected() as client:
            errors = [await errors_of(client, text) for text in texts]
            wrong = [told for told in errors if len(told) > 1 or any(e["type"] == "server_error" for e in told)]
            return wrong, await answers(client)

    assert asyncio.run(tried()) == ([], True)


async def test_what_nobody_expected_is_logged_and_told_without_details_and_the_session_goes_on() -> None:
    faults: list[Exception] = []

    def by_speech_model(_character: Character) -> bool:
        if faults:
            raise faults.pop()
        return False

    async with connected(Defaults(Endpointing(), by_speech_model=by_speech_model)) as client:
        faults.append(OSError("/secret/path is gone"))
        with capture_logs() as logged:
            errors = await errors_of(client, json.dumps({**EVERYTHING, "event_id": "mine"}))
        told = [(error["type"], error["code"], error["event_id"], "secret" in str(error)) for error in errors]
        assert told == [("server_error", "internal_error", "mine", False)]
        assert [line["event"] for line in logged] == ["client event failed"]
        assert await answers(client)
