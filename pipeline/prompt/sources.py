"""What is known beside what was said (notes, a memory, documents), gathered for one answer within a time budget."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from pipeline.conversation.config import Source
from pipeline.conversation.transcript import Item
from pipeline.text.clean import clean


async def context_for(
    items: Sequence[Item],
    said: str,
    sources: Sequence[Source],
    budget_s: float,
    spawn: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]],
) -> list[str]:
    """What the sources give, in their order. All are asked at once; one that fails or is too slow is left out.

    A speculative answer asks them in the person's pause, where the time costs nothing.
    """
    if not sources:
        return []
    found: dict[int, str] = {}

    async def ask(place: int, source: Source) -> None:
        try:
            found[place] = clean(await source(items, said))
        except Exception:  # noqa: BLE001 — the source's outermost frame: the answer is given without it
            found[place] = ""

    tasks = [spawn(ask(place, source)) for place, source in enumerate(sources)]
    try:
        await asyncio.wait(tasks, timeout=budget_s)
    finally:
        for task in tasks:
            task.cancel()
    return [found[place] for place in sorted(found) if found[place]]
