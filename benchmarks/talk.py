"""`bench talk`: a conversation, or several, over the loopback with real recordings in real time, as the page holds them.

Reports the time from the last sound of a sentence to the first audible sample of the answer, where it went, the word
error rate of the captions, and the underruns of a player without any buffer.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import statistics
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import websockets

from benchmarks.recordings import BESIDE, Clip, english_clips
from benchmarks.scoring import Player, percentile, word_errors
from benchmarks.serving import server
from models.network.websocket import proxy_to

RATE, FRAME_MS = 16_000, 20
OUTPUT_RATE = 24_000
AUDIBLE = 300
"""Samples above this count as sound."""

TURN_S = 40.0
STAGES = ("turn_end", "recognized", "first_token", "first_audio", "last_audio")


@dataclass
class Turn:
    """One turn: the clip, what was understood, and the marks in ms after the last sound that was sent."""

    clip: str
    text: str = ""
    cut: bool = False
    voice_to_voice: float | None = None
    marks: dict[str, int] = field(default_factory=dict)
    underruns: int = 0
    errors: int = 0
    words: int = 0


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
            case "kaikou.timing":
                self.turn.marks = event["marks"]
            case "response.done" if self._spoken.is_set() or not self.turn.clip:
                asyncio.get_running_loop().call_later(0.2, self.done.set)


async def converse(address: str, clips: Sequence[Clip], character: str) -> list[Turn]:
    """Greet, then one turn for each clip."""
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
        conversation = Conversation(socket)
        background = [tasks.create_task(conversation.listen()), tasks.create_task(conversation.microphone())]
        await socket.send('{"type":"kaikou.greet"}')
        await asyncio.wait_for(conversation.done.wait(), TURN_S)
        turns = [await conversation.say(clip) for clip in clips]
        for task in background:
            task.cancel()
    return turns


async def converse_at_once(address: str, clips: Sequence[Clip], character: str, speakers: int) -> list[Turn]:
    """The turns of so many conversations at once, each of which begins with another clip."""
    shifts = (len(clips) * number // speakers for number in range(speakers))
    spoken = [converse(address, [*clips[shift:], *clips[:shift]], character) for shift in shifts]
    return [turn for turns in await asyncio.gather(*spoken) for turn in turns]


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


def table(turns: Sequence[Turn], figures: dict[str, Any]) -> str:
    """The same for people."""
    lines = [f"{'clip':28} {'voice to voice':>14} " + " ".join(f"{stage:>11}" for stage in STAGES) + "  heard"]
    for turn in turns:
        voice = "cut in" if turn.cut else f"{turn.voice_to_voice:.0f} ms" if turn.voice_to_voice else "lost"
        marks = " ".join(f"{turn.marks.get(stage, ''):>11}" for stage in STAGES)
        lines.append(f"{turn.clip:28} {voice:>14} {marks}  {turn.text[:60]}")
    voice = figures["voice_to_voice_ms"]
    lines.append(
        f"\nvoice to voice p50 {voice['p50']} ms, p95 {voice['p95']} ms · word error rate {figures['word_error_rate']}"
        f" · underruns {figures['underruns']} · lost {figures['lost']} · cut {figures['cut']}"
    )
    return "\n".join(lines)


def main(arguments: Sequence[str]) -> int:
    """Run it; 0 if no turn was lost and no player ran dry."""
    parser = argparse.ArgumentParser(prog="run.py bench talk", description=__doc__)
    parser.add_argument("--speech", type=Path, default=BESIDE, help="folder of recordings with an index.json")
    parser.add_argument("--engines", default="embedded", help="engine set of the server")
    parser.add_argument("--character", default="philosopher")
    parser.add_argument("--longest", type=float, default=6.0, help="longest clip in seconds")
    parser.add_argument("--turns", type=int, default=12, help="at most this many clips")
    parser.add_argument("--speakers", type=int, default=1, help="conversations at once")
    parser.add_argument("--json", type=Path, help="also write the figures there")
    options = parser.parse_args(arguments)
    try:
        clips = english_clips(options.speech, options.longest)[: options.turns]
    except FileNotFoundError as error:
        print(error)
        return 2
    with server("--engines", options.engines) as (address, _process):
        turns = asyncio.run(converse_at_once(address, clips, options.character, options.speakers))
    figures = summary(turns)
    print(table(turns, figures))
    report = {**figures, "each": [asdict(turn) for turn in turns]}
    text = json.dumps(report, indent=1)
    if options.json:
        options.json.write_text(text)
    else:
        print(json.dumps(figures))
    return 0 if not figures["lost"] and not figures["underruns"] else 1
