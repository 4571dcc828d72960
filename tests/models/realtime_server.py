"""A realtime server for tests that does what a script says: records what it is sent, answers by the rules it is given."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

import numpy as np
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

Event = dict[str, Any]
Rule = Callable[["Upstream", Event], Awaitable[None]]

GA_SESSION = {"type": "realtime", "audio": {"input": {}, "output": {}}}
BETA_SESSION = {"modalities": ["text", "audio"], "voice": "qingchunshaonv", "input_audio_format": "pcm16"}
TONE_MS = 400


class Upstream:
    """`received` is what clients sent, in order; `rules` answer some of it instead of the usual answers."""

    def __init__(self, session: Event, status: int = 0) -> None:
        self.session, self.status = session, status
        self.received: list[Event] = []
        self.connections: list[Request] = []
        self.rules: dict[str, Rule] = {}
        self.text = "Two small words."
        self._socket: ServerConnection | None = None
        self._server: Server | None = None
        self._count = 0
        self._arrived = asyncio.Condition()

    @property
    def url(self) -> str:
        assert self._server
        host, port = next(iter(self._server.sockets)).getsockname()[:2]
        return f"ws://{host}:{port}/v1/realtime"

    def of(self, type: str) -> list[Event]:
        """What was received of that type."""
        return [event for event in self.received if event["type"] == type]

    async def until(self, type: str, count: int = 1) -> Event:
        """The event of that type that was received as the `count`-th; waits for it."""
        async with asyncio.timeout(10), self._arrived:
            await self._arrived.wait_for(lambda: len(self.of(type)) >= count)
        return self.of(type)[count - 1]

    async def say(self, type: str, **fields: Any) -> None:
        """Send an event to the latest client."""
        self._count += 1
        assert self._socket
        await self._socket.send(json.dumps({"event_id": f"e{self._count}", "type": type, **fields}))

    async def send_raw(self, text: str) -> None:
        assert self._socket
        await self._socket.send(text)

    async def drop(self) -> None:
        """Break the connection without a word."""
        assert self._socket
        self._socket.transport.abort()

    async def answer(self, id: str, *, end: bool = True, prefix: str = "response.output_") -> None:
        """A spoken response of `text` and a tone; without `end` it is still going on."""
        item = {"id": f"item_{id}", "type": "message", "role": "assistant"}
        here = {"response_id": id, "item_id": item["id"], "output_index": 0, "content_index": 0}
        await self.say("response.created", response={"id": id, "status": "in_progress"})
        await self.say("response.output_item.added", response_id=id, output_index=0, item=item)
        for word in self.text.split(" "):
            await self.say(prefix + "audio_transcript.delta", **here, delta=word + " ")
        await self.say(prefix + "audio.delta", **here, delta=tone(TONE_MS))
        if end:
            await self.say("response.output_item.done", response_id=id, output_index=0, item=item)
            usage = {"input_tokens": 3, "output_tokens": 4}
            await self.say("response.done", response={"id": id, "status": "completed", "usage": usage})

    async def _serve(self, socket: ServerConnection) -> None:
        self._socket = socket
        await self.say("session.created", session=self.session)
        try:
            async for text in socket:
                event = json.loads(text)
                async with self._arrived:
                    self.received.append(event)
                    self._arrived.notify_all()
                await self.rules.get(event["type"], Upstream._as_usual)(self, event)
        except ConnectionClosed:
            return

    async def _as_usual(self, event: Event) -> None:
        self._count += 1
        match event["type"]:
            case "session.update":
                await self.say("session.updated", session=self.session)
            case "input_audio_buffer.commit":
                id = f"heard_{self._count}"
                await self.say("input_audio_buffer.committed", item_id=id)
                kind = "conversation.item.input_audio_transcription.completed"
                await self.say(kind, item_id=id, content_index=0, transcript="What was said.")
            case "response.create":
                await self.answer(f"resp_{self._count}")
            case "response.cancel":
                await self.say("response.done", response={"id": event["response_id"], "status": "cancelled"})

    def _admit(self, _socket: ServerConnection, request: Request) -> Response | None:
        self.connections.append(request)
        if not self.status:
            return None
        key = request.headers.get("Authorization", "")
        return Response(self.status, HTTPStatus(self.status).phrase, Headers(), f"bad key {key}".encode())


def tone(milliseconds: int) -> str:
    """Audio as it is sent: base64 PCM at 24 kHz."""
    wave = 9_000 * np.sin(np.arange(24 * milliseconds) / 9)
    return base64.b64encode(wave.astype("<i2").tobytes()).decode()


@asynccontextmanager
async def upstream(session: Event = GA_SESSION, *, status: int = 0, port: int = 0) -> AsyncIterator[Upstream]:
    """A running server; `status` is the HTTP status with which it refuses everybody."""
    scripted = Upstream(session, status)
    async with serve(scripted._serve, "127.0.0.1", port, process_request=scripted._admit) as server:
        scripted._server = server
        yield scripted
