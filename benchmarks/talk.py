"""`bench talk`: a conversation, or several, over the loopback with real recordings in real time, as the page holds them.

Reports the time from the last sound of a sentence to the first audible sample of the answer, where it went, the word
error rate of the captions, and the underruns of a player without any buffer.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks import talk_memory
from benchmarks.conversation import STAGES, Turn, conversing, summary
from benchmarks.recordings import BESIDE, Clip, english_clips
from benchmarks.serving import server


async def converse(address: str, clips: Sequence[Clip], character: str) -> list[Turn]:
    """Greet, then one turn for each clip."""
    async with conversing(address, character) as conversation:
        return [await conversation.say(clip) for clip in clips]


async def converse_at_once(address: str, clips: Sequence[Clip], character: str, speakers: int) -> list[Turn]:
    """The turns of so many conversations at once, each of which begins with another clip."""
    shifts = (len(clips) * number // speakers for number in range(speakers))
    spoken = [converse(address, [*clips[shift:], *clips[:shift]], character) for shift in shifts]
    return [turn for turns in await asyncio.gather(*spoken) for turn in turns]


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
    parser.add_argument("--memory", action="store_true", help="what a full memory adds: two characters by turns")
    parser.add_argument("--json", type=Path, help="also write the figures there")
    options = parser.parse_args(arguments)
    try:
        clips = english_clips(options.speech, options.longest)[: options.turns]
    except FileNotFoundError as error:
        print(error)
        return 2
    if options.memory:
        return talk_memory.measured(options.engines, options.character, clips, options.json)
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
