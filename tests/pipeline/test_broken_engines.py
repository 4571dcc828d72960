"""A conversation goes on whatever its engines do that none should."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import numpy as np
import pytest

from pipeline.audio.samples import LINE_RATE, Samples
from pipeline.conversation.answer_parts import Modality
from pipeline.conversation.config import ResponseRequest
from pipeline.conversation.limits import SessionLimits, SpeakingLimits
from pipeline.conversation.notices import ReplyAudio, ReplyEnded, ReplyStarted, TranscriptionFailed
from pipeline.engines.protocols import ChatEvent, ChatRequest, EngineInfo, SpeechChunk, SynthesisRequest, TextDelta
from pipeline.turns.endpoint import Endpointing
from pipeline.turns.wait import adaptive_wait
from tests.pipeline.conversing import Mouth, Words, conversing


async def cancelled_elsewhere() -> None:
    """Wait for what somebody else cancelled, such as the reader of a connection."""
    future = asyncio.get_running_loop().create_future()
    future.cancel()
    await future


class BrokenOff:
    """A model, or what recognises one utterance, that waits for what somebody else cancels."""

    info = EngineInfo("broken_off", "chat_model")

    async def reply(self, _request: ChatRequest) -> AsyncIterator[ChatEvent]:
        yield TextDelta("one two three four")
        await cancelled_elsewhere()

    async def aclose(self) -> None:
        """Nothing to free."""


class BrokenWords(Words):
    async def accept(self, _pcm: Samples) -> str:
        await cancelled_elsewhere()
        return ""


@dataclass
class Unsure:
    """A turn model that gives no probability."""

    value: object
    info = EngineInfo("unsure", "turn_model")

    async def probability(self, _pcm: Samples) -> object:
        return self.value

    def close(self) -> None:
        """Nothing to free."""


class Babble(Mouth):
    """A voice that never comes to an end."""

    async def speak(self, _request: SynthesisRequest) -> AsyncIterator[SpeechChunk]:
        while True:
            yield SpeechChunk(np.ones(LINE_RATE // 20, np.int16))


@pytest.mark.parametrize("modality", ["audio", "text"])
@pytest.mark.parametrize("in_conversation", [True, False])
async def test_a_model_whose_work_others_cancelled_has_failed_and_the_answer_with_it(
    modality: Modality, in_conversation: bool
) -> None:
    async with conversing(chat_model=BrokenOff()) as talk:
        talk.session.request_reply(ResponseRequest(modality=modality, in_conversation=in_conversation))
        await talk.passes(10)

        assert [ended.reply.status for ended in talk.told(ReplyEnded)] == ["failed"]
        assert talk.session.at_rest


async def test_a_recogniser_whose_work_others_cancelled_does_not_keep_later_turns_from_their_answers() -> None:
    async with conversing(BrokenWords(), Words("Hello?")) as talk:
        for _ in range(2):
            await talk.speaks(0.5)
            await talk.is_quiet(1)

        assert len(talk.told(TranscriptionFailed)) == 1
        assert len(talk.told(ReplyStarted)) == 2


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -0.1, None, "0.5"])
async def test_a_turn_model_that_gives_no_probability_decides_nothing(value: object) -> None:
    async with conversing(Words("Hello?"), turn_model=Unsure(value)) as talk:
        by_sound = Endpointing(wait_ms=adaptive_wait(), by_sound=True)
        talk.session.configure(replace(talk.session.config, endpointing=by_sound))
        await talk.speaks(0.5)
        await talk.is_quiet(2)

        assert len(talk.told(ReplyStarted)) == 1


async def test_a_voice_that_babbles_on_is_stopped_at_the_longest_answer() -> None:
    limits = SessionLimits(speaking=SpeakingLimits(longest_s=3.0))
    async with conversing(limits=limits, synthesizer=Babble()) as talk:
        await talk.hears("Hello.")
        await talk.passes(5)

        assert sum(len(audio.pcm) for audio in talk.told(ReplyAudio)) == 3 * LINE_RATE
        assert [ended.reply.status for ended in talk.told(ReplyEnded)] == ["incomplete"]
