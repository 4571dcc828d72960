"""Every engine that the conformance suite tries, one entry each: how it is made here, and what it is given.

To add one: a line in `SUBJECTS` whose value makes a `Subject`, with weights that a test builds, or beside a server that
speaks the provider's protocol. Nothing is imported or built before the engine's turn comes; what this machine lacks raises
`EngineUnavailable`, or `skip`s as `pytest.importorskip` does.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, cast

import pytest

from pipeline import registry
from pipeline.conformance import Subject
from pipeline.engines import Role
from tests.models.chat_server import Line, chat_server, delta, usage
from tests.speech import sentence

FIRST_WORDS_S = 2.4
"""Enough of the sentence to have words in it; every check listens to it several times."""


def role_of(name: str) -> Role:
    """The role of a subject, by its key."""
    return cast(Role, name.partition(".")[0])


def ours(role: Role, name: str, settings: Mapping[str, Any] | None = None, **about: Any) -> Callable[[], Subject]:
    """An engine of the registry."""
    return lambda: Subject(role, partial(registry.create, role, name, settings), name, **about)


def listening(name: str, settings: Mapping[str, Any], **about: Any) -> Callable[[], Subject]:
    """A recogniser of the registry, given a spoken sentence."""
    speech = lambda: sentence()[: int(FIRST_WORDS_S * 16_000)]  # noqa: E731
    make = partial(registry.create, "recognizer", name, settings)
    return lambda: Subject("recognizer", make, name, speech=speech(), **about)


@asynccontextmanager
async def openai_model() -> AsyncIterator[Any]:
    """The adapter of OpenAI-compatible models, beside a server that answers every question in its own words."""

    async def answer(line: Line) -> None:
        body = server.asked[-1].body
        words = f"You asked me: {body['messages'][-1]['content']} That is a good question.".split()
        cut = words[: body.get("max_tokens")]
        await line.start()
        for index, word in enumerate(cut):
            await line.event(delta(content=f" {word}" if index else word))
        await line.event(delta(finish="length" if len(cut) < len(words) else "stop"))
        await line.event(usage(7, len(cut)))
        await line.event("[DONE]")
        await line.end()

    async with chat_server(answer) as server:
        model = registry.create("chat_model", "openai", {"base_url": server.base_url, "model": "m"})
        try:
            yield model
        finally:
            await model.aclose()


SUBJECTS: Mapping[str, Callable[[], Subject]] = {
    "voice_detector.silero": lambda: Subject(
        "voice_detector", partial(registry.create, "voice_detector", "silero"), speech=sentence()
    ),
    "turn_model.pitch": lambda: Subject(
        "turn_model", partial(registry.create, "turn_model", "pitch"), speech=sentence()
    ),
    "recognizer.stub": ours("recognizer", "stub", {"settle_ms": 250}, meaningful=False),
    "recognizer.pocketsphinx": listening("pocketsphinx", {"processes": 2}),
    "chat_model.stub": ours("chat_model", "stub", {"first_token_ms": 1, "words_per_s": 2_000}),
    "chat_model.scripted": ours("chat_model", "scripted"),
    "chat_model.openai": lambda: Subject("chat_model", openai_model, "openai"),
    "synthesizer.stub": ours("synthesizer", "stub", {"first_audio_ms": 0}, meaningful=False),
    "synthesizer.espeak": ours("synthesizer", "espeak"),
    "synthesizer.espeak, Chinese": ours("synthesizer", "espeak", language="zh", text="我们今天去河边散步，好不好？"),
    "synthesizer.flite": ours("synthesizer", "flite"),
    "synthesizer.embedded": ours("synthesizer", "embedded"),
}

MARKS: Mapping[str, tuple[pytest.MarkDecorator, ...]] = {}
"""Marks of subjects that not every run tries."""
