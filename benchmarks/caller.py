"""A client as the page is one: its microphone is always on, and it comes back when the connection breaks."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections import Counter, deque
from typing import Any

import numpy as np
import websockets

from models.network.websocket import proxy_to
from pipeline.audio.samples import LINE_RATE, Samples, samples_of

FRAME = samples_of(20)
FRAME_S = 0.02
KEPT_FRAMES = round(30 / FRAME_S)
ACKNOWLEDGE_S = 0.25
WAIT_S = 30.0
SILENCE = np.zeros(FRAME, np.int16).tobytes()
OUTPUT_RATE = 24_000
FULL, MOST_WAITS = 503, 20
STRANGE_CLOSES = {1008, 1011}


class Lost(Exception):
    """A turn came to nothing; the message says at which point."""


class Caller:
    """One conversation, `async with`. Say something, then wait for what must follow; each wait is bounded by `WAIT_S`.

    `spoken_s` are the lengths of the answers that came to their end uninterrupted.
    """

    def __init__(self, url: str, *, confirmed: bool) -> None:
        self._url, self._confirmed = url, confirmed
        self._frames: deque[bytes] = deque()
        self._kept: deque[bytes] = deque(maxlen=KEPT_FRAMES)
        self._sent_frames = 0
        self._socket: websockets.ClientConnection | None = None
        self._token = self._seen = ""
        self._told: list[str] = []
        self._counts: Counter[str] = Counter()
        self._changed = asyncio.Event()
        self._audio: Counter[str] = Counter()
        self._answer = ""
        self._interrupted: set[str] = set()
        self._wanted: Counter[str] = Counter()
        self._tasks: asyncio.TaskGroup
        self._gone: Lost | None = None
        self.waits = 0
        self.spoken_s: list[float] = []

    async def __aenter__(self) -> Caller:
        self._socket = await self._enter()
        barge_in = "confirmed" if self._confirmed else "immediate"
        audio = {"input": {"format": {"type": "audio/pcm", "rate": LINE_RATE}, "transcription": {"model": "kaikou"}}}
        await self._tell(
            type="session.update", session={"type": "realtime", "audio": audio, "kaikou": {"barge_in": barge_in}}
        )
        self._tasks = asyncio.TaskGroup()
        await self._tasks.__aenter__()
        self._running = [self._tasks.create_task(work()) for work in (self._listen, self._speak, self._acknowledge)]
        return self

    async def __aexit__(self, *error: object) -> None:
        for task in self._running:
            task.cancel()
        await self._tasks.__aexit__(None, None, None)
        if self._socket:
            await self._socket.close()

    # --- What a person does -------------------------------------------------------------------------------------------

    def say(self, clip: Samples) -> None:
        """Speak, now."""
        whole = clip[: len(clip) // FRAME * FRAME].reshape(-1, FRAME)
        self._frames.extend(frame.tobytes() for frame in whole)
        self._wanted["understood"] = self._counts["understood"] + 1
        self._wanted["answering"] = self._counts["answering"] + 1

    def interrupt(self) -> None:
        """What is being answered now will not be heard out."""
        self._interrupted.add(self._answer)

    def vanish_later(self, at_s: float, away_s: float) -> None:
        """Lose the connection in `at_s`, and come back `away_s` later."""
        self._running.append(self._tasks.create_task(self._vanish(at_s, away_s)))

    async def understood(self) -> None:
        """Wait for the words of what was said."""
        await self._until("understood")

    async def answering(self) -> None:
        """Wait for the first sound of the answer."""
        await self._until("answering")

    async def answered(self) -> None:
        """Wait for the end of the answer that is being given."""
        self._wanted[f"ended {self._answer}"] = 1
        await self._until(f"ended {self._answer}")

    async def _until(self, what: str) -> None:
        try:
            async with asyncio.timeout(WAIT_S):
                while self._counts[what] < self._wanted[what]:
                    if self._gone:
                        raise self._gone
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise Lost(f"never {what.split()[0]}; last events: {', '.join(self._told[-6:])}") from None

    # --- The connection -----------------------------------------------------------------------------------------------

    async def _enter(self) -> websockets.ClientConnection:
        """A new conversation, as soon as the server has a place. `waits` counts how often it had none."""
        while True:
            try:
                socket, _created = await self._connect()
                return socket
            except websockets.InvalidStatus as refused:
                response = refused.response
                if response.status_code != FULL or self.waits >= MOST_WAITS:
                    raise
                self.waits += 1
                await asyncio.sleep(int(response.headers["Retry-After"]))

    async def _connect(self) -> tuple[websockets.ClientConnection, dict[str, Any]]:
        again = f"&resume={self._token}&seen={self._seen}" if self._token else ""
        socket = await websockets.connect(self._url + again, proxy=proxy_to(self._url), max_size=None, compression=None)
        event: dict[str, Any] = json.loads(await socket.recv())
        if event["type"] == "session.created":
            if self._token:
                raise Lost("the conversation is not there any more")
            self._token, self._seen = event["session"]["kaikou"]["token"], event["event_id"]
        return socket, event

    async def _vanish(self, at_s: float, away_s: float) -> None:
        await asyncio.sleep(at_s)
        socket, self._socket = self._socket, None
        if socket is None:
            return
        socket.transport.abort()
        await asyncio.sleep(away_s)
        try:
            socket, resumed = await self._connect()
        except (Lost, OSError, websockets.WebSocketException) as error:
            self._gone = Lost(f"could not come back: {error}")
            self._changed.set()
            return
        # The microphone waits until what was kept is sent.
        missing = self._sent_frames * FRAME - resumed["received_samples"]
        kept = b"".join(self._kept)
        unheard = kept[len(kept) - 2 * missing :] if missing else b""
        for start in range(0, len(unheard), 2 * LINE_RATE):
            await socket.send(unheard[start : start + 2 * LINE_RATE])
        self._socket = socket
        self._changed.set()

    async def _tell(self, **event: Any) -> None:
        assert self._socket is not None
        await self._socket.send(json.dumps(event))

    async def _speak(self) -> None:
        start, sent = time.perf_counter(), 0
        while True:
            await asyncio.sleep(max(0.0, start + sent * FRAME_S - time.perf_counter()))
            sent += 1
            frame = self._frames.popleft() if self._frames else SILENCE
            self._kept.append(frame)
            self._sent_frames += 1
            if socket := self._socket:
                try:
                    await socket.send(frame)
                except websockets.ConnectionClosed:
                    self._check_close(socket)

    async def _acknowledge(self) -> None:
        while True:
            await asyncio.sleep(ACKNOWLEDGE_S)
            if socket := self._socket:
                try:
                    await socket.send(json.dumps({"type": "kaikou.ack", "last_event_id": self._seen}))
                except websockets.ConnectionClosed:
                    self._check_close(socket)

    async def _listen(self) -> None:
        while True:
            socket = self._socket
            if socket is None:
                await asyncio.sleep(0.02)
                continue
            try:
                async for message in socket:
                    self._take(json.loads(message))
            except websockets.ConnectionClosed:
                pass
            self._check_close(socket)
            await asyncio.sleep(0.02)

    def _check_close(self, socket: websockets.ClientConnection) -> None:
        if socket.close_code in STRANGE_CLOSES:
            self._told.append(f"closed {socket.close_code} {socket.close_reason}")

    # --- What arrives -------------------------------------------------------------------------------------------------

    def _take(self, event: dict[str, Any]) -> None:
        kind = event["type"]
        if kind != "kaikou.resumed":
            self._seen = event["event_id"]
        match kind:
            case "response.output_audio.delta":
                self._audio[event["response_id"]] += len(base64.b64decode(event["delta"])) // 2
                if self._answer != event["response_id"]:
                    self._answer = event["response_id"]
                    self._counts["answering"] += 1
            case "conversation.item.input_audio_transcription.completed" if event["transcript"]:
                self._counts["understood"] += 1
            case "response.done":
                response = event["response"]
                self._counts[f"ended {response['id']}"] += 1
                samples = self._audio.pop(response["id"], 0)
                if response["status"] == "completed" and response["id"] not in self._interrupted:
                    self.spoken_s.append(samples / OUTPUT_RATE)
                self._told.append(f"{kind} {response['status']}")
            case "error":
                self._told.append(f"error {event['error']['code']}: {event['error']['message']}")
            case "kaikou.timing" | "kaikou.words" | "kaikou.partial":
                return
            case _ if "delta" not in kind:
                self._told.append(kind)
        self._changed.set()
