"""`bench talk --memory`: what a full memory adds to the time until an answer is heard.

Two characters of one server are talked to by turns, each clip to both, in alternating order: one that knows nothing, and
one with 200 entries in its lorebook, four of them always shown, 40 facts of the person, and a talk behind it of which most
is in the summary.
"""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import httpx2

from benchmarks.conversation import Turn, conversing, summary
from benchmarks.long_talk import lines_of
from benchmarks.recordings import Clip
from benchmarks.serving import ROOT, server

NOTHING, FULL = "knows-nothing", "knows-much"
FACTS, ENTRIES, LINES = 40, 200, 160
MOST_MS = 10
"""What a full memory may add to the median."""
KEYS = ("time", "day", "water", "people", "money", "work", "house", "morning", "music", "question")


def personas(source: Path, character: str, folder: Path) -> Path:
    """A folder of characters with the two in it, made from the built-in `character`."""
    shutil.copytree(source, folder)
    text = (source / f"{character}.toml").read_text("utf-8")
    for id, more in ((NOTHING, ""), (FULL, _book())):
        own = text.replace(f'id = "{character}"', f'id = "{id}"', 1)
        (folder / f"{id}.toml").write_text(own + more, "utf-8")
    return folder


def _book() -> str:
    entries = "".join(
        f'\n[[book.entries]]\nname = "Entry {number}"\nkeys = ["{KEYS[number % len(KEYS)]}", "word{number}"]\n'
        f"constant = {str(number % 50 == 0).lower()}\n"
        f'content = "Of what is called number {number} everybody in the village tells another story."\n'
        for number in range(ENTRIES)
    )
    return f"\n[book]\ntoken_budget = 500\n{entries}"


async def remember(address: str) -> None:
    """Have the facts remembered. Raises `httpx2.HTTPError` where the server refuses one."""
    async with httpx2.AsyncClient(base_url=f"http://{address}", trust_env=False) as http:
        for number in range(FACTS):
            text = f"I have a friend called Friend{number} who lives in town number {number}."
            answer = await http.post("/api/memory", json={"text": text, "character_id": FULL})
            answer.raise_for_status()


async def compared(address: str, clips: Sequence[Clip]) -> dict[str, list[Turn]]:
    """The turns with either character."""
    await remember(address)
    before = [line.text for line in lines_of("en", LINES)]
    turns: dict[str, list[Turn]] = {NOTHING: [], FULL: []}
    async with conversing(address, NOTHING) as nothing, conversing(address, FULL, before) as full:
        both = {NOTHING: nothing, FULL: full}
        for place, clip in enumerate(clips):
            for name in list(both)[:: -1 if place % 2 else 1]:
                turns[name].append(await both[name].say(clip))
    return turns


def figures(turns: Mapping[str, Sequence[Turn]]) -> dict[str, Any]:
    """The figures of either, and what the full memory adds: to the median, and in the median of each clip."""
    told = {name: summary(each) for name, each in turns.items()}
    pairs = [
        (one.voice_to_voice, other.voice_to_voice)
        for one, other in zip(turns[NOTHING], turns[FULL], strict=True)
        if one.voice_to_voice is not None and other.voice_to_voice is not None and not (one.cut or other.cut)
    ]
    medians = [median(values) for values in zip(*pairs, strict=True)]
    used = [turn.used for turn in turns[FULL]]
    return {
        **told,
        "used": {kind: sum(kind in kinds for kinds in used) for kind in ("memory", "lorebook", "summary")},
        "adds_ms": {
            "p50": round(medians[1] - medians[0], 1),
            "each_clip_p50": round(median(full - nothing for nothing, full in pairs), 1),
        },
    }


def measured(engines: str, character: str, clips: Sequence[Clip], to: Path | None) -> int:
    """Run it; 0 if no turn was lost and the full memory adds hardly anything."""
    with TemporaryDirectory(prefix="kaikou-memory-") as name:
        folder = Path(name)
        own = personas(ROOT / "personas", character, folder / "personas")
        settings = {"KAIKOU_PERSONAS": str(own), "KAIKOU_DATA": str(folder / "data")}
        with server("--engines", engines, settings=settings) as (address, _process):
            told = figures(asyncio.run(compared(address, clips)))
    text = json.dumps(told, indent=1)
    print(text)
    if to:
        to.write_text(text)
    lost = told[NOTHING]["lost"] + told[FULL]["lost"]
    return 0 if not lost and told["adds_ms"]["p50"] <= MOST_MS else 1
