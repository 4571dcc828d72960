"""A language model that answers each prompt of a report as a test wants."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any, ClassVar

from pipeline.engines.protocols import ChatEvent, ChatRequest, EngineInfo, TextDelta

STORY = (
    "At my last job our shop was slow. My task was to find out why. I measured every page and I rewrote the search."
    " In the end it took 2 seconds."
)
GOOD_QUESTION = {
    "situation": {"line": 1, "quote": "at my last job our shop was slow"},
    "task": {"line": 1, "quote": "My task was to find out why."},
    "action": {"line": 7, "quote": "I rewrote the search"},
    "result": None,
    "strength": {"text": "You measured first.", "line": 1, "quote": "I measured every page"},
    "change": "Say how much faster it was.",
    "stronger": "At my last job our shop was slow. I measured every page, rewrote the search, and it took 2 seconds.",
}
DIMENSIONS = ("answers", "structure", "specific", "own_part", "reasons", "dealing")
NEXT = {
    "items": [{"text": "Say the result first.", "why": "It came last.", "quotes": [{"line": 1, "quote": "In the end"}]}]
}


def scores(*numbers: int, quote: str = "I measured every page", impression: str = "Clear.") -> Mapping[str, Any]:
    """An answer about the rubric; one number stands for all dimensions."""
    each = numbers * len(DIMENSIONS) if len(numbers) == 1 else numbers
    return {
        "dimensions": [
            {"id": id, "score": score, "why": f"It is {score}.", "quotes": [{"line": 1, "quote": quote}]}
            for id, score in zip(DIMENSIONS, each, strict=True)
        ],
        "impression": impression,
    }


class Model:
    """Answers each prompt with what it was given for it: one thing, several in a row, an error, or what a function says.

    It knows a prompt by the form that is asked for. `asked`: their names, in order.
    """

    info = EngineInfo("written", "chat_model")
    FORMS: ClassVar = {
        '{"mistakes"': "mistakes",
        '{"situation"': "question",
        '{"dimensions"': "rubric",
        '{"items"': "next",
    }

    def __init__(self, window: int | None = None, **answers: Any) -> None:
        defaults = {"mistakes": {"mistakes": []}, "question": GOOD_QUESTION, "rubric": scores(3), "next": NEXT}
        self.answers, self.context_window = {**defaults, **answers}, window
        self.asked: list[str] = []
        self.requests: list[ChatRequest] = []

    async def reply(self, request: ChatRequest) -> AsyncIterator[ChatEvent]:
        name = next(name for form, name in self.FORMS.items() if form in request.messages[0].text)
        self.asked.append(name)
        self.requests.append(request)
        answer = self.answers[name]
        if isinstance(answer, list):
            answer = answer.pop(0) if len(answer) > 1 else answer[0]
        if isinstance(answer, Exception):
            raise answer
        if callable(answer):
            answer = await answer(request)
        yield TextDelta(answer if isinstance(answer, str) else json.dumps(answer))

    async def aclose(self) -> None:
        pass
