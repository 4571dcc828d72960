"""Events and audio over a WebSocket: all of it as JSON, the audio in base64, as the realtime API has it."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable

import orjson
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from pipeline.conversation.playback import Playback
from server.transports.transport import Disconnected, OutputAudio
from server.transports.uvicorn_websocket import EXTENSION

CLOSE_NORMAL = 1000


class WebSocketTransport:
    """A WebSocket that was accepted. What was heard is what the client reports, else an estimate."""

    def __init__(self, websocket: WebSocket) -> None:
        self._websocket = websocket
        self.playback: Callable[[float], Playback] = Playback

    def offer(self, take_at_once: Callable[[bytes, bool], bool] | None) -> None:
        """Where the server is ours; another one's WebSocket has no such way."""
        if (protocol := self._websocket.scope.get("extensions", {}).get(EXTENSION)) is not None:
            protocol.take_at_once = take_at_once

    async def receive(self) -> str | bytes:
        """A text message is an event, a binary one audio."""
        message = await self._websocket.receive()
        if message["type"] == "websocket.disconnect":
            raise Disconnected(goodbye=message.get("code") == CLOSE_NORMAL)
        text: str | None = message.get("text")
        return bytes(message["bytes"]) if text is None else text

    async def send_event(self, event: str) -> None:
        """As a text message."""
        try:
            await self._websocket.send_text(event)
        except (RuntimeError, WebSocketDisconnect) as error:  # RuntimeError: a close was sent or received before
            raise Disconnected from error

    async def send_audio(self, audio: OutputAudio) -> None:
        """As the event's `delta`."""
        await self.send_event(audio_event(audio))

    async def flush(self) -> None:
        """Nothing to do: the client has the player, and events tell it of the interruption."""

    async def close(self, code: int, reason: str) -> None:
        """With the close handshake."""
        if self._websocket.application_state is WebSocketState.CONNECTED:
            try:
                await self._websocket.close(code, reason)
            except (RuntimeError, WebSocketDisconnect):
                return


def audio_event(audio: OutputAudio) -> str:
    """The event that carries a piece of audio."""
    return orjson.dumps({**audio.event, "delta": b64encode(audio.data).decode("ascii")}).decode()
