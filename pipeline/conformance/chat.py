"""What a language model is held to."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from time import perf_counter
from typing import cast

from pipeline.conformance.leaks import nothing_is_left
from pipeline.conformance.trial import TRIES, Trial, engine_error_or, require
from pipeline.engines.protocols import ChatEvent, ChatRequest, Message, TextDelta, Usage

SYSTEM = Message("system", "You are Kai. Answer in two short sentences.")
QUESTIONS = ("Tell me something about the sea.", "What do you like about the mountains?")


async def a_reply_comes_in_pieces_and_its_usage_last(trial: Trial) -> None:
    """Text as it is written, so that the first clause can be spoken before the last is thought of."""
    events = await _replied(trial, _asking(trial, QUESTIONS[0]))
    texts = [event.text for event in events if isinstance(event, TextDelta)]
    require(bool("".join(texts).strip()), "the reply has no text")
    if trial.engine.info.streams:
        require(len(texts) > 1, "the whole reply came at once, but `info.streams` is true")
    usages = [index for index, event in enumerate(events) if isinstance(event, Usage)]
    require(usages == [len(events) - 1], f"one Usage should come, and last; they came at {usages} of {len(events)}")


async def a_limit_on_tokens_is_kept_and_told(trial: Trial) -> None:
    """`max_tokens` ends the reply, and `Usage.truncated` says that it did."""
    whole = await _replied(trial, _asking(trial, QUESTIONS[0]))
    cut = await _replied(trial, replace(_asking(trial, QUESTIONS[0]), max_tokens=1))
    usage = cut[-1]
    require(isinstance(usage, Usage) and usage.truncated, "a reply of one token should end in Usage(truncated=True)")
    require(len(_text(cut)) < len(_text(whole)), "a reply of one token is as long as a whole one")


async def sessions_do_not_mix(trial: Trial) -> None:
    """Two replies that are read in turns are the same as one after the other."""
    requests = [_asking(trial, question) for question in QUESTIONS]
    alone = [_text(await _replied(trial, request)) for request in requests]
    together = ["", ""]
    async with aclosing(_reply(trial, requests[0])) as first, aclosing(_reply(trial, requests[1])) as second:
        replies = dict(enumerate((first, second)))
        while replies:
            for index, reply in list(replies.items()):
                event = await anext(reply, None)
                if event is None:
                    del replies[index]
                elif isinstance(event, TextDelta):
                    together[index] += event.text
    if trial.subject.deterministic:
        require(together == alone, f"side by side they said {together}, one after the other {alone}")
    require(all(together), "one of two replies that were read in turns is empty")


async def closing_cancels_at_once(trial: Trial) -> None:
    """Within `cancel_s` of closing the iterator nothing of it goes on, and the next reply comes."""
    took = []
    for _ in range(TRIES):
        reply = _reply(trial, _asking(trial, QUESTIONS[0]))
        await anext(reply)
        began = perf_counter()
        await reply.aclose()
        took.append(perf_counter() - began)
    allowed = trial.subject.cancel_s
    require(min(took) <= allowed, f"closing a reply took {min(took):.3f} s, and may take {allowed} s")
    require(
        bool(_text(await _replied(trial, _asking(trial, QUESTIONS[0])))), "after a cancelled reply the next was empty"
    )


async def odd_requests_are_answered_or_refused(trial: Trial) -> None:
    """A system prompt alone, an empty line, a language nobody speaks: a reply or an `EngineError`."""
    odd = (
        ChatRequest([SYSTEM]),
        ChatRequest([Message("user", "")]),
        ChatRequest([SYSTEM, Message("user", "你好")], language="xx"),
    )
    for request in odd:
        await engine_error_or(_replied(trial, request), f"{request}")


async def abandoned_sessions_leave_nothing(trial: Trial) -> None:
    """No thread, file, process or memory, after as many replies as `cycles` that nobody read to their end."""

    async def session() -> None:
        async with aclosing(_reply(trial, _asking(trial, QUESTIONS[0]))) as reply:
            await anext(reply)

    await nothing_is_left(session, trial.subject)


CHECKS = (
    a_reply_comes_in_pieces_and_its_usage_last,
    a_limit_on_tokens_is_kept_and_told,
    sessions_do_not_mix,
    closing_cancels_at_once,
    odd_requests_are_answered_or_refused,
    abandoned_sessions_leave_nothing,
)


def _asking(trial: Trial, question: str) -> ChatRequest:
    return ChatRequest([SYSTEM, Message("user", question)], language=trial.subject.language)


def _reply(trial: Trial, request: ChatRequest) -> AsyncGenerator[ChatEvent, None]:
    return cast(AsyncGenerator[ChatEvent, None], trial.engine.reply(request))


async def _replied(trial: Trial, request: ChatRequest) -> list[ChatEvent]:
    async with aclosing(_reply(trial, request)) as reply:
        return [event async for event in reply]


def _text(events: list[ChatEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))
