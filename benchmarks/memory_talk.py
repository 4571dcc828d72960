"""A talk of two hours over the real server: whether a turn of the last minutes costs what one of the first did, and whether
what was told in the first minute is before the model when it is asked for in the last.

The person writes, so that two hours take two minutes; the model is scripted, counts what it reads, and takes time for it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from statistics import fmean
from tempfile import TemporaryDirectory
from typing import Any

import websockets

from benchmarks.long_talk import SUMMARISES, Brain, Line, lines_of
from benchmarks.scoring import percentile
from benchmarks.scripted_llm import Read, ScriptedModel, running
from benchmarks.serving import server
from models.network.websocket import proxy_to

TALKS: Mapping[str, tuple[str, bool]] = {
    "English, by the model": ("en", True),
    "Chinese, by the model": ("zh", True),
    "English, extracted": ("en", False),
    "Chinese, extracted": ("zh", False),
}
"""The talks: their language, and whether the model can summarise."""
TURN_S, WINDOWS, SETTLED = 30.0, 12, 2
"""A turn stands for so many seconds of a talk; rows of the table; of these, how many pass before the prompt is full."""
FLAT, MOST = 1.2, 6_000
"""How much more the second hour may be than the settled part of the first, of which a block of turns is some percent; and
the tokens that no prompt may exceed (`prompt_tokens`)."""
ANSWERED_S = 30.0


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn: tokens of its prompt, time to the first word, and its cost with what the model did before it."""

    prompt: int
    first_ms: float
    cost: float
    known: bool


def add_options(parser: argparse._ArgumentGroup) -> None:
    """Those of this part."""
    parser.add_argument("--turns", type=int, default=240, help="of each talk; 240 of 30 seconds are two hours")
    parser.add_argument("--pause", type=float, default=0.4, help="seconds from an answer to the next line")
    parser.add_argument("--talk", choices=TALKS, help="just this one")


def measured(options: argparse.Namespace) -> dict[str, Any]:
    """The figures of each talk; all go on at once, each with a server of its own."""
    wanted = {name: talk for name, talk in TALKS.items() if options.talk in (None, name)}
    with ThreadPoolExecutor(len(wanted)) as at_once:
        talks = {name: at_once.submit(_talked, *talk, options) for name, talk in wanted.items()}
    return {name: talk.result() for name, talk in talks.items()}


def passed(figures: Mapping[str, Any]) -> bool:
    """Whether all stayed flat, and all that was told was known."""
    flat = (max(each["second_hour"].values()) <= FLAT for each in figures.values())
    within = (row["prompt_most"] <= MOST for each in figures.values() for row in each["windows"])
    return all(each["known"] == each["asked"] for each in figures.values()) and all(flat) and all(within)


def table(figures: Mapping[str, Any]) -> str:
    """The same for people."""
    rows = list[str]()
    for name, each in figures.items():
        rows.append(f"\n{name}: {each['known']} of {each['asked']} facts known, {each['summaries']} times summarised")
        rows.append(
            f"{'minutes':>12} {'prompt p50':>11} {'most':>6} {'first word p50':>15} {'p95':>7} {'cost a turn':>12}"
        )
        for row in each["windows"]:
            rows.append(
                f"{row['minutes']:>12} {row['prompt_p50']:>11,} {row['prompt_most']:>6,} {row['first_ms_p50']:>12.0f} ms"
                f" {row['first_ms_p95']:>4.0f} ms {row['cost']:>12,.0f}"
            )
        more = ", ".join(f"{figure} × {value:.2f}" for figure, value in each["second_hour"].items())
        rows.append(f"the second hour against minutes 20 to 60 (first word: of the quickest quarter): {more}")
    return "\n".join(rows)


def _talked(language: str, summarises: bool, options: argparse.Namespace) -> dict[str, Any]:
    brain = Brain(language, summarises)
    lines = list(lines_of(language, options.turns))
    model = ScriptedModel(brain)
    with running(model) as llm, TemporaryDirectory(prefix="kaikou-memory-") as folder:
        settings = {"KAIKOU_CHAT_MODEL": "openai", "KAIKOU_LLM_BASE_URL": llm, "KAIKOU_DATA": folder}
        with server("--engines", "stub", settings=settings) as (address, _process):
            turns = asyncio.run(_converse(address, language, lines, model, options.pause))
    return _figures(turns, [bool(line.wanted) for line in lines], brain.summaries)


