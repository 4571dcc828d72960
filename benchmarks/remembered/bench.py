"""facts: what is known after talks that were written for it, by rules, and by a language model that says much besides."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.remembered.scoring import Score, WrittenTalk, scored, written_talks
from benchmarks.remembered.tempted import Tempted
from pipeline.engines.protocols import ChatModel
from server.engines.loaded import LoadedEngines, find_language_model
from server.settings import load_settings

LEAST_PRECISION, LEAST_RECALL = 0.95, 0.9
"""Of the rules, over the talks that they were written against."""

Figures = dict[str, Any]


def add_options(parser: argparse._ArgumentGroup) -> None:
    """What can be asked for."""
    parser.add_argument("--connected", action="store_true", help="also by the language model that the settings name")


def measured(options: argparse.Namespace) -> Figures:
    """The score of each way to learn, over each set of talks."""
    return asyncio.run(_measured(connected=options.connected))


def table(figures: Figures) -> str:
    """What is printed."""
    lines = ["facts learnt from written talks"]
    for name, score in figures.items():
        counts = f"{score['right']} right, {len(score['wrong'])} wrong, {len(score['missed'])} missed"
        lines.append(f"  {name}: precision {score['precision']:.2f}, recall {score['recall']:.2f} ({counts})")
        lines += [f"    wrong: {one}" for one in score["wrong"]]
        lines += [f"    missed: {one}" for one in score["missed"]]
    return "\n".join(lines)


def passed(figures: Figures) -> bool:
    """Whether the rules are as good as they were, and the checks let nothing through that was not said."""
    rules, model = figures["rules"], figures["language model, scripted"]
    return (
        rules["precision"] >= LEAST_PRECISION
        and rules["recall"] >= LEAST_RECALL
        and model["precision"] == model["recall"] == 1.0
    )


async def _measured(*, connected: bool) -> Figures:
    talks = written_talks()
    seen, unseen = ([talk for talk in talks if talk.unseen == wanted] for wanted in (False, True))
    figures = {
        "rules": _figures(await scored(seen)),
        "rules, over talks written after them": _figures(await scored(unseen)),
        "language model, scripted": _figures(await scored(talks, Tempted)),
    }
    if connected:
        figures["language model, connected"] = await _by_connected(talks)
    return figures


async def _by_connected(talks: Sequence[WrittenTalk]) -> Figures:
    settings = load_settings({}, {})
    found = await find_language_model(settings.engines, settings.weights)
    loaded = LoadedEngines(settings, found[1] if found else None)
    try:
        if not loaded.language_model_connected:
            return _figures(Score())
        model_of: Callable[[WrittenTalk], ChatModel] = lambda _talk: loaded.engines.chat_model  # noqa: E731
        return _figures(await scored(talks, model_of))
    finally:
        await loaded.close()


def _figures(score: Score) -> Figures:
    rates = {"precision": score.precision, "recall": score.recall}
    return {**rates, "right": score.right, "wrong": score.wrong, "missed": score.missed}
