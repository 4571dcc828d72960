"""A language model finds facts in what a person said. What it answers is checked: no quote, no fact. Prompts: `prompts/`.

It reads the person's lines alone. What is known already it is shown by itself, in a second question whose answer are pairs
of numbers, so that nothing that was recalled can be learnt again.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline.engines.protocols import ChatModel, ChatRequest, Message
from pipeline.engines.whole_answer import whole_answer
from pipeline.engines.within import within
from pipeline.errors import EngineError
from pipeline.memory.commands import content
from pipeline.memory.fact import LONGEST_QUOTE, LONGEST_TEXT, Fact, Kind, said_in
from pipeline.memory.facts import facts_in
from pipeline.memory.words import plain

PROMPTS = Path(__file__).parent / "prompts"

ANSWER_S = 90.0
"""How long one answer may take; nobody waits for it."""

MOST_TOKENS, LONGEST_ANSWER = 2_000, 40_000
"""Of an answer: tokens, and characters."""

ATTEMPTS = 2
"""How often a question is asked whose answer cannot be read."""

MOST_COMPARED = 60


class NoAnswer(EngineError):
    """The language model's answer cannot be read."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Told(_Strict):
    line: int
    kind: Kind
    text: Annotated[str, Field(min_length=1, max_length=2 * LONGEST_TEXT)]
    quote: Annotated[str, Field(min_length=1, max_length=2 * LONGEST_QUOTE)]


class _Facts(_Strict):
    facts: Annotated[list[_Told], Field(max_length=200)]


class _Pairs(_Strict):
    same: list[tuple[int, int]]
    closes: list[tuple[int, int]]


Answer = TypeVar("Answer", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Compared:
    """Of new facts, by their place: which known one says the same, and which known ones it contradicts."""

    same: Sequence[tuple[int, int]]
    closes: Sequence[tuple[int, int]]


async def facts_by_model(model: ChatModel, lines: Sequence[str], language: str) -> Sequence[tuple[int, Fact]]:
    """The facts that the lines tell, each with the place of its line. Raises `EngineError`."""
    answer = await _asked(model, _prompt("learn", language), _numbered(lines), language, _Facts)
    return [(one.line - 1, _fact(one)) for one in answer.facts if _holds(one, lines)]


async def compared_by_model(model: ChatModel, new: Sequence[str], known: Sequence[str], language: str) -> Compared:
    """How new facts relate to known ones. Raises `EngineError`."""
    lists = f"new:\n{_numbered(new)}\n\nknown:\n{_numbered(known)}"
    answer = await _asked(model, _prompt("compare", language), lists, language, _Pairs)

    def there(pairs: Sequence[tuple[int, int]]) -> Sequence[tuple[int, int]]:
        return [(one - 1, other - 1) for one, other in pairs if 0 < one <= len(new) and 0 < other <= len(known)]

    return Compared(there(answer.same), there(answer.closes))


def _numbered(texts: Sequence[str]) -> str:
    return "\n".join(f"[{number}] {' '.join(text.split())}" for number, text in enumerate(texts, 1))


def _holds(told: _Told, lines: Sequence[str]) -> bool:
    """Whether the quote stands in the line that is named and says something; and of a name its letters."""
    if not 0 < told.line <= len(lines) or not said_in(told.quote, lines[told.line - 1]):
        return False
    if not any(map(str.isalnum, told.text)):
        return False
    if told.kind != "name" and not content(told.quote):
        return False
    letters = "".join(filter(str.isalnum, lines[told.line - 1])).casefold()
    return told.kind != "name" or "".join(filter(str.isalnum, told.text)).casefold() in letters


def _fact(told: _Told) -> Fact:
    """With the topic that our rules find in the same words, so that both ways to learn agree on what contradicts what."""
    fact = Fact(told.kind, plain(told.text).strip(" .。")[:LONGEST_TEXT], told.quote.strip()[:LONGEST_QUOTE])
    if told.kind == "name":
        return replace(fact, topic="name")
    found = {rule.topic for rule in facts_in(told.quote) if rule.kind == told.kind and rule.topic}
    return replace(fact, topic=found.pop()) if len(found) == 1 else fact


async def _asked(model: ChatModel, instructions: str, told: str, language: str, kind: type[Answer]) -> Answer:
    request = ChatRequest(
        [Message("system", instructions), Message("user", told)], language=language, max_tokens=MOST_TOKENS
    )
    for _attempt in range(ATTEMPTS):
        text = await _text(model, request)
        with suppress(ValidationError):
            return kind.model_validate_json(text[max(0, text.find("{")) : text.rfind("}") + 1])
    raise NoAnswer("The language model did not answer in the form that it was asked for.")


async def _text(model: ChatModel, request: ChatRequest) -> str:
    try:
        async with within(ANSWER_S):
            return await whole_answer(model, request, LONGEST_ANSWER)
    except TimeoutError:
        raise NoAnswer(f"The language model did not answer within {ANSWER_S:g} s.") from None


@cache
def _prompt(name: str, language: str) -> str:
    tag = "zh" if language.startswith("zh") else "en"
    return (PROMPTS / f"{name}.{tag}.txt").read_text("utf-8")
