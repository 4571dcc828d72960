"""A conversation through the official client: what was received, and waiting for what must come."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from openai.resources.realtime.realtime import AsyncRealtimeConnection

from pipeline.audio.samples import Samples
from tests.server.official import faults_of
from tests.serving import Serving
from tests.speech import sentence, silence

RATE = 24_000
WAIT_S = 40.0
"""Far beyond what anything takes on a quiet machine."""

Event = dict[str, Any]


class Talk:
    """One connection; `events` is everything that came, in order, and `faults` what is wrong with it."""

    def __init__(self, connection: AsyncRealtimeConnection) -> None:
        self.connection = connection
        self.events: list[Event] = []
        self.faults: list[str] = []
        self._arrived = asyncio.Condition()

    async def read(self) -> None:
        async for event in self.connection:
            self.events.append(event.to_dict(mode="json"))
            self.faults += faults_of(self.events[-1])
            async with self._arrived:
                self._arrived.notify_all()

    async def until(self, type: str, since: int = 0, where: Callable[[Event], bool] = lambda _event: True) -> Event:
        """The first event of that type from index `since` on; waits for it."""
        async with asyncio.timeout(WAIT_S), self._arrived:
            while True:
                for event in self.events[since:]:
                    if event["type"] == type and where(event):
                        return event
                await self._arrived.wait()

    @property
    def types(self) -> list[str]:
        """The types of all events so far."""
        return [event["type"] for event in self.events]

    async def configure(self, **session: Any) -> Event:
        """Update the session; the session as it is then."""
        since = len(self.events)
        await self.connection.session.update(session={"type": "realtime", **session})  # type: ignore[typeddict-item]
        updated = await self.until("session.updated", since)
        return dict(updated["session"])

    async def hear(self, pcm: Samples, milliseconds: int = 100) -> None:
        """Send microphone samples at 24 kHz, as fast as they are taken: the server counts samples, not seconds."""
        step = RATE * milliseconds // 1000
        for start in range(0, len(pcm), step):
            audio = base64.b64encode(pcm[start : start + step].tobytes()).decode()
            await self.connection.input_audio_buffer.append(audio=audio)

    async def say_something(self) -> None:
        """A spoken sentence and the silence that ends it."""
        await self.hear(sentence(RATE))
        await self.hear(silence(1.0, RATE))

    async def write(self, text: str, **item: Any) -> Event:
        """Add a typed line; the event that acknowledges it."""
        since = len(self.events)
        content = [{"type": "input_text", "text": text}]
        await self.connection.conversation.item.create(
            item={"type": "message", "role": "user", "content": content, **item}  # type: ignore[typeddict-item]
        )
        return await self.until("conversation.item.added", since)

    async def ask(self, **response: Any) -> Event:
        """Have it answer; the finished response."""
        since = len(self.events)
        await self.connection.response.create(response=response)  # type: ignore[arg-type]
        done = await self.until("response.done", since)
        return dict(done["response"])

    async def error(self, event_id: str) -> Event:
        """The error that refers to the client event `event_id`."""
        event = await self.until("error", where=lambda event: event["error"].get("event_id") == event_id)
        return dict(event["error"])


@asynccontextmanager
async def talking(
    server: Serving, model: str = "philosopher", key: str = "sk-test", **query: str
) -> AsyncIterator[Talk]:
    """A connection whose session has begun."""
    async with (
        server.client(key) as client,
        client.realtime.connect(model=model, extra_query=dict(query)) as connection,
    ):
        talk = Talk(connection)
        reader = asyncio.create_task(talk.read())
        try:
            await talk.until("session.created")
            yield talk
        finally:
            reader.cancel()
            await asyncio.wait({reader})
        assert talk.faults == [], "events that the official client's types do not describe"
