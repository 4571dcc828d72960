"""How many tokens each part of a prompt may have, so that all of it and the answer fit into the model's window. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.conversation.config import ResponseRequest, SessionConfig
from pipeline.conversation.limits import PromptLimits
from pipeline.conversation.transcript import Item
from pipeline.engines.protocols import Tool
from pipeline.text.tokens import fitted, tokens_of

MESSAGE = 4
"""Tokens that a chat template puts around a message."""
FRAME = 40
"""Those around the instructions, the summary and what is known, and of the summary's heading."""
LEAST = 40
"""Tokens that an item has at least where it is shortened; for how many of them there is room, so many are shown."""


@dataclass(frozen=True, slots=True)
class Budget:
    """Tokens for the turns that are shown word for word, for the summary of older ones, and for what sources know."""

    turns: int
    summary: int
    known: int


def budget_of(
    limits: PromptLimits, window: int | None, instructions: str, tools: Sequence[Tool], *, sources: bool
) -> Budget:
    """The shares. window: the model's, in tokens; None if unknown. sources: whether there are any.

    Instructions and tools stand as they are. Where they leave less than a quarter, a quarter is given all the same: a
    model that sees nothing of the talk is of no use.
    """
    whole = _whole(limits, window)
    fixed = FRAME + tokens_of(instructions) + sum(map(_of_tool, tools))
    left = max(whole - fixed, whole // 4)
    known = min(limits.known_tokens, left // 4) if sources else 0
    summary = min(limits.summary_tokens, left // 5)
    return Budget(left - known - summary, summary, known)


def within_window(
    ask: ResponseRequest, config: SessionConfig, limits: PromptLimits, window: int | None
) -> ResponseRequest:
    """The same, with shorter instructions where those of the session leave less than a quarter for all else."""
    if config.shortened is None or ask.instructions is not None:
        return ask
    whole = _whole(limits, window)
    most = max(0, whole - whole // 4 - FRAME - sum(map(_of_tool, ask.offered(config))))
    if tokens_of(config.instructions) + tokens_of(config.after) <= most:
        return ask
    return replace(ask, instructions=config.shortened(most))


def _whole(limits: PromptLimits, window: int | None) -> int:
    window = window or limits.window
    return min(limits.tokens, window - min(limits.answer_tokens, window // 4))


def tokens_of_item(item: Item) -> int:
    """What an item takes in a prompt."""
    return MESSAGE + tokens_of(item.text) + tokens_of(item.name)


def newest(items: Sequence[Item], tokens: int) -> list[Item]:
    """The newest of the items that fit, in order. The person's last words and what came of them are among them in any
    case, shortened if need be.
    """
    place, left = len(items), tokens
    while place and (left := left - tokens_of_item(items[place - 1])) >= 0:
        place -= 1
    asked = max((at for at, item in enumerate(items) if _is_asking(item)), default=len(items) - 1)
    return list(items[place:]) if place <= asked or not items else _shortened(items[asked:], tokens)


def _is_asking(item: Item) -> bool:
    return item.type == "message" and item.role == "user" and bool(item.text.strip())


def _shortened(items: Sequence[Item], tokens: int) -> list[Item]:
    """The first and the newest of the items, the longest of them cut."""
    room = max(1, tokens // LEAST)
    kept = [items[0], *items[max(1, len(items) - room + 1) :]]
    around = sum(MESSAGE + tokens_of(item.name) for item in kept)
    texts = fitted({str(place): item.text for place, item in enumerate(kept)}, tokens - around)
    return [item if text == item.text else _cut(item, text) for item, text in zip(kept, texts.values(), strict=True)]


def _cut(item: Item, text: str) -> Item:
    return replace(item, text="{}" if item.type == "function_call" else text)


def _of_tool(tool: Tool) -> int:
    return tokens_of(tool.name + tool.description) + tokens_of(json.dumps(tool.parameters))
