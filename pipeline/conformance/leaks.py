"""What sessions leave behind when they are opened and abandoned: threads, open files, processes, memory."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic

from pipeline.conformance.trial import Nonconformity, Subject

WARM_UP = 20
"""Sessions before the first look: caches fill and pools grow to their size."""

START_S = 20.0
"""How long what is starting may take to start."""

LOOK_S = 0.1

ROUNDS = 3
"""A pool whose threads come when they are needed may have grown once or twice; a leak grows in every round."""

BYTES_PER_SESSION = 50_000
"""Growth that is not yet a leak: an allocator keeps what it likes."""

OURS = "engine"
"""How the worker threads of `Workers` are called, which come when they are needed."""


@dataclass(frozen=True)
class Footprint:
    """What this process and its children hold. Where the system does not tell (it has no /proc), the last three are 0."""

    threads: int
    files: int
    processes: int
    bytes: int


def footprint() -> Footprint:
    """What is held now."""
    threads = sum(not thread.name.startswith(OURS) for thread in threading.enumerate())
    if not Path("/proc/self/fd").is_dir():
        return Footprint(threads, 0, 0, 0)
    family = [os.getpid(), *_descendants(os.getpid())]
    return Footprint(threads, len(os.listdir("/proc/self/fd")), len(family) - 1, sum(map(_resident, family)))


async def nothing_is_left(session: Callable[[], Awaitable[None]], subject: Subject) -> None:
    """Raises `Nonconformity` if sessions, each begun and abandoned by `session`, leave anything behind in every round."""
    for _ in range(WARM_UP):
        await session()
    for _ in range(ROUNDS):
        left = await _left_by(session, subject)
        if not left:
            return
    raise Nonconformity(f"{subject.cycles} abandoned sessions left behind {left}")


async def _left_by(session: Callable[[], Awaitable[None]], subject: Subject) -> str:
    """What `cycles` sessions leave behind once what was ending had the time to end, in words."""
    before = await _when_steady()
    for _ in range(subject.cycles):
        await session()
    deadline = monotonic() + subject.settle_s
    while (left := _left(before, footprint(), subject.cycles)) and monotonic() < deadline:
        await asyncio.sleep(LOOK_S)
        gc.collect()
    return left


def _left(before: Footprint, after: Footprint, cycles: int) -> str:
    """What there is more of, in words."""
    more = {kind: getattr(after, kind) - getattr(before, kind) for kind in ("threads", "files", "processes")}
    left = [f"{count} {kind}" for kind, count in more.items() if count > 0]
    grown = after.bytes - before.bytes
    return ", ".join([*left, f"{grown / 1e6:.1f} MB"] if grown > BYTES_PER_SESSION * cycles else left)


async def _when_steady() -> Footprint:
    """The footprint once it stays as it is: what the engine started in the background is there, what ended is gone."""
    deadline, last = monotonic() + START_S, footprint()
    while True:
        await asyncio.sleep(LOOK_S)
        gc.collect()
        now = footprint()
        steady = abs(now.bytes - last.bytes) < BYTES_PER_SESSION and replace(now, bytes=last.bytes) == last
        if steady or monotonic() > deadline:
            return now
        last = now


def _descendants(process: int) -> list[int]:
    found = list[int]()
    for listing in Path(f"/proc/{process}/task").glob("*/children"):
        try:
            children = [int(child) for child in listing.read_text().split()]
        except OSError:  # it ended meanwhile
            continue
        found += children + [below for child in children for below in _descendants(child)]
    return found


def _resident(process: int) -> int:
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0
