"""`bench load`: how many conversations one core carries, with stub engines whose delays are known.

The server runs on one core, this client on another. Every session sends 20 ms frames in real time: a sentence, then
silence, turn after turn. Reported for each number of sessions: the time from the last frame of speech to the first audible
sample of the answer, turns lost or cut in, the server's share of its core, and its memory for each session. Then what
sessions cost that send nothing, or only silence, and whether a thousand connections leave anything behind.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import os
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
import numpy as np
import psutil
import websockets

from benchmarks.recordings import BESIDE, english_clips
from benchmarks.scoring import percentile
from benchmarks.serving import server

FRAME_S = 0.02
RATE = 24_000
STAGGER_S = 0.37
AUDIBLE = 500
LEAD_IN_S, GAP_S = 1.0, 9.0
IDLE_S = 10.0
LONGEST_CLIP_S = 5.0


@dataclass
class Measured:
    """What the sessions of one run saw: latencies in ms, and the turns that had none."""

    latencies: list[float] = field(default_factory=list)
    lost: int = 0
    cut: int = 0


class Cost:
    """A process's share of a core since the last reading, and its memory."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._cpu, self._at = self._seconds(), time.perf_counter()

    @property
    def megabytes(self) -> float:
        return float(self._process.memory_info().rss / 1e6)

    def share(self) -> float:
        """Percent of a core since the last call, or since the beginning."""
        cpu, at = self._seconds(), time.perf_counter()
        share = 100 * (cpu - self._cpu) / (at - self._at)
        self._cpu, self._at = cpu, at
        return round(share, 1)

    def _seconds(self) -> float:
        times = self._process.cpu_times()
        return float(times.user + times.system)


def frames_of(pcm: np.ndarray) -> list[str]:
    """The messages that carry these samples, one for each frame."""
    size = int(RATE * FRAME_S)
    whole = pcm[: len(pcm) // size * size].reshape(-1, size)
    kind = "input_audio_buffer.append"
    return [json.dumps({"type": kind, "audio": base64.b64encode(f.tobytes()).decode()}) for f in whole]


def speech(folder: Path) -> np.ndarray:
    """The longest clip up to `LONGEST_CLIP_S` seconds without an inner pause that could be taken for an end, at 24 kHz."""
    clips = {clip.name: clip.pcm for clip in english_clips(folder, LONGEST_CLIP_S)}
    pcm = clips.get("en_arctic_a0024.wav", next(iter(clips.values())))
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(pcm)[None], "s16", "mono")
    frame.sample_rate = 16_000
    return np.concatenate([part.to_ndarray()[0] for part in av.AudioResampler("s16", "mono", RATE).resample(frame)])


async def session(url: str, index: int, turns: int, talk: Sequence[str], silence: str, measured: Measured) -> None:
    """One conversation."""
    await asyncio.sleep(index * STAGGER_S)
    async with websockets.connect(url, max_size=None) as socket:
        ended: float | None = None
        first: float | None = None
        early = False

        async def receive() -> None:
            nonlocal first, early
            async for message in socket:
                at = time.perf_counter()
                if '"response.output_audio.delta"' not in message[:200]:
                    continue
                if first is not None and ended is not None:
                    continue
                pcm = np.frombuffer(base64.b64decode(json.loads(message)["delta"]), np.int16)
                if np.abs(pcm.astype(np.int32)).max(initial=0) > AUDIBLE:
                    if ended is None:
                        early = True
                    else:
                        first = at

        receiver = asyncio.create_task(receive())
        start, sent = time.perf_counter(), 0

        async def send(message: str) -> None:
            nonlocal sent
            if (wait := start + sent * FRAME_S - time.perf_counter()) > 0:
                await asyncio.sleep(wait)
            await socket.send(message)
            sent += 1

        for _ in range(int(LEAD_IN_S / FRAME_S)):
            await send(silence)
        for _ in range(turns):
            ended, first, early = None, None, False
            for message in talk:
                await send(message)
            ended = time.perf_counter()
            for _ in range(int(GAP_S / FRAME_S)):
                await send(silence)
            measured.cut += early
            if first is not None and not early:
                measured.latencies.append(1000 * (first - ended))
            measured.lost += first is None and not early
        receiver.cancel()


