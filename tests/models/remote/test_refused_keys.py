"""Every engine that needs a provider's key, behind its circuit breaker: a refused key is told as ours, and tried again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, TypeAlias

import numpy as np
import pytest

from models.remote import minimax, openai_speech, openai_transcription, stepfun
from models.remote import realtime as openai_realtime
from models.remote.chat import chat_model
from pipeline.audio.samples import LINE_RATE
from pipeline.engines.bulkhead import BreakerState, Bulkhead, BulkheadLimits
from pipeline.engines.fallback import ChatChain, GuardedSpeechModel, Member, RecognizerChain, SynthesizerChain
from pipeline.engines.protocols import ChatRequest, Message
from pipeline.engines.workers import Workers
from pipeline.errors import EngineKeyRefused
from tests.models import chat_server
from tests.models.realtime_server import GA_SESSION, upstream
from tests.models.remote_speech import ENOUGH_S, HELLO, KEY, SECRETIVE
from tests.models.speech_server import Answer, minimax_refusal, refusing, running, saying, speaking

Use: TypeAlias = Callable[[Member[Any]], Awaitable[object]]
"""One call through the chain of the engine's role."""
Provider: TypeAlias = Callable[[], AbstractAsyncContextManager[Any]]
"""An engine whose provider refuses its key once."""


class Clock:
    """A clock that the test sets."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def refuses_first(create: Callable[..., Any], refusal: Answer) -> Provider:
    @asynccontextmanager
    async def provider() -> AsyncIterator[Any]:
        async with running(refusal, speaking) as server:
            yield create({"base_url": server.base_url, "api_key": KEY, "timeout_s": ENOUGH_S})

    return provider


@asynccontextmanager
async def language_model() -> AsyncIterator[Any]:
    answer = chat_server.saying(chat_server.delta(content="Hi"), chat_server.delta("stop"))
    async with chat_server.chat_server(
        chat_server.refusing(401, SECRETIVE), answer, models=chat_server.without_list()
    ) as server:
        yield chat_model.create({"base_url": server.base_url, "api_key": KEY, "model": "m"})


@asynccontextmanager
async def speech_model() -> AsyncIterator[Any]:
    class Engine:
        """The engine, whose server accepts the key after the first call."""

        async def open(self) -> Any:
            try:
                return await model.open()
            finally:
                server.status = 0

        async def aclose(self) -> None:
            await model.aclose()

    async with upstream(GA_SESSION, status=401) as server:
        model = openai_realtime.create({"url": server.url, "api_key": KEY})
        engine: Any = Engine()
        engine.info = model.info
        yield engine


async def write(member: Member[Any]) -> object:
    return [event async for event in ChatChain([member], ENOUGH_S).reply(ChatRequest([Message("user", "Hello")]))]


async def speak(member: Member[Any]) -> object:
    return [chunk async for chunk in SynthesizerChain([member], ENOUGH_S).speak(HELLO)]


async def understand(member: Member[Any]) -> object:
    utterance = await RecognizerChain([member], ENOUGH_S, ENOUGH_S, ENOUGH_S).open("en")
    try:
        await utterance.accept(np.ones(LINE_RATE, np.int16))
        return await utterance.settle(ENOUGH_S)
    finally:
        utterance.close()


async def connect(member: Member[Any]) -> object:
    link = await GuardedSpeechModel([member], ENOUGH_S).open()
    await link.aclose()
    return link


UNAUTHORIZED = refusing(401, SECRETIVE)


@pytest.mark.parametrize(
    ("provider", "use"),
    [
        (language_model, write),
        (refuses_first(openai_speech.create, UNAUTHORIZED), speak),
        (refuses_first(openai_transcription.create, UNAUTHORIZED), understand),
        (refuses_first(stepfun.create_speech, UNAUTHORIZED), speak),
        (refuses_first(stepfun.create_recognizer, UNAUTHORIZED), understand),
        (refuses_first(minimax.create, saying(minimax_refusal(1004, f"invalid api key {KEY}"))), speak),
        (speech_model, connect),
    ],
    ids=["chat", "speech", "transcription", "stepfun speech", "stepfun recognition", "minimax", "realtime"],
)
async def test_after_the_pause_a_key_that_is_accepted_now_closes_the_breaker(provider: Provider, use: Use) -> None:
    clock = Clock()
    async with provider() as engine:
        bulkhead = Bulkhead(engine.info.role, engine.info.name, BulkheadLimits(refused_s=300), clock)
        member = Member(engine, engine.info, bulkhead, Workers(2))
        states = []
        for clock.now in (0.0, 299.0):
            with pytest.raises(EngineKeyRefused) as refused:
                async with asyncio.timeout(ENOUGH_S):
                    await use(member)
            assert (refused.value.code, KEY in refused.value.message) == ("engine_key_refused", False)
            states.append(bulkhead.state)
        clock.now = 300.0
        states.append(bulkhead.state)
        async with asyncio.timeout(ENOUGH_S):
            assert await use(member)
        states.append(bulkhead.state)
        await member.aclose()

    assert states == [BreakerState.OPEN, BreakerState.OPEN, BreakerState.HALF_OPEN, BreakerState.CLOSED]
