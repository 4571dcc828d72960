"""A client that reads late: a voice takes back what it has not been sent, also of a reply that is all made."""

from __future__ import annotations

import asyncio
import base64
import json
import socket

import websockets

from pipeline.audio.samples import LINE_RATE
from tests.serving import serving
from tests.speech import sentence

BUFFER = 8_192
TYPED = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Tell me of the tower. " * 20}]}
AUDIO = {
    "input": {"format": {"type": "audio/pcm", "rate": LINE_RATE}},
    "output": {"format": {"type": "audio/pcm", "rate": 48_000}},
}


def connected(url: str) -> socket.socket:
    """A socket with a small buffer, so that what it does not read stays with the server."""
    host, _, port = url.removeprefix("ws://").partition(":")
    small = socket.socket()
    small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
    small.connect((host, int(port)))
    small.setblocking(False)
    return small


async def test_a_voice_takes_back_what_a_slow_client_was_not_sent_of_a_reply_that_is_all_made() -> None:
    async with serving(send_buffer=BUFFER, lead_s=1_000.0, queued_audio_s=1_000.0) as server:
        url = f"{server.ws}/v1/realtime?extensions=kaikou"
        async with websockets.connect(
            url, sock=connected(server.ws), compression=None, max_queue=1, close_timeout=0.2
        ) as client:
            for event in (
                {"type": "session.update", "session": {"type": "realtime", "audio": AUDIO}},
                {"type": "conversation.item.create", "item": TYPED},
                {"type": "response.create"},
            ):
                await client.send(json.dumps(event))
            async with asyncio.timeout(30):
                while not server.app.state.realtime.live:
                    await asyncio.sleep(0.02)
                (live,) = server.app.state.realtime.live.values()
                session = live.connection.session
                while session.at_rest or session._active_reply():
                    await asyncio.sleep(0.02)
            await client.send(sentence().tobytes())
            events = []
            async with asyncio.timeout(30):
                while not events or events[-1]["type"] != "conversation.item.truncated":
                    events.append(json.loads(await client.recv()))
        deltas = [event["delta"] for event in events if event["type"] == "response.output_audio.delta"]
        received_ms = sum(len(base64.b64decode(delta)) for delta in deltas) / 96
        item = next(item for item in session.transcript if item.id == events[-1]["item_id"])

    assert events[-1]["audio_end_ms"] <= received_ms < item.audio_ms / 2
