"""One client in real time, as the page is one: a microphone, a player that obeys, and a room between them."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import websockets

from benchmarks.sounds import Room, first_voiced
from models.network.websocket import proxy_to
from pipeline.audio.samples import LINE_RATE, Samples, samples_of

FRAME_MS = 20
FRAME = samples_of(FRAME_MS)
REPORT_FRAMES = 10
AUDIBLE = 300
"""Samples above this count as sound."""
AFTER_S, CUT_S, LONGEST_S = 3.0, 0.3, 30.0
FLOOR_RMS = 8.0
QUESTION = "Please count to one hundred."


@dataclass(frozen=True)
class Case:
    """`sound` begins `begins_s` into the reply; it should interrupt or not. In a `room` the reply is heard, too."""

    name: str
    sound: Samples
    begins_s: float
    interrupts: bool
    room: Room | None = None


@dataclass
class Heard:
    """What came of a case, in ms after the first voiced sample of its sound."""

    name: str
    expected: str
    voiced: bool
    outcome: str = "went on"
    pause_ms: float | None = None
    last_audible_ms: float | None = None
    pauses: int = 0

    @property
    def right(self) -> bool:
        """Whether the sound was taken for what it is."""
        return self.outcome == self.expected


@dataclass
class Player:
    """Plays what it was given until it is told otherwise; remembers when it last sounded."""

    queue: Samples = field(default_factory=lambda: np.zeros(0, np.int16))
    line: Samples = field(default_factory=lambda: np.zeros(0, np.int16))
    played: int = 0
    paused: bool = False
    sounded_at: float = 0.0
    _frame: Samples = field(default_factory=lambda: np.zeros(0, np.int16))
    _frame_at: float = 0.0

    def play(self, now: float) -> None:
        """Begin the next frame."""
        self._settle(now)
        frame = np.zeros(FRAME, np.int16)
        if not self.paused:
            ready, self.queue = self.queue[:FRAME], self.queue[FRAME:]
            frame[: len(ready)] = ready
            self.played += len(ready)
        self.line = np.concatenate((self.line, frame))
        self._frame, self._frame_at = frame, now

    def pause(self, now: float, *, flush: bool = False) -> None:
        """Fall silent at once."""
        self._settle(now)
        self._frame, self.paused = self._frame[:0], not flush
        if flush:
            self.queue = self.queue[:0]

    def _settle(self, now: float) -> None:
        so_far = self._frame[: max(0, int((now - self._frame_at) * LINE_RATE))]
        loud = np.flatnonzero(np.abs(so_far.astype(np.int32)) > AUDIBLE)
        if len(loud):
            self.sounded_at = self._frame_at + loud[-1] / LINE_RATE


class Listener:
    """One case on one connection."""

    def __init__(self, socket: websockets.ClientConnection, case: Case) -> None:
        self._socket, self._case = socket, case
        self._player, self._rng = Player(), np.random.default_rng(0)
        self._item_id = self._last_event = ""
        self._voice_at: float | None = None
        self._voice_s = first_voiced(case.sound) / LINE_RATE if len(case.sound) else 0.0
        self._ends_at = time.perf_counter() + LONGEST_S
        voiced = bool(np.abs(case.sound.astype(np.int32)).max(initial=0) > AUDIBLE)
        self.heard = Heard(case.name, "interrupted" if case.interrupts else "went on", voiced)

    async def run(self) -> Heard:
        """Ask, listen, make the sound, and see what comes of it."""
        await self._send({"type": "session.update", "session": SESSION})
        content = [{"type": "input_text", "text": QUESTION}]
        await self._send(
            {"type": "conversation.item.create", "item": {"type": "message", "role": "user", "content": content}}
        )
        await self._send({"type": "response.create"})
        async with asyncio.TaskGroup() as tasks:
            reader = tasks.create_task(self._read())
            await self._live()
            reader.cancel()
        return self.heard

    async def _live(self) -> None:
        start, frames, spoken = time.perf_counter(), 0, 0
        while (now := time.perf_counter()) < self._ends_at:
            self._player.play(now)
            if spoken or self._player.played >= self._case.begins_s * LINE_RATE:
                if not spoken:
                    self._voice_at = now + self._voice_s
                    self._ends_at = now + len(self._case.sound) / LINE_RATE + AFTER_S
                spoken += FRAME
            frames += 1
            await asyncio.sleep(max(0.0, start + frames * FRAME_MS / 1000 - time.perf_counter()))
            # The microphone gives a frame away when it is full, which is now.
            await self._socket.send(self._microphone(spoken).tobytes())
            if frames % REPORT_FRAMES == 0 and self._item_id:
                await self._report()

    def _microphone(self, spoken: int) -> Samples:
        until = len(self._player.line)
        sound = self._rng.normal(0, FLOOR_RMS, FRAME)
        if self._case.room:
            sound += self._case.room.heard(self._player.line, until - FRAME, until)
        own = self._case.sound[max(0, spoken - FRAME) : spoken]
        sound[: len(own)] += own
        return np.clip(np.round(sound), -32767, 32767).astype(np.int16)

    async def _read(self) -> None:
        async for message in self._socket:
            event, now = json.loads(message), time.perf_counter()
            self._last_event = event.get("event_id", "")
            self._take(event, now)

    def _take(self, event: dict[str, Any], now: float) -> None:
        player, heard = self._player, self.heard
        match event["type"]:
            case "response.output_audio.delta":
                self._item_id = event["item_id"]
                pcm = np.frombuffer(base64.b64decode(event["delta"]), np.int16)
                player.queue = np.concatenate((player.queue, pcm))
            case "kaikou.playback.pause":
                player.pause(now)
                heard.pauses += 1
                if self._voice_at and heard.pause_ms is None:
                    heard.pause_ms = (now - self._voice_at) * 1000
                    heard.last_audible_ms = (player.sounded_at - self._voice_at) * 1000
            case "kaikou.playback.resume":
                player.paused = False
            case "response.done" | "conversation.item.truncated" if self._voice_at or heard.pauses:
                player.pause(now, flush=True)
                heard.outcome = "interrupted"
                self._ends_at = now + CUT_S

    async def _report(self) -> None:
        played_ms = self._player.played * 1000 // LINE_RATE
        report = {"item_id": self._item_id, "played_ms": played_ms, "playing": not self._player.paused}
        await self._send({"type": "kaikou.playback", **report, "last_event_id": self._last_event})

    async def _send(self, event: dict[str, Any]) -> None:
        await self._socket.send(json.dumps(event))


async def converse(address: str, cases: Sequence[Case]) -> list[Heard]:
    """Each case in a conversation of its own, one after the other."""
    heard = list[Heard]()
    for case in cases:
        url = f"ws://{address}/v1/realtime?model=philosopher&extensions=kaikou"
        async with websockets.connect(url, proxy=proxy_to(url), max_size=None) as socket:
            heard.append(await Listener(socket, case).run())
    return heard


PCM = {"format": {"type": "audio/pcm", "rate": LINE_RATE}}
SESSION = {
    "type": "realtime",
    "audio": {"input": {**PCM, "turn_detection": {"type": "semantic_vad"}}, "output": PCM},
    "kaikou": {"barge_in": "confirmed"},
}
