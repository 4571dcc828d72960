"""The other end of the page's socket as a script, and what a test does on the page."""

from __future__ import annotations

import base64
import json
import math
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.browser.states import CHROMIUM as CHROMIUM
from tests.browser.states import wait_for as wait_for

if TYPE_CHECKING:
    from playwright.sync_api import Page, WebSocketRoute

ELSEWHERE = "kaikou.test"
"""A name that leads to this machine but is not localhost, so that the page is not secure."""

FLAGS = [
    "--no-sandbox",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    f"--host-resolver-rules=MAP {ELSEWHERE} 127.0.0.1",
]


def tone(seconds: float) -> str:
    """A quiet 300 Hz tone as the wire carries it."""
    samples = (round(6000 * math.sin(2 * math.pi * 300 * i / 24000)) for i in range(round(24000 * seconds)))
    return base64.b64encode(b"".join(struct.pack("<h", sample) for sample in samples)).decode()


@dataclass
class Script:
    """The other end of the socket: keeps what the page sends and answers greetings and typed lines."""

    seconds: float = 1.0
    received: list[dict[str, Any]] = field(default_factory=list)
    frames: list[int] = field(default_factory=list)
    heard: bytearray = field(default_factory=bytearray)
    sockets: list[WebSocketRoute] = field(default_factory=list)
    replies: int = 0
    accepts: bool = True
    fails: bool = False
    token: str = ""
    resumes: bool = True
    ends: bool = False
    """Whether the session is over as soon as it was resumed."""
    deaf: bool = False
    events: int = 0

    def connect(self, socket: WebSocketRoute) -> None:
        if not self.accepts:
            socket.close(code=1011)
            return
        self.deaf = False
        self.sockets.append(socket)
        socket.on_message(self.receive)
        if self.resumes and self.token and f"&resume={self.token}" in socket.url:
            got = {"received_events": len(self.received), "received_samples": len(self.heard) // 2}
            self.send("kaikou.resumed", session_id="sess_1", **got)
            if self.ends:
                socket.close(code=1000)
            return
        session = {"id": f"sess_{len(self.sockets)}", "type": "realtime"}
        self.send("session.created", session={**session, "kaikou": {"token": self.token, "resume_s": 60}})

    def send(self, kind: str, /, **fields: Any) -> None:
        self.events += 1
        self.sockets[-1].send(json.dumps({"type": kind, "event_id": f"event_{self.events}", **fields}))

    def receive(self, message: str | bytes) -> None:
        if self.deaf:
            return
        if isinstance(message, bytes):
            self.frames.append(len(message))
            self.heard += message
            return
        event = json.loads(message)
        self.received.append(event)
        match event["type"]:
            case "session.update":
                self.send("session.updated", session=event["session"])
            case "conversation.item.create":
                self.send("conversation.item.added", item=event["item"])
            case "kaikou.ping":
                self.send("kaikou.pong")
            case "kaikou.greet" | "response.create":
                self.reply()

    def reply(self) -> None:
        """An answer of four words over `seconds` of sound; everything but its end."""
        self.replies += 1
        response, item = f"r{self.replies}", f"a{self.replies}"
        self.send("response.created", response={"id": response, "status": "in_progress"})
        if self.fails:
            error = {"type": "server_error", "code": "engine_failed", "message": "The voice is away."}
            details = {"type": "failed", "error": error}
            self.send("response.done", response={"id": response, "status": "failed", "status_details": details})
            return
        added = {"id": item, "type": "message", "role": "assistant", "status": "in_progress", "content": []}
        self.send("response.output_item.added", response_id=response, item=added)
        quarter = round(250 * self.seconds)
        words = [
            {"text": text, "start_ms": i * quarter, "end_ms": (i + 1) * quarter}
            for i, text in enumerate(["One", " two", " three", " four"])
        ]
        self.send(
            "response.output_audio_transcript.delta", response_id=response, item_id=item, delta="One two three four"
        )
        self.send("kaikou.words", response_id=response, item_id=item, words=words)
        self.send("response.output_audio.delta", response_id=response, item_id=item, delta=tone(self.seconds))
        marks = {"speech_end": 0, "turn_end": 150, "recognized": 180, "first_token": 240, "first_audio": 410}
        self.send("kaikou.timing", response_id=response, input_item_id="u", marks=marks, speculative=True)
        self.send("response.output_audio.done", response_id=response, item_id=item)
        self.send("response.done", response={"id": response, "status": "completed"})

    def sent(self, kind: str) -> list[dict[str, Any]]:
        return [event for event in self.received if event["type"] == kind]


def talk(page: Page, address: str, character: str = "philosopher") -> None:
    page.goto(address)
    page.click(f"[data-character={character}]")
    page.click("#talk")
