"""What is known beside what was said (a memory, a lorebook, documents), gathered for one answer within its budgets."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from typing import Any

from pipeline.conversation.known import Asked as Asked
from pipeline.conversation.known import Known as Known
from pipeline.conversation.known import Source as Source
from pipeline.text.clean import clean
from pipeline.text.tokens import tokens_of


async def context_for(
    asked: Asked,
    sources: Sequence[Source],
    budget_s: float,
    spawn: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]],
) -> list[Known]:
    """What the sources give, in their order, as far as it fits into `asked.tokens`; see `_fitting`.

    All are asked at once; one that fails or is too slow is left out. A speculative answer asks them in the person's
    pause, where the time costs nothing.
    """
    if not sources:
        return []
    found: dict[int, Sequence[Known]] = {}

    async def ask(place: int, source: Source) -> None:
        try:
            found[place] = [replace(part, text=clean(part.text)) for part in await source(asked)]
        except Exception:  # noqa: BLE001 — the source's outermost frame: the answer is given without it
            found[place] = ()

    tasks = [spawn(ask(place, source)) for place, source in enumerate(sources)]
    try:
        await asyncio.wait(tasks, timeout=budget_s)
    finally:
        for task in tasks:
            task.cancel()
    return _fitting([found[place] for place in sorted(found)], asked.tokens)


def _fitting(found: Sequence[Sequence[Known]], tokens: int) -> list[Known]:
    """The parts that fit, in order: one that does not leaves its room to shorter ones after it.

    Each source has its share first, so that one that knows much leaves room for the others; what they do not need goes
    to the sources in their order.
    """
    parts = [(of, part, tokens_of(part.text)) for of, its in enumerate(found) for part in its if part.text]
    share = [tokens // max(1, len(found))] * len(found)
    kept = set[int]()
    for place, (of, _part, needed) in enumerate(parts):
        if needed <= share[of]:
            kept.add(place)
            share[of] -= needed
            tokens -= needed
    for place, (_of, _part, needed) in enumerate(parts):
        if place not in kept and needed <= tokens:
            kept.add(place)
            tokens -= needed
    return [parts[place][1] for place in sorted(kept)]