def _figures(turns: Sequence[Turn], asked: Sequence[bool], summaries: int) -> dict[str, Any]:
    size = -(-len(turns) // WINDOWS)
    windows = [turns[start : start + size] for start in range(0, len(turns), size)]
    half = len(windows) // 2
    settled, later = (list(chain(*part)) for part in (windows[SETTLED:half], windows[half:]))
    return {
        "asked": sum(asked),
        "known": sum(turn.known for turn, wanted in zip(turns, asked, strict=True) if wanted),
        "summaries": summaries,
        "windows": [_window(place * size, part) for place, part in enumerate(windows)],
        "second_hour": _against(settled, later),
    }


def _window(first: int, turns: Sequence[Turn]) -> dict[str, Any]:
    minutes = f"{first * TURN_S / 60:.0f} to {(first + len(turns)) * TURN_S / 60:.0f}"
    prompts, times = [turn.prompt for turn in turns], [turn.first_ms for turn in turns]
    return {
        "minutes": minutes,
        "prompt_p50": percentile(prompts, 0.5),
        "prompt_most": max(prompts),
        "first_ms_p50": percentile(times, 0.5),
        "first_ms_p95": percentile(times, 0.95),
        "cost": fmean(turn.cost for turn in turns),
    }


def _against(before: Sequence[Turn], after: Sequence[Turn]) -> dict[str, float]:
    return {
        "prompt": fmean(turn.prompt for turn in after) / fmean(turn.prompt for turn in before),
        "first word": _quick(after) / _quick(before),
        "cost": fmean(turn.cost for turn in after) / fmean(turn.cost for turn in before),
    }


def _quick(turns: Sequence[Turn]) -> float:
    """The time that a quarter of the turns do not exceed: what else the machine does adds to the others."""
    return percentile([turn.first_ms for turn in turns], 0.25) or 0.0


async def _converse(
    address: str, language: str, lines: Sequence[Line], model: ScriptedModel, pause_s: float
) -> list[Turn]:
    url = f"ws://{address}/v1/realtime?model=philosopher&extensions=kaikou"
    kaikou = {"language": language}
    session = {"type": "realtime", "output_modalities": ["text"], "kaikou": kaikou}
    turns = list[Turn]()
    async with websockets.connect(url, proxy=proxy_to(url), max_size=None) as socket:
        await _send(socket, "session.update", session=session)
        for line in lines:
            before = len(model.reads)
            content = [{"type": "input_text", "text": line.text}]
            await _send(
                socket, "conversation.item.create", item={"type": "message", "role": "user", "content": content}
            )
            asked_at = time.perf_counter()
            await _send(socket, "response.create")
            first_ms = await _answered(socket, asked_at)
            turns.append(_turn(model.reads[before:], line, first_ms))
            await asyncio.sleep(pause_s)
    return turns


def _turn(reads: Sequence[Read], line: Line, first_ms: float) -> Turn:
    answer = next(read for read in reversed(reads) if SUMMARISES not in read.text)
    known = line.wanted in answer.text
    return Turn(answer.tokens, first_ms, sum(read.cost for read in reads), known)


async def _send(socket: websockets.ClientConnection, kind: str, **fields: Any) -> None:
    await socket.send(json.dumps({"type": kind, **fields}))


async def _answered(socket: websockets.ClientConnection, asked_at: float) -> float:
    """Milliseconds to the first word, once the answer is over."""
    first_ms = 0.0
    async with asyncio.timeout(ANSWERED_S):
        async for message in socket:
            event = json.loads(message)
            if event["type"] == "response.output_text.delta" and not first_ms:
                first_ms = (time.perf_counter() - asked_at) * 1000
            if event["type"] == "response.done":
                if event["response"]["status"] != "completed":
                    raise RuntimeError(f"The answer ended as {event['response']['status_details']}.")
                return first_ms
    raise RuntimeError("The server ended the conversation.")
