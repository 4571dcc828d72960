"""A client of the realtime API without a socket: the connection and its session, with stub engines that take no time."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import orjson

from models.embedded.silero import create as create_detector
from models.stub import create_chat_model, create_recognizer, create_synthesizer
from pipeline.characters.character import Character
from pipeline.conversation.config import Engines
from pipeline.conversation.limits import SessionLimits, SpeakingLimits
from pipeline.engines.workers import Workers
from pipeline.session import Session
from pipeline.turns.endpoint import Endpointing
from server.characters.catalogue import Characters, FileCharacters
from server.characters.reading import load_characters
from server.protocol.audio_rounds import AudioRounds
from server.protocol.connection import Connection
from server.protocol.session_object import Defaults, SessionObject, config_of
from server.settings import Settings
from tests.server.told import written
from tests.speech import silence

Event = dict[str, Any]

CHARACTERS = FileCharacters(load_characters(Settings().characters.folder), "assistant")
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


class Client:
    """A connection without a socket; keeps what the server says and truncates what it plays."""

    def __init__(self, character: Character, characters: Characters, defaults: Defaults) -> None:
        engines = Engines(
            DETECTOR,
            create_recognizer({"settle_ms": 0}),
            create_chat_model({"first_token_ms": 0, "words_per_s": 5_000}),
            create_synthesizer({"first_audio_ms": 0}),
        )
        self.workers = Workers(4)
        config = config_of(SessionObject(), character, defaults)
        self.session = Session(config, engines, self.workers, QUICK)
        self.connection = Connection(
            self.session, SessionObject(), character, characters, "wizard", defaults,
            rounds=AudioRounds(), append_bytes=10**7, expires_at=0, extensions=True,
        )  # fmt: skip
        self.events: list[Event] = []

    async def read(self) -> None:
        while True:
            notice = await self.session.outbox.take()
            self.events += [json.loads(orjson.dumps(written(event))) for event in self.connection.events.of(notice)]

    async def send(self, event: Any) -> None:
        await self.connection.receive(json.dumps(event))

    async def truncate_last(self) -> None:
        started = [event["item_id"] for event in self.events if event["type"] == "response.output_audio.delta"]
        if started:
            await self.send({"type": "conversation.item.truncate", "item_id": started[-1], "audio_end_ms": 100})

    async def settle(self) -> None:
        """Let everything that goes on come to rest; bounded."""
        async with asyncio.timeout(20):
            while not self.session.at_rest or any(
                event["type"] == "response.created" and not self.done(event["response"]["id"]) for event in self.events
            ):
                await asyncio.sleep(0.005)
                await self.send(append(silence(0.1, 24_000)))
                await self.truncate_last()

    def done(self, response_id: str) -> bool:
        return any(e["type"] == "response.done" and e["response"]["id"] == response_id for e in self.events)


@asynccontextmanager
async def connected(defaults: Defaults = DEFAULTS, characters: Characters = CHARACTERS) -> AsyncIterator[Client]:
    """A client whose session goes on within the block, and of which nothing is left after it."""
    client = Client(await CHARACTERS.find("wizard", ""), characters, defaults)
    life, reading = asyncio.create_task(client.session.run()), asyncio.create_task(client.read())
    await asyncio.sleep(0)
    try:
        yield client
    finally:
        client.session.close()
        await life
        await asyncio.sleep(0)
        reading.cancel()
        await asyncio.wait({reading})
        client.workers.close()
    assert asyncio.all_tasks() == {asyncio.current_task()}
