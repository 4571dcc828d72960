"""A client that takes its time: what still waits for it was not heard, and is taken back by an interruption."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from models.embedded.silero import create as create_detector
from models.stub import create_chat_model, create_recognizer, create_synthesizer
from pipeline.conversation.config import Engines, ResponseRequest, SessionConfig
from pipeline.conversation.limits import SessionLimits, SpeakingLimits
from pipeline.conversation.notices import Notice, PlaybackStopped, ReplyAudio
from pipeline.engines.workers import Workers
from pipeline.session import Session
from tests.speech import sentence

SAID = "Once upon a time there was a tower without a door."


@asynccontextmanager
async def all_made() -> AsyncIterator[tuple[Session, list[float]]]:
    """A session whose reply is all made and all queued, and the seconds by which its clock is ahead."""
    engines = Engines(create_detector({}), create_recognizer({}), create_chat_model({}), create_synthesizer({}))
    ahead_s, workers, loop = [0.0], Workers(4), asyncio.get_running_loop()
    limits = SessionLimits(queued_audio_s=1_000.0, speaking=SpeakingLimits(lead_s=1_000.0))
    session = Session(SessionConfig(), engines, workers, limits, now=lambda: loop.time() + ahead_s[0])
    running = asyncio.create_task(session.run())
    await asyncio.sleep(0)
    session.request_reply(ResponseRequest(say=SAID))
    async with asyncio.timeout(10):
        while session._active_reply():
            await asyncio.sleep(0.01)
    try:
        yield session, ahead_s
    finally:
        session.close()
        await running
        workers.close()


async def everything(session: Session) -> list[Notice]:
    """All that waits for the client."""
    return [await session.outbox.take() for _ in range(len(session.outbox._notices))]


async def take_audio(session: Session, pieces: int) -> float:
    """Take that many pieces of audio and what is before them; their milliseconds."""
    taken = list[ReplyAudio]()
    while len(taken) < pieces:
        if isinstance(notice := await session.outbox.take(), ReplyAudio):
            taken.append(notice)
    return sum(len(audio.pcm) * 1000 / audio.rate for audio in taken)


@pytest.mark.parametrize("pieces", [0, 3])
async def test_a_reply_that_is_all_made_is_taken_back_and_only_what_left_counts_as_heard(pieces: int) -> None:
    async with all_made() as (session, ahead_s):
        left_ms = await take_audio(session, pieces)
        ahead_s[0] += 60.0
        session.accept_audio(sentence())
        await asyncio.sleep(0)  # voices are detected at the end of the loop's round
        waiting = await everything(session)
        item = next(item for item in session.transcript if item.role == "assistant")

    assert not any(isinstance(notice, ReplyAudio) for notice in waiting)
    assert [notice.heard_ms for notice in waiting if isinstance(notice, PlaybackStopped)] == [int(left_ms)]
    assert (item.heard_ms, len(item.text) < len(SAID) / 2) == (int(left_ms), True)


async def test_an_item_that_the_client_truncates_is_not_sent_any_further() -> None:
    async with all_made() as (session, _ahead_s):
        await take_audio(session, 3)
        item = next(item for item in session.transcript if item.role == "assistant")
        session.truncate(item.id, 100)
        waiting = await everything(session)

    assert not any(isinstance(notice, ReplyAudio) for notice in waiting)


async def test_a_reply_is_not_over_while_its_audio_waits_for_the_client() -> None:
    async with all_made() as (session, ahead_s):
        ahead_s[0] += 60.0
        await asyncio.sleep(0.6)  # a reply that plays out is looked at twice a second
        waits = not session.at_rest
        await everything(session)
        ahead_s[0] += 60.0
        async with asyncio.timeout(5):
            while not session.at_rest:
                await asyncio.sleep(0.01)

    assert waits
