"""`bench soak`: many conversations for a long time, in which people talk, interrupt, lose the connection and come back.

Stub engines, the server on one core. Every turn that somebody spoke must be understood and answered, every answer that
nobody interrupted must arrive whole and once, however often the connection breaks, and the server's memory must stay what it
was after the first minutes.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.caller import Caller, Lost
from benchmarks.load import CONTINUOUS, speech
from benchmarks.recordings import BESIDE
from benchmarks.scoring import percentile
from benchmarks.serving import Cost, pinned, server
from pipeline.audio.samples import LINE_RATE, Samples

STAGGER_S = 0.1
PAUSE_S = (0.3, 2.5)
"""What somebody waits before speaking again, or before interrupting."""

AWAY_S = (0.05, 4.0)
INTERRUPTS, DROPS, LEAVES = 0.3, 0.3, 0.05
"""How often, of all turns."""

WARM_UP = 0.5
"""Share of the run after which memory must not grow any more: by then conversations are as long as they get."""

GROWTH_PERCENT = 2.0


@dataclass
class Soaked:
    """What became of the turns. `spoken_s` are the lengths of answers that came to their end."""

    counts: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    spoken_s: list[float] = field(default_factory=list)
    megabytes: list[float] = field(default_factory=list)


async def live(url: str, number: int, until: float, clip: Samples, soaked: Soaked) -> None:
    """One person, conversation after conversation."""
    chance = random.Random(number)
    await asyncio.sleep(number * STAGGER_S)
    while time.perf_counter() < until:
        async with Caller(url, confirmed=number % 2 == 0) as caller:
            soaked.counts["conversations"] += 1
            soaked.counts["waits"] += caller.waits
            while time.perf_counter() < until and chance.random() > LEAVES:
                try:
                    await turn(caller, clip, chance, soaked)
                except Lost as loss:
                    soaked.lost.append(f"session {number}: {loss}")
                    break
            soaked.spoken_s += caller.spoken_s


async def turn(caller: Caller, clip: Samples, chance: random.Random, soaked: Soaked) -> None:
    """Say something, perhaps lose the connection meanwhile, and hear the answer out or interrupt it."""
    soaked.counts["turns"] += 1
    interrupts, drops = chance.random() < INTERRUPTS, chance.random() < DROPS
    caller.say(clip)
    if drops:
        soaked.counts["drops"] += 1
        at_s = chance.uniform(0.0, len(clip) / LINE_RATE + 3.0)
        caller.vanish_later(at_s, away_s=chance.uniform(*AWAY_S))
    await caller.understood()
    await caller.answering()
    if interrupts:
        soaked.counts["interruptions"] += 1
        await asyncio.sleep(chance.uniform(*PAUSE_S))
        caller.interrupt()
        return
    await caller.answered()
    await asyncio.sleep(chance.uniform(*PAUSE_S))


async def soak(address: str, people: Iterable[int], minutes: float, clip: Samples, cost: Cost) -> Soaked:
    """All of them, with the server's memory once a second. A person's number decides their chances."""
    soaked, until = Soaked(), time.perf_counter() + 60 * minutes
    url = f"ws://{address}/v1/realtime?model=wizard&extensions=kaikou"
    everybody = asyncio.gather(*(live(url, number, until, clip, soaked) for number in people))
    told = time.perf_counter()
    while not everybody.done():
        await asyncio.wait({everybody}, timeout=1.0)
        soaked.megabytes.append(cost.megabytes)
        if time.perf_counter() - told > 30:
            told = time.perf_counter()
            lost, memory = len(soaked.lost), soaked.megabytes[-1]
            print(
                f"{soaked.counts['turns']} turns, {lost} lost, {memory:.1f} MB, {until - told:.0f} s to go", flush=True
            )
    await everybody
    return soaked


def summary(soaked: Soaked, cpu_percent: float) -> dict[str, Any]:
    """The figures of a run. `uneven`: answers that were heard out, and were longer or shorter than most."""
    steady = soaked.megabytes[int(WARM_UP * len(soaked.megabytes)) :]
    tenth = max(1, len(steady) // 10)
    before, after = float(np.mean(steady[:tenth])), float(np.mean(steady[-tenth:]))
    usual = percentile(soaked.spoken_s, 0.5) or 0.0
    return {
        **soaked.counts,  # waits: how often a newcomer was asked to, since the server was full
        "lost": len(soaked.lost),
        "heard_out": len(soaked.spoken_s),
        "uneven": sum(abs(seconds - usual) > 0.03 * usual for seconds in soaked.spoken_s),
        "cpu_percent": cpu_percent,
        "memory_mb": {"after_warm_up": round(before, 1), "at_the_end": round(after, 1)},
        "growth_percent": round(100 * (after / before - 1), 2),
    }


def main(arguments: Sequence[str]) -> int:
    """Run it; 0 if nothing was lost and memory stayed flat."""
    parser = argparse.ArgumentParser(prog="run.py bench soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--sessions", type=int, default=50)
    parser.add_argument("--speech", type=Path, default=BESIDE, help="folder of recordings with an index.json")
    parser.add_argument("--clip", default=CONTINUOUS, help="the recording that everybody says")
    parser.add_argument("--json", type=Path, help="also write the figures there")
    options = parser.parse_args(arguments)
    try:
        clip = speech(options.speech, options.clip, LINE_RATE)
    except FileNotFoundError as error:
        print(error)
        return 2
    with pinned(server("--engines", "stub")) as (address, cost):
        soaked = asyncio.run(soak(address, range(options.sessions), options.minutes, clip, cost))
        figures = summary(soaked, cost.share())
    for loss in soaked.lost[:20]:
        print(loss)
    print(json.dumps(figures))
    if options.json:
        options.json.write_text(json.dumps({**figures, "lost_turns": soaked.lost, "megabytes": soaked.megabytes}))
    flat = figures["growth_percent"] < GROWTH_PERCENT
    return 0 if flat and not figures["lost"] and not figures["uneven"] else 1
