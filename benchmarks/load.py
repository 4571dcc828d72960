"""`bench load`: how many conversations one core carries, with stub engines whose delays are known.

The server runs on one core, this client on another. Every session sends 20 ms frames in real time: a sentence, then
silence, turn after turn. Reported for each number of sessions: the time from the last frame of speech to the first audible
sample of the answer, turns lost or cut in, the server's share of its core, and its memory for each session. Then what
sessions cost that send nothing, or only silence, and whether a thousand connections leave anything behind. With `--peers`,
the same client talks to Pipecat, and to a server that does no more than it must, in the same run. With `--against`, it talks
to this checkout and to another one by turns, and nothing else is measured; so with `--keeping`, of a server that keeps
conversations and one that does not.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
import numpy as np
import websockets

from benchmarks.checkouts import alternately, comparison
from benchmarks.recordings import BESIDE, english_clips
from benchmarks.scoring import percentile
from benchmarks.serving import Cost, pinned, program, server
from models.network.websocket import proxy_to

FRAME_S = 0.02
STAGGER_S = 0.37
AUDIBLE = 500
LEAD_IN_S, GAP_S = 1.0, 9.0
IDLE_S = 10.0
LONGEST_CLIP_S = 20.0
CONTINUOUS = "en_arctic_a0024.wav"
"""Four seconds without an inner pause that could be taken for an end."""

PEERS = Path(__file__).parent / "peers"
HERE = Path(__file__).resolve().parents[1]
PEERS_PYTHON = Path("build/peers/bin/python")
"""The environment with requirements-peers.txt."""


@dataclass
class Measured:
    """What the sessions of one run saw: latencies in ms, and the turns that had none."""

    latencies: list[float] = field(default_factory=list)
    lost: int = 0
    cut: int = 0


@dataclass(frozen=True)
class Wire:
    """How samples travel: at which rate, as which messages, and how they are taken out of those that arrive."""

    rate: int
    path: str
    pack: Callable[[bytes], str | bytes]
    unpack: Callable[[str | bytes], bytes]

    def frames(self, pcm: np.ndarray) -> list[str | bytes]:
        """The messages that carry samples of `rate`, one for each frame."""
        size = int(self.rate * FRAME_S)
        return [self.pack(frame.tobytes()) for frame in pcm[: len(pcm) // size * size].reshape(-1, size)]

    @property
    def silence(self) -> str | bytes:
        """A frame of it."""
        return self.frames(np.zeros(int(self.rate * FRAME_S), np.int16))[0]


def _append(pcm: bytes) -> str:
    return json.dumps({"type": "input_audio_buffer.append", "audio": base64.b64encode(pcm).decode()})


def _delta(message: str | bytes) -> bytes:
    if isinstance(message, bytes) or '"response.output_audio.delta"' not in message[:200]:
        return b""
    return base64.b64decode(json.loads(message)["delta"])


REALTIME = Wire(24_000, "/v1/realtime", _append, _delta)
EXTENDED = Wire(24_000, "/v1/realtime?model=philosopher&extensions=kaikou", _append, _delta)
RAW = Wire(16_000, "/ws", lambda pcm: pcm, lambda message: message if isinstance(message, bytes) else b"")


def speech(folder: Path, name: str, rate: int) -> np.ndarray:
    """The clip of that name, without what comes before its first sound and after its last."""
    clips = {clip.name: clip.pcm for clip in english_clips(folder, LONGEST_CLIP_S)}
    if name not in clips:
        raise FileNotFoundError(f"No English recording {name} with a known text in {folder}.")
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(clips[name])[None], "s16", "mono")
    frame.sample_rate = 16_000
    return np.concatenate([part.to_ndarray()[0] for part in av.AudioResampler("s16", "mono", rate).resample(frame)])


async def session(
    url: str, index: int, turns: int, talk: Sequence[str | bytes], wire: Wire, measured: Measured
) -> None:
    """One conversation."""
    silence = wire.silence
    await asyncio.sleep(index * STAGGER_S)
    async with websockets.connect(url, proxy=proxy_to(url), max_size=None) as socket:
        ended: float | None = None
        first: float | None = None
        early = False

        async def receive() -> None:
            nonlocal first, early
            async for message in socket:
                at = time.perf_counter()
                if first is not None and ended is not None:
                    continue
                pcm = np.frombuffer(wire.unpack(message), np.int16)
                if np.abs(pcm.astype(np.int32)).max(initial=0) > AUDIBLE:
                    if ended is None:
                        early = True
                    else:
                        first = at

        receiver = asyncio.create_task(receive())
        start, sent = time.perf_counter(), 0

        async def send(message: str | bytes) -> None:
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


async def talk_at_once(
    address: str, sessions: int, turns: int, pcm: np.ndarray, wire: Wire, cost: Cost
) -> dict[str, Any]:
    """`sessions` conversations side by side."""
    measured, before, peak, worked = Measured(), cost.megabytes, 0.0, cost.seconds
    talk, url = wire.frames(pcm), f"ws://{address}{wire.path}"
    cost.share()
    work = asyncio.gather(*(session(url, i, turns, talk, wire, measured) for i in range(sessions)))
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
        "cpu_s": round(cost.seconds - worked, 2),
        "mb_per_session": round((peak - before) / sessions, 2),
    }


async def idle(url: str, sessions: int, cost: Cost, *, streaming: bool) -> float:
    """The share of a core of `sessions` that send nothing, or silence."""
    silence = REALTIME.silence
    sockets = [await websockets.connect(url, proxy=proxy_to(url), max_size=None) for _ in range(sessions)]

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
            async with websockets.connect(url, proxy=proxy_to(url), max_size=None) as socket:
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


def kaikou(folder: Path | None = None) -> AbstractContextManager[tuple[str, Any]]:
    """With stub engines; `folder` is another checkout."""
    return server("--engines", "stub", folder=folder)


def peers(python: Path) -> Iterator[tuple[str, list[str]]]:
    """Names and commands of the other servers; Pipecat's only where its environment is."""
    yield "floor", [sys.executable, "-m", "benchmarks.peers.floor"]
    if python.is_file():
        yield "pipecat", [str(python), str(PEERS / "pipecat_server.py")]
    else:
        print(
            f"Without Pipecat: there is no {python}. See {PEERS.parent.name}/requirements-peers.txt.", file=sys.stderr
        )


