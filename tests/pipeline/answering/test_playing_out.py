"""A reply is over when it was heard: while the client is cut off, nothing is."""

from __future__ import annotations

import asyncio

from models.embedded.silero import create as create_detector
from models.stub import create_chat_model, create_recognizer, create_synthesizer
from pipeline.conversation.config import Engines, ResponseRequest, SessionConfig
from pipeline.conversation.limits import SessionLimits, SpeakingLimits
from pipeline.engines.workers import Workers
from pipeline.session import Session


async def test_a_reply_is_not_over_because_its_client_was_cut_off_for_long() -> None:
    engines = Engines(create_detector({}), create_recognizer({}), create_chat_model({}), create_synthesizer({}))
    ahead_s, workers = [0.0], Workers(4)
    loop = asyncio.get_running_loop()
    limits = SessionLimits(queued_audio_s=1_000.0, speaking=SpeakingLimits(lead_s=1_000.0))
    session = Session(SessionConfig(), engines, workers, limits, now=lambda: loop.time() + ahead_s[0])
    running = asyncio.create_task(session.run())
    await asyncio.sleep(0)
    session.attach()
    session.request_reply(
        ResponseRequest(say="Once upon a time there was a tower without a door, and in it lived a girl.")
    )
    async with asyncio.timeout(10):
        while session._active_reply():
            await asyncio.sleep(0.01)
    session.detach()
    ahead_s[0] = 60.0
    await asyncio.sleep(0.6)  # a reply that plays out is looked at twice a second
    session.attach()
    await asyncio.sleep(0.6)
    still_heard = not session.at_rest
    session.close()
    await running
    workers.close()

    assert still_heard
