from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator

import numpy as np
import pytest

from pipeline.answering.reply import Reply, ReplySink
from pipeline.answering.speaking import SynthesisOptions
from pipeline.conversation.answer_parts import AnswerPart, AudioPiece, SpokenClause
from pipeline.conversation.limits import SpeakingLimits
from pipeline.conversation.notices import Notice, ReplyAudio, ReplyRecord, TurnTiming
from pipeline.conversation.playback import Playback
from pipeline.engines.protocols import EngineInfo, SpeechChunk, SynthesisRequest, VoiceChoice
from pipeline.engines.workers import Workers
from pipeline.errors import EngineError


class DeepVoice:
    """A second of sound at 16 kHz for every clause."""

    info = EngineInfo("deep", "synthesizer", rate=16_000)

    async def speak(self, _request: SynthesisRequest) -> AsyncIterator[SpeechChunk]:
        for _ in range(10):
            yield SpeechChunk(np.ones(1_600, np.int16))

    def close(self) -> None:
        """Nothing to free."""


async def no_wait() -> None:
    """There is always room."""


async def broken_off() -> AsyncGenerator[AnswerPart, None]:
    clause = SpokenClause("I was about to say")
    yield AudioPiece(clause)
    yield AudioPiece(clause, np.ones(24_000, np.int16))
    raise EngineError("The line is dead.")


async def test_what_another_engine_adds_is_sent_at_the_rate_of_what_came_before() -> None:
    told = list[Notice]()
    sink = ReplySink(told.append, no_wait, lambda _reply: 0.0, lambda _item: None, lambda kind: kind, lambda: 0.0)
    record = ReplyRecord("resp_1", "audio", VoiceChoice(), in_conversation=True, metadata={}, max_tokens=None)
    reply, workers = Reply(record, SynthesisOptions(), TurnTiming("resp_1", "", 0.0), sink, Playback()), Workers(1)
    reply.release()
    with pytest.raises(EngineError):
        await reply.send(broken_off(), 24_000, lead_s=100.0)
    await reply.add("Sorry.", DeepVoice(), workers, SpeakingLimits(lead_s=100.0))
    workers.close()

    audio = [notice for notice in told if isinstance(notice, ReplyAudio)]
    assert {notice.rate for notice in audio} == {24_000}
    assert sum(len(notice.pcm) for notice in audio) == pytest.approx(48_000, abs=200)
