"""A reply is over when it was heard: not later, and while the client is cut off, nothing is."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from models.embedded.silero import create as create_detector
from models.stub import create_chat_model, create_recognizer, create_synthesizer
from pipeline.conversation.config import Engines, ResponseRequest, SessionConfig
from pipeline.conversation.limits import SessionLimits, SpeakingLimits
from pipeline.conversation.notices import PlaybackPaused, PlaybackStopped, ReplyAudio
from pipeline.engines.workers import Workers
from pipeline.session import Session
from tests.pipeline.conversing import Mouth, Words, conversing


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


class OtherRate(Mouth):
    """Its sentences are no whole number of milliseconds long, as those of most voices."""

    info = replace(Mouth.info, rate=22_050)


@pytest.mark.parametrize("reports", [True, False], ids=["with reports", "by the clock"])
async def test_a_voice_right_behind_a_reply_that_was_heard_out_is_no_interruption(reports: bool) -> None:
    async with conversing(Words("Yes."), synthesizer=OtherRate()) as talk:
        await talk.hears("Shall we?")
        sent = talk.told(ReplyAudio)
        sent_s = sum(len(audio.pcm) for audio in sent) / sent[0].rate
        await talk.passes(sent_s + 0.1)
        if reports:
            talk.session.played(sent[0].item.id, int(sent_s * 1000), playing=False)
        await talk.passes(0.5)  # a reply that plays out is looked at twice a second
        over = talk.session.at_rest
        await talk.speaks(0.5)

        assert (over, talk.told(PlaybackPaused, PlaybackStopped)) == (True, [])
