"""`run.py doctor --model`: ten seconds of talk with the configured language model, and what it is like in a voice chat."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any, cast

from pipeline.engines.protocols import (
    ChatEvent,
    ChatModel,
    ChatRequest,
    Message,
    Retracted,
    TextDelta,
    Thinking,
    Tool,
    ToolCall,
    Usage,
)
from pipeline.errors import KaikouError

FIRST_S = 60.0
"""How long the first answer may take, which is not measured: a server may have to load the model for it."""
TALK_S = 10.0
"""How long all the others may take; a trial that is not over by then is told as it is."""
SLOW_S = 1.5
"""A first word that comes later than this makes a pause that people notice."""
CHARACTERS_PER_TOKEN = 4

_SYSTEM = Message("system", "You are a friendly voice assistant. Answer in one or two short spoken sentences.")
_GREETING = Message("assistant", "Good to hear you. What is on your mind?")
_CLOCK = Tool("current_time", "Tells the time now.", {"type": "object", "properties": {}})
FIRST = ChatRequest([_SYSTEM, Message("user", "Say hello.")])
PLAIN = ChatRequest([_SYSTEM, _GREETING, Message("user", "Tell me in two sentences why the sky is blue.")])
WITH_TOOL = ChatRequest([_SYSTEM, Message("user", "What time is it? Call current_time to find out.")], tools=[_CLOCK])


@dataclass(frozen=True, slots=True)
class Trial:
    """How one answer went, in seconds after it was asked for. over: it came to its end."""

    first_s: float | None = None
    last_s: float = 0.0
    text: str = ""
    tokens: int = 0
    thought: bool = False
    called: bool = False
    over: bool = False
    error: str = ""


async def tried(model: ChatModel, request: ChatRequest, bound_s: float, now: Callable[[], float]) -> Trial:
    """Ask once, for no longer than `bound_s`."""
    began, trial = now(), Trial()
    try:
        async with asyncio.timeout(max(0.1, bound_s)):
            events = cast(AsyncGenerator[ChatEvent, None], model.reply(request))
            async with aclosing(events):
                async for event in events:
                    trial = _after(trial, event, now() - began)
        return replace(trial, over=True)
    except TimeoutError:
        return trial
    except KaikouError as error:
        return replace(trial, error=error.message)


def _after(trial: Trial, event: ChatEvent, at_s: float) -> Trial:
    match event:
        case TextDelta():
            first_s = at_s if trial.first_s is None else trial.first_s
            return replace(trial, text=trial.text + event.text, first_s=first_s, last_s=at_s)
        case ToolCall():
            return replace(trial, called=True)
        case Thinking():
            return replace(trial, thought=trial.thought or not event.loading)
        case Retracted():
            return replace(trial, text="", first_s=None, thought=True)
        case Usage():
            return replace(trial, tokens=event.output_tokens)


async def examined(model: ChatModel, now: Callable[[], float] = time.monotonic) -> list[tuple[str, str]]:
    """What there is to say about a model, as labels and sentences.

    Three questions: to the first one it is found out how the model is to be asked, and its words may be held back.
    """
    first = await tried(model, FIRST, FIRST_S, now)
    began = now()
    plain = replace(first, over=False) if first.error else await tried(model, PLAIN, TALK_S * 0.7, now)
    if plain.error:
        return [("trouble", plain.error)]
    tool = await tried(model, WITH_TOOL, TALK_S - (now() - began), now)
    about: Callable[[], Mapping[str, str]] = getattr(model, "about", dict)
    findings = {
        "first word": _first(plain),
        "speed": _speed(plain),
        "thinking": _thinking(first.thought or plain.thought),
        "functions": _functions(tool),
        **about(),
        "images": "not tried: no images are shown to language models",
    }
    return list(findings.items())


def shown(findings: Sequence[tuple[str, str]]) -> str:
    """Findings as lines of text."""
    return "\n".join(f"  {label:<16}{text}" for label, text in findings)


def _first(trial: Trial) -> str:
    if trial.first_s is None:
        return "none came" if trial.over else f"none within {TALK_S * 0.7:g} s"
    slow = " (people notice the pause; a smaller model answers sooner)" if trial.first_s > SLOW_S else ""
    return f"after {trial.first_s:.2f} s{slow}"


def _speed(trial: Trial) -> str:
    took_s = trial.last_s - (trial.first_s or 0.0)
    tokens = trial.tokens if trial.tokens and not trial.thought else len(trial.text) // CHARACTERS_PER_TOKEN
    if trial.first_s is None or tokens < 2:
        return "unknown: too few words came"
    if took_s <= 0.05:
        return "all at once"
    return f"about {tokens / took_s:.0f} tokens a second"


def _thinking(thought: bool) -> str:
    if not thought:
        return "no: it answers at once"
    return "yes: it thinks before it answers; see docs/language-models.md for how to turn that off"


def _functions(trial: Trial) -> str:
    if trial.called:
        return "it calls them"
    if trial.error:
        return f"it cannot: {trial.error}"
    return "it answered in words where a call was asked for" if trial.over else "no call within the time"


async def talk_with(make: Callable[[], Any]) -> list[tuple[str, str]]:
    """The findings about the model that `make` makes, which is ended again. Raises `EngineUnavailable`."""
    model = make()
    try:
        return await examined(model)
    finally:
        await model.aclose()
