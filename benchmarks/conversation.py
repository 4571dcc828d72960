"""One client of a spoken conversation, its microphone always on, as the page holds it; and the figures of its turns."""

from __future__ import annotations

import asyncio
import base64
import json
import statistics
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import websockets

from benchmarks.recordings import Clip
from benchmarks.scoring import Player, percentile, word_errors
from models.network.websocket import proxy_to

RATE, FRAME_MS = 16_000, 20
OUTPUT_RATE = 24_000
AUDIBLE = 300
"""Samples above this count as sound."""

TURN_S = 40.0
STAGES = ("turn_end", "recognized", "first_token", "first_audio", "last_audio")


@dataclass
class Turn:
    """One turn: the clip, what was understood, and the marks in ms after the last sound that was sent.

    used: kinds of what the model was shown beside what was said.
    """

    clip: str
    text: str = ""
    cut: bool = False
    voice_to_voice: float | None = None
    marks: dict[str, int] = field(default_factory=dict)
    underruns: int = 0
    errors: int = 0
    words: int = 0
    used: list[str] = field(default_factory=list)


class Conversation:
    """One client, its microphone always on."""

    def __init__(self, socket: websockets.ClientConnection) -> None:
        self._socket = socket
        self._queue: list[np.ndarray] = []
        self._spoken = asyncio.Event()
        self.spoken_at = 0.0
        self.turn = Turn("")
        self.player = Player()
        self.done = asyncio.Event()

    async def microphone(self) -> None:
        silence, start, sent = np.zeros(RATE * FRAME_MS // 1000, np.int16), time.perf_counter(), 0
        while True:
            await asyncio.sleep(max(0.0, start + sent * FRAME_MS / 1000 - time.perf_counter()))
            frame = self._queue.pop(0) if self._queue else silence
            await self._socket.send(frame.tobytes())
            sent += 1
            if frame is not silence and not self._queue:
                self.spoken_at = time.perf_counter()
                self._spoken.set()

    async def listen(self) -> None:
        async for message in self._socket:
            self._take(json.loads(message), time.perf_counter())

    async def say(self, clip: Clip) -> Turn:
        """Speak a clip and hear the answer out."""
        self.turn, self.player = Turn(clip.name), Player()
        self._spoken.clear()
        self.done.clear()
        frame = RATE * FRAME_MS // 1000
        self._queue = [clip.pcm[i : i + frame] for i in range(0, len(clip.pcm), frame)]
        await self._spoken.wait()
        async with asyncio.timeout(TURN_S):
            await self.done.wait()
        self.turn.underruns = self.player.underruns
        self.turn.errors, self.turn.words = word_errors(clip.text, self.turn.text)
        await asyncio.sleep(0.5)
        return self.turn

    def _take(self, event: dict[str, Any], at: float) -> None:
        match event["type"]:
            case "response.output_audio.delta":
                pcm = np.frombuffer(base64.b64decode(event["delta"]), np.int16)
                self.player.arrived(len(pcm) / OUTPUT_RATE, at)
                if self.turn.voice_to_voice is None and len(pcm) and np.abs(pcm.astype(np.int32)).max() > AUDIBLE:
                    if self._spoken.is_set():
                        self.turn.voice_to_voice = (at - self.spoken_at) * 1000
                    else:
                        self.turn.cut = True
            case "conversation.item.input_audio_transcription.completed":
                self.turn.text = f"{self.turn.text} {event['transcript']}".strip()
            case "kaikou.context":
                self.turn.used += {part["kind"] for part in event["used"]}
            case "kaikou.timing":
                self.turn.marks = event["marks"]
            case "response.done" if self._spoken.is_set() or not self.turn.clip:
                asyncio.get_running_loop().call_later(0.2, self.done.set)


@asynccontextmanager
async def conversing(address: str, character: str, before: Sequence[str] = ()) -> AsyncIterator[Conversation]:
    """A conversation that has these lines of the person's behind it, and in which the character has greeted."""
    url = f"ws://{address}/v1/realtime?model={character}&extensions=kaikou"
    session = {
        "type": "realtime",
        "audio": {
            "input": {
                "format": {"type": "audio/pcm", "rate": RATE},
                "transcription": {"model": "kaikou"},
                "turn_detection": {"type": "semantic_vad"},
            }
        },
    }
    async with websockets.connect(url, proxy=proxy_to(url), max_size=None) as socket, asyncio.TaskGroup() as tasks:
        await socket.send(json.dumps({"type": "session.update", "session": session}))
        for line in before:
            content = [{"type": "input_text", "text": line}]
            item = {"type": "message", "role": "user", "content": content}
            await socket.send(json.dumps({"type": "conversation.item.create", "item": item}))
        conversation = Conversation(socket)
        background = [tasks.create_task(conversation.listen()), tasks.create_task(conversation.microphone())]
        await socket.send('{"type":"kaikou.greet"}')
        await asyncio.wait_for(conversation.done.wait(), TURN_S)
        yield conversation
        for task in background:
            task.cancel()


def summary(turns: Sequence[Turn]) -> dict[str, Any]:
    """The figures of a run."""
    answered = [turn.voice_to_voice for turn in turns if turn.voice_to_voice is not None and not turn.cut]
    stages = {}
    for stage in STAGES:
        values = [turn.marks[stage] for turn in turns if stage in turn.marks]
        stages[stage] = {"p50": percentile(values, 0.5), "p95": percentile(values, 0.95)}
    words = sum(turn.words for turn in turns)
    return {
        "turns": len(turns),
        "lost": sum(turn.voice_to_voice is None and not turn.cut for turn in turns),
        "cut": sum(turn.cut for turn in turns),
        "voice_to_voice_ms": {
            "p50": round(statistics.median(answered)) if answered else None,
            "p95": round(percentile(answered, 0.95) or 0) if answered else None,
        },
        "stages_ms": stages,
        "word_error_rate": round(sum(turn.errors for turn in turns) / words, 3) if words else None,
        "underruns": sum(turn.underruns for turn in turns),
    }