async def talk_at_once(url: str, sessions: int, turns: int, pcm: np.ndarray, cost: Cost) -> dict[str, Any]:
    """`sessions` conversations side by side."""
    measured, before, peak = Measured(), cost.megabytes, 0.0
    talk, silence = frames_of(pcm), frames_of(np.zeros(int(RATE * FRAME_S), np.int16))[0]
    cost.share()
    work = asyncio.gather(*(session(url, i, turns, talk, silence, measured) for i in range(sessions)))
    while not work.done():
        await asyncio.wait({work}, timeout=0.5)
        peak = max(peak, cost.megabytes)
    await work
    latencies = measured.latencies
    return {
        "sessions": sessions,
        "turns": sessions * turns,
        "lost": measured.lost,
        "cut": measured.cut,
        "p50_ms": round(statistics.median(latencies)) if latencies else None,
        "p95_ms": round(percentile(latencies, 0.95) or 0) if latencies else None,
        "cpu_percent": cost.share(),
        "mb_per_session": round((peak - before) / sessions, 2),
    }


async def idle(url: str, sessions: int, cost: Cost, *, streaming: bool) -> float:
    """The share of a core of `sessions` that send nothing, or silence."""
    silence = frames_of(np.zeros(int(RATE * FRAME_S), np.int16))[0]
    sockets = [await websockets.connect(url, max_size=None) for _ in range(sessions)]

    async def stream(socket: websockets.ClientConnection) -> None:
        start = time.perf_counter()
        for sent in range(int(IDLE_S / FRAME_S)):
            await asyncio.sleep(max(0.0, start + sent * FRAME_S - time.perf_counter()))
            await socket.send(silence)

    await asyncio.sleep(1.0)
    cost.share()
    if streaming:
        await asyncio.gather(*(stream(socket) for socket in sockets))
    else:
        await asyncio.sleep(IDLE_S)
    share = cost.share()
    await asyncio.gather(*(socket.close() for socket in sockets))
    return share


async def come_and_go(url: str, connections: int, cost: Cost) -> dict[str, float]:
    """Memory before and after many short connections; the first tenth counts as warm-up."""

    async def visit(count: int) -> None:
        for _ in range(count):
            async with websockets.connect(url, max_size=None) as socket:
                await socket.recv()

    await visit(connections // 10)
    await asyncio.sleep(1.0)
    before = cost.megabytes
    await visit(connections)
    await asyncio.sleep(1.0)
    after = cost.megabytes
    return {
        "before_mb": round(before, 1),
        "after_mb": round(after, 1),
        "growth_percent": round(100 * (after / before - 1), 2),
    }


def main(arguments: Sequence[str]) -> int:
    """Run it; 0 if no turn was lost."""
    parser = argparse.ArgumentParser(prog="run.py bench load", description=__doc__)
    parser.add_argument("--sessions", default="1,16,50,100", help="numbers of sessions, separated by commas")
    parser.add_argument("--turns", type=int, default=2)
    parser.add_argument("--idle", type=int, default=100, help="sessions for the idle figures; 0 leaves them out")
    parser.add_argument("--connections", type=int, default=1_000, help="short connections; 0 leaves them out")
    parser.add_argument("--speech", type=Path, default=BESIDE, help="folder of recordings with an index.json")
    parser.add_argument("--json", type=Path, help="also write the figures there")
    options = parser.parse_args(arguments)
    pcm = speech(options.speech)
    rows: list[dict[str, Any]] = []
    for count in map(int, options.sessions.split(",")):
        with pinned_server() as (url, cost):
            rows.append(asyncio.run(talk_at_once(url, count, options.turns, pcm, cost)))
            print("  ".join(f"{key} {value}" for key, value in rows[-1].items()), flush=True)
    report: dict[str, Any] = {"load": rows}
    with pinned_server() as (url, cost):
        if options.idle:
            report["idle"] = {
                "sessions": options.idle,
                "silent_cpu_percent": asyncio.run(idle(url, options.idle, cost, streaming=False)),
                "streaming_silence_cpu_percent": asyncio.run(idle(url, options.idle, cost, streaming=True)),
            }
            print("  ".join(f"{key} {value}" for key, value in report["idle"].items()), flush=True)
        if options.connections:
            report["connections"] = asyncio.run(come_and_go(url, options.connections, cost))
            print("  ".join(f"{key} {value}" for key, value in report["connections"].items()), flush=True)
    if options.json:
        options.json.write_text(json.dumps(report, indent=1))
    print(json.dumps(report))
    return 1 if any(row["lost"] for row in rows) else 0


@contextmanager
def pinned_server() -> Iterator[tuple[str, Cost]]:
    """A server with stub engines on the first core, and what it costs; this process keeps to the others."""
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, cores[:1])  # the server inherits it
    try:
        with server("--engines", "stub") as (address, process):
            os.sched_setaffinity(0, cores[1:] or cores)
            yield f"ws://{address}/v1/realtime", Cost(process.pid)
    finally:
        os.sched_setaffinity(0, cores)
