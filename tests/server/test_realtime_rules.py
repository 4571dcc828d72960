"""Whatever a client sends, in whatever order: the rules of the protocol hold and nothing is left behind."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.server.socketless import Event, append, connected, update, write
from tests.speech import sentence, silence

WEATHER = {"type": "function", "name": "get_weather", "parameters": {"type": "object", "properties": {"city": {}}}}
VALID: list[Event] = [
    append(sentence(24_000)[:48_000]),
    append(silence(0.8, 24_000)),
    append(silence(0.2, 24_000)),
    write("Hello"),
    {
        "type": "conversation.item.create",
        "item": {
            "type": "message",
            "role": "user",
            "content": [{"type": "input_audio", "audio": append(sentence(24_000)[:24_000])["audio"]}],
        },
    },
    write("Count to one hundred"),
    write("What is the weather?"),
    {"type": "response.create"},
    {"type": "response.create", "response": {"output_modalities": ["text"]}},
    {"type": "response.create", "response": {"conversation": "none", "output_modalities": ["text"], "input": []}},
    {"type": "response.cancel"},
    {"type": "input_audio_buffer.commit"},
    {"type": "input_audio_buffer.clear"},
    {"type": "kaikou.greet"},
    update(tools=[WEATHER]),
    update(audio={"input": {"turn_detection": None}}),
    update(audio={"input": {"turn_detection": {"type": "server_vad", "silence_duration_ms": 300}}}),
    update(audio={"input": {"turn_detection": {"type": "semantic_vad"}, "transcription": {"model": "x"}}}),
    update(audio={"input": {"turn_detection": {"type": "server_vad", "interrupt_response": False}}}),
    update(kaikou={"barge_in": "confirmed"}),
]
BROKEN: list[Any] = [
    {"type": "nothing"},
    {"type": "session.update", "session": 1},
    {"type": "conversation.item.truncate", "item_id": "nobody", "audio_end_ms": 5},
    {"type": "conversation.item.retrieve"},
    {"type": "input_audio_buffer.append", "audio": "!"},
    [],
    "text",
]
PAUSE = {"type": "a moment"}
"""Not sent: lets the server work a little."""


async def converse(script: list[Any]) -> list[Event]:
    async with connected() as client:
        for index, event in enumerate(script):
            if event is PAUSE:
                await asyncio.sleep(0.01)
            elif isinstance(event, dict):
                await client.send({**event, "event_id": f"mine_{index}"})
            else:
                await client.send(event)
            await asyncio.sleep(0)
        await client.send(update(audio={"input": {"turn_detection": {"type": "server_vad"}}}))
        await client.settle()
    return client.events


def broken_rules(events: list[Event]) -> list[str]:
    """What in `events` breaks the protocol."""
    broken: list[str] = []
    ids = Counter(event["event_id"] for event in events)
    broken += [f"{id} is used {count} times" for id, count in ids.items() if count > 1]
    open_replies: set[str] = set()
    closed: set[str] = set()
    deltas: Counter[str] = Counter()
    said: dict[str, str] = {}
    speaking = ""
    for event in events:
        kind, reply = event["type"], event.get("response_id")
        if kind == "response.created":
            open_replies.add(event["response"]["id"])
        elif kind == "response.done":
            reply_id = event["response"]["id"]
            if reply_id not in open_replies or reply_id in closed:
                broken.append(f"{reply_id} is done without having been open")
            closed.add(reply_id)
        elif reply and kind != "kaikou.timing" and (reply not in open_replies or reply in closed):
            broken.append(f"{kind} of {reply} while it is not open")
        if kind == "response.output_audio_transcript.delta":
            said[event["item_id"]] = said.get(event["item_id"], "") + event["delta"]
        if kind == "response.output_audio_transcript.done" and event["transcript"] != said.get(event["item_id"], ""):
            broken.append("a transcript differs from its deltas")
        if kind == "input_audio_buffer.speech_started":
            speaking = event["item_id"]
        if kind == "input_audio_buffer.speech_stopped" and event["item_id"] != speaking:
            broken.append("a voice stopped that had not started")
        deltas[kind] += 1
    broken += [f"{id} was never done" for id in open_replies - closed]
    return broken


moves = st.one_of(st.sampled_from(VALID), st.sampled_from(BROKEN), st.just(PAUSE))


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(moves, max_size=25))
def test_any_sequence_of_events_keeps_the_rules_and_leaves_nothing_behind(script: list[Any]) -> None:
    events = asyncio.run(converse(script))
    assert broken_rules(events) == []


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(BROKEN))
def test_every_broken_event_is_answered_by_exactly_one_error(event: Any) -> None:
    events = asyncio.run(converse([event]))
    errors = [event["error"]["event_id"] for event in events if event["type"] == "error"]
    assert errors == ["mine_0" if isinstance(event, dict) else None]