def show(row: dict[str, Any]) -> None:
    print("  ".join(f"{key} {value}" for key, value in row.items()), flush=True)


def main(arguments: Sequence[str]) -> int:
    """Run it; 0 if no turn was lost."""
    options = _options().parse_args(arguments)
    try:
        clips = {wire.rate: speech(options.speech, options.clip, wire.rate) for wire in (REALTIME, RAW)}
    except FileNotFoundError as error:
        print(error)
        return 2

    def measure(name: str, running: AbstractContextManager[tuple[str, Any]], wire: Wire, count: int) -> dict[str, Any]:
        with pinned(running) as (address, cost):
            row = asyncio.run(talk_at_once(address, count, options.turns, clips[wire.rate], wire, cost))
        show(row := {"server": name, **row})
        return row

    if options.against:
        folders = {"this": HERE, "other": options.against.resolve()}
        rows = []
        for count in _numbers(options.sessions):
            for name, folder in alternately(folders, options.rounds):
                rows.append(measure(name, kaikou(folder), REALTIME, count))
            show(comparison([row for row in rows if row["sessions"] == count], *folders))
        return 1 if any(row["lost"] for row in rows) else 0
    if options.keeping:
        rows = []
        with tempfile.TemporaryDirectory(prefix="kaikou-load-") as data:
            kept = {"KAIKOU_DATA": data, "KAIKOU_HISTORY_KEEP": "true"}
            ways = {"kept": kept, "not kept": {**kept, "KAIKOU_HISTORY_KEEP": "false"}}
            for count in _numbers(options.sessions):
                for name, settings in alternately(ways, options.rounds):
                    rows.append(measure(name, server("--engines", "stub", settings=settings), EXTENDED, count))
                show(comparison([row for row in rows if row["sessions"] == count], *ways))
        return 1 if any(row["lost"] for row in rows) else 0
    rows = [measure("kaikou", kaikou(), REALTIME, count) for count in _numbers(options.sessions)]
    report: dict[str, Any] = {"clip": options.clip, "load": rows, "peers": []}
    for name, command in peers(options.peers) if options.peers else ():
        for count in _numbers(options.peer_sessions):
            report["peers"].append(measure(name, program(command), RAW, count))
    with pinned(kaikou()) as (address, cost):
        url = f"ws://{address}{REALTIME.path}"
        if options.idle:
            report["idle"] = {
                "sessions": options.idle,
                "silent_cpu_percent": asyncio.run(idle(url, options.idle, cost, streaming=False)),
                "streaming_silence_cpu_percent": asyncio.run(idle(url, options.idle, cost, streaming=True)),
            }
            show(report["idle"])
        if options.connections:
            report["connections"] = asyncio.run(come_and_go(url, options.connections, cost))
            show(report["connections"])
    if options.json:
        options.json.write_text(json.dumps(report, indent=1))
    else:
        print(json.dumps(report))
    return 1 if any(row["lost"] for row in rows) else 0


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="run.py bench load", description=__doc__)
    parser.add_argument("--sessions", default="1,16,50,100", help="numbers of sessions, separated by commas")
    parser.add_argument("--turns", type=int, default=2, help="of each session")
    parser.add_argument("--idle", type=int, default=100, help="sessions for the idle figures; 0 leaves them out")
    parser.add_argument("--connections", type=int, default=1_000, help="short connections; 0 leaves them out")
    parser.add_argument("--speech", type=Path, default=BESIDE, help="folder of recordings with an index.json")
    parser.add_argument("--clip", default=CONTINUOUS, help="the recording that everybody says")
    parser.add_argument("--peers", type=Path, nargs="?", const=PEERS_PYTHON, help="also measure other servers")
    parser.add_argument("--peer-sessions", default="1,8,16", help="numbers of sessions for them")
    parser.add_argument("--against", type=Path, help="another checkout of Kaikou: compare this one with it")
    parser.add_argument("--keeping", action="store_true", help="compare conversations that are kept with others")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each of the two that are compared")
    parser.add_argument("--json", type=Path, help="also write the figures there")
    return parser


def _numbers(text: str) -> list[int]:
    return [int(number) for number in text.split(",") if number]
