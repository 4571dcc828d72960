"""A language model for tests and for `bench memory`: it knows what should be learnt from a talk, and says much else besides.

What it says besides is what real ones say: the character's own facts, what nobody said, quotes that were polished, lines
that do not exist.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

from benchmarks.remembered.scoring import WrittenTalk
from pipeline.engines.protocols import ChatEvent, ChatRequest, EngineInfo, TextDelta


class Tempted:
    """Answers for one talk; `said` counts the facts that it told."""

    info = EngineInfo("tempted", "chat_model")

    def __init__(self, talk: WrittenTalk) -> None:
        self._talk = talk
        self.said = 0

    async def reply(self, request: ChatRequest) -> AsyncIterator[ChatEvent]:
        """Facts, or, asked to compare, nothing."""
        shown = [line.partition("] ")[2] for line in request.messages[-1].text.splitlines() if line.startswith("[")]
        if "new:" in request.messages[-1].text:
            yield TextDelta('{"same": [], "closes": []}')
            return
        facts = [*self._right(shown), *self._wrong(shown)]
        self.said += len(facts)
        yield TextDelta(f"Here you are:\n```json\n{json.dumps({'facts': facts}, ensure_ascii=False)}\n```")

    async def aclose(self) -> None:
        """Nothing is held."""

    def _right(self, shown: list[str]) -> list[dict[str, Any]]:
        found = []
        for wanted in self._talk.known:
            place = next((at for at, line in enumerate(shown) if wanted.words[-1].casefold() in line.casefold()), None)
            if place is None and wanted.kind == "name":  # it was spelled
                place = 0
            if place is not None:
                text = " ".join(wanted.words)
                found.append({"line": place + 1, "kind": wanted.kind, "text": text, "quote": shown[place]})
        return found

    def _wrong(self, shown: list[str]) -> list[dict[str, Any]]:
        of_character = [text for role, text in self._talk.lines if role == "assistant"]
        invented = {"line": 1, "kind": "other", "text": "is left-handed", "quote": "I am left-handed"}
        polished = [{"line": 1, "kind": "other", "text": "said so", "quote": f"{shown[0]} indeed"}] if shown else []
        nowhere = {"line": len(shown) + 3, "kind": "like", "text": "likes lists", "quote": shown[0] if shown else "x"}
        theirs = [{"line": 1, "kind": "other", "text": f"is {text}", "quote": text} for text in of_character]
        return [invented, nowhere, *polished, *theirs]
