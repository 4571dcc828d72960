"""Whatever a client sends, in whatever order: the rules of the protocol hold and nothing is left behind."""

from __future__ import annotations

import asyncio
import base64
import json
from collections import Counter
from typing import Any

import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.silero import create as create_detector
from models.stub import create_chat_model, create_recognizer, create_synthesizer
from pipeline.character import load_characters
from pipeline.endpoint import Endpointing
from pipeline.pump import Workers
from pipeline.session import Session
from pipeline.setup import Engines, SessionLimits
from pipeline.speaking import SpeakingLimits
from server.characters.catalogue import Characters
from server.realtime.connection import Connection
from server.realtime.session_object import Defaults, SessionObject, setup_of
from server.settings import Settings
from tests.speech import sentence, silence

Event = dict[str, Any]

CHARACTERS = Characters(load_characters(Settings().personas), "assistant")
DETECTOR = create_detector({})
QUICK = SessionLimits(speaking=SpeakingLimits(lead_s=1e9), queued_audio_s=1e9)
DEFAULTS = Defaults(Endpointing())


def append(pcm: Any) -> Event:
    return {"type": "input_audio_buffer.append", "audio": base64.b64encode(pcm.tobytes()).decode()}


def write(text: str) -> Event:
    content = [{"type": "input_text", "text": text}]
    return {"type": "conversation.item.create", "item": {"type": "message", "role": "user", "content": content}}


def update(**session: Any) -> Event:
    return {"type": "session.update", "session": {"type": "realtime", **session}}


WEATHER = {"type": "function", "name": "get_weather", "parameters": {"type": "object", "properties": {"city": {}}}}
VALID: list[Event] = [
    append(sentence(24_000)[:48_000]),
    append(silence(0.8, 24_000)),
    append(silence(0.2, 24_000)),
    write("Hello"),
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


class Client:
    """A connection without a socket; keeps what the server says and truncates what it plays."""

    def __init__(self) -> None:
        engines = Engines(
            DETECTOR,
            create_recognizer({"settle_ms": 0}),
            create_chat_model({"first_token_ms": 0, "words_per_s": 5_000}),
            create_synthesizer({"first_audio_ms": 0}),
        )
        self.workers = Workers(4)
        setup = setup_of(SessionObject(), CHARACTERS.find("wizard"), DEFAULTS)
        self.session = Session(setup, engines, self.workers, QUICK)
        self.connection = Connection(
            self.session, SessionObject(), CHARACTERS, "wizard", DEFAULTS,
            append_bytes=10**7, expires_at=0, extensions=True,
        )  # fmt: skip
        self.events: list[Event] = []

    async def read(self) -> None:
        while True:
            notice = await self.session.outbox.take()
            self.events += [json.loads(orjson.dumps(event)) for event in self.connection.events.of(notice)]

    def send(self, event: Any) -> None:
        for pcm in self.connection.receive(json.dumps(event)):
            self.connection.hear(pcm)

    def truncate_last(self) -> None:
        started = [event["item_id"] for event in self.events if event["type"] == "response.output_audio.delta"]
        if started:
            self.send({"type": "conversation.item.truncate", "item_id": started[-1], "audio_end_ms": 100})

    async def settle(self) -> None:
        """Let everything that goes on come to rest; bounded."""
        async with asyncio.timeout(20):
            while not self.session.at_rest or any(
                event["type"] == "response.created" and not self.done(event["response"]["id"]) for event in self.events
            ):
                await asyncio.sleep(0.005)
                self.send(append(silence(0.1, 24_000)))
                self.truncate_last()

    def done(self, response_id: str) -> bool:
        return any(e["type"] == "response.done" and e["response"]["id"] == response_id for e in self.events)


async def converse(script: list[Any]) -> list[Event]:
    client = Client()
    life, reading = asyncio.create_task(client.session.run()), asyncio.create_task(client.read())
    await asyncio.sleep(0)
    for index, event in enumerate(script):
        if event is PAUSE:
            await asyncio.sleep(0.01)
        elif isinstance(event, dict):
            client.send({**event, "event_id": f"mine_{index}"})
        else:
            client.send(event)
        await asyncio.sleep(0)
    client.send(update(audio={"input": {"turn_detection": {"type": "server_vad"}}}))
    await client.settle()
    client.session.close()
    await life
    await asyncio.sleep(0)
    reading.cancel()
    await asyncio.wait({reading})
    client.workers.close()
    assert asyncio.all_tasks() == {asyncio.current_task()}
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
