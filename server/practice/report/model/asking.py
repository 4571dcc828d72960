"""The one place where a report asks the language model: bounded in time and tokens, and asked again where that may help.

What is asked again, once each: an answer that cannot be read, and one whose quotes do not hold. What still is cut off or has
single entries that make no sense is read as far as it makes sense. All else is a `ModelFailure`, with a reason to tell.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Generic, TypeVar

import structlog
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from pydantic_core import from_json

from pipeline.engines.protocols import ChatModel, ChatRequest, Message, context_window_of
from pipeline.engines.whole_answer import whole_answer
from pipeline.engines.within import within
from pipeline.errors import EngineError, EngineTimeout, KaikouError
from pipeline.practice.answers.quotes import Quotes
from pipeline.text.tokens import tokens_of
from server.practice.report.answers import Reason

PROMPTS = Path(__file__).parents[1] / "prompts"

ATTEMPTS = 2
"""How often a question is asked whose answer cannot be read, or does not hold."""

LONGEST_ANSWER = 30_000
"""Characters that are read."""

WINDOW = 8_192
"""Tokens that a model can read and write together, where that is not known."""

SPARE = 200
"""Tokens that are left free, for what a model's server puts around the messages."""

FEWEST_TOKENS = 200
"""So many must be left to show what was said, or the model's window is too small to ask it anything."""

UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]")

log = structlog.get_logger("kaikou")

AnswerT = TypeVar("AnswerT", bound=BaseModel)
T = TypeVar("T")


class ModelFailure(EngineError):
    """The language model did not make a part; `reason` says why, as the report tells it."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(f"The language model made no part of a report: {reason}.")
        self.reason: Reason = reason


class Answer(BaseModel):
    """Base of what a model is asked for. What else it writes is passed over, and so is space around a text."""

    model_config = ConfigDict(extra="ignore", str_strip_whitespace=True)


class Quoted(Answer):
    """Words that it says were said, and the number of the line in which."""

    line: int = 0
    quote: str


@dataclass(frozen=True)
class Checked(Generic[T]):
    """What is left of an answer once it is checked. holds: whether it can be relied on; else it is asked for again."""

    content: T
    quotes: Quotes

    @property
    def faults(self) -> int:
        """How much was wrong, to tell the better of two."""
        return 100 * len(self.quotes.required) + self.quotes.failed


@dataclass(frozen=True)
class Limits:
    """answer_s: seconds that one answer may take; part_s: that all answers for one part may take together.

    tokens: of an answer, at most.
    """

    answer_s: float = 90.0
    part_s: float = 480.0
    tokens: int = 2_000


@dataclass
class Asking:
    """Asks one model for one part. own: in which language, "en" or "zh"."""

    model: ChatModel
    own: str
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        self._until = asyncio.get_running_loop().time() + self.limits.part_s

    @property
    def window(self) -> int:
        """Tokens that the model can read and write together."""
        return context_window_of(self.model) or WINDOW

    def room(self, name: str, **values: str) -> int:
        """Tokens that are left to show the model beside a prompt. Raises `ModelFailure` where that is next to nothing."""
        left = self.window - self._answer_tokens - tokens_of(prompt(name, self.own, values)) - SPARE
        if left < FEWEST_TOKENS:
            raise ModelFailure("model_unusable")
        return left

    async def checked(
        self, name: str, told: str, kind: type[AnswerT], check: Callable[[AnswerT], Checked[T]], **values: str
    ) -> T:
        """What `check` leaves of the answer to a prompt about what was `told`; of two answers that do not hold the better.

        Raises `ModelFailure`.
        """
        first = check(await self.answer(name, told, kind, **values))
        if first.quotes.hold:
            return first.content
        log.info("quotes of a report do not hold, it is asked for again", part=name, failed=first.quotes.failed)
        with suppress(ModelFailure):
            second = check(await self.answer(name, told, kind, **values))
            return min(first, second, key=lambda one: one.faults).content
        return first.content

    async def answer(self, name: str, told: str, kind: type[AnswerT], **values: str) -> AnswerT:
        """The answer to a prompt about what was `told`. Raises `ModelFailure`."""
        messages = [Message("system", prompt(name, self.own, values)), Message("user", told)]
        request = ChatRequest(messages, language=self.own, max_tokens=self._answer_tokens)
        text = ""
        for _attempt in range(ATTEMPTS):
            text = await self._text(request)
            with suppress(ValueError, RecursionError):
                return kind.model_validate(_seen(from_json(text[max(0, text.find("{")) : text.rfind("}") + 1])))
        with suppress(ValueError, RecursionError):
            return kind.model_validate(_seen(from_json(text[max(0, text.find("{")) :], allow_partial=True)))
        raise ModelFailure("model_unusable")

    @property
    def _answer_tokens(self) -> int:
        return min(self.limits.tokens, self.window // 3)

    async def _text(self, request: ChatRequest) -> str:
        left = self._until - asyncio.get_running_loop().time()
        try:
            async with within(max(0.0, min(left, self.limits.answer_s))):
                return await whole_answer(self.model, request, LONGEST_ANSWER)
        except (TimeoutError, EngineTimeout):
            raise ModelFailure("model_too_slow") from None
        except KaikouError as error:
            raise ModelFailure("model_failed") from error


def _seen(value: Any) -> Any:
    """A JSON value whose texts have nothing in them that nobody sees, nor anything that turns the direction of others."""
    if isinstance(value, str):
        return UNSEEN.sub("", value)
    if isinstance(value, list):
        return [_seen(one) for one in value]
    return {key: _seen(one) for key, one in value.items()} if isinstance(value, dict) else value


def sensible(kind: Any) -> Callable[[Any], Any]:
    """A validator of a list that passes over entries that are no `kind`, unless none is."""
    adapter: TypeAdapter[Any] = TypeAdapter(kind)

    def kept(value: Any) -> Any:
        if not isinstance(value, list):
            return value
        found = [one for one in value if _is(adapter, one)]
        return found if found or not value else value

    return kept


def _is(adapter: TypeAdapter[Any], value: Any) -> bool:
    try:
        adapter.validate_python(value)
    except ValidationError:
        return False
    return True


def prompt(name: str, own: str, values: Mapping[str, str]) -> str:
    """A prompt in a language, with `values` in the place of their names in double braces."""
    text = _file(name, own)
    for key, value in values.items():
        text = text.replace("{{" + key + "}}", value)
    return text


@cache
def _file(name: str, own: str) -> str:
    return (PROMPTS / f"{name}.{own}.txt").read_text("utf-8")
