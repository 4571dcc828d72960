"""An answer of several messages, as around a tool call: each has a line of its own, from its own first sound."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import numpy as np

from pipeline.conversation.config import ResponseRequest
from pipeline.conversation.notices import PlaybackStopped, ReplyAudio, ReplyEnded
from pipeline.conversation.transcript import Item
from pipeline.engines.protocols import (
    ChatEvent,
    ChatRequest,
    EngineInfo,
    SpeechChunk,
    SynthesisRequest,
    TextDelta,
    ToolCall,
)
from tests.pipeline.conversing import Conversation, Mouth, Words, conversing

FIRST = "one two three four five six seven"
SECOND = ". ".join(["eight nine ten eleven twelve"] * 4)


class CallsBetween:
    """A model that says something, calls a function, and goes on."""

    info = EngineInfo("calls_between", "chat_model")

    async def reply(self, _request: ChatRequest) -> AsyncIterator[ChatEvent]:
        yield TextDelta(FIRST)
        yield ToolCall("call_1", "look_up", "{}")
        yield TextDelta(SECOND)

    async def aclose(self) -> None:
        """Nothing to free."""


class InPieces(Mouth):
    """Says it in pieces of 50 ms."""

    async def speak(self, request: SynthesisRequest) -> AsyncIterator[SpeechChunk]:
        async for chunk in super().speak(request):
            for pcm in np.split(chunk.pcm, len(request.text)):
                yield SpeechChunk(pcm)


def spoken(talk: Conversation) -> list[Item]:
    return [item for item in talk.session.transcript if item.spoken and item.role == "assistant"]


def sent_ms(talk: Conversation, item: Item) -> float:
    return sum(len(audio.pcm) * 1000 / audio.rate for audio in talk.told(ReplyAudio) if audio.item is item)


async def test_each_message_has_its_words_and_its_length_on_its_own_line() -> None:
    async with conversing(chat_model=CallsBetween(), synthesizer=InPieces()) as talk:
        talk.session.request_reply(ResponseRequest())
        await talk.passes(12)
        items = spoken(talk)

        assert [item.audio_ms for item in items] == [round(sent_ms(talk, item)) for item in items]
        assert [item.words[0].start_ms for item in items] == [0, 0]
        assert [item.words[-1].end_ms for item in items] == [item.audio_ms for item in items]


async def test_a_player_that_reports_each_message_on_its_own_line_gets_all_of_them() -> None:
    async with conversing(chat_model=CallsBetween(), synthesizer=InPieces()) as talk:
        talk.session.request_reply(ResponseRequest())
        played_ms = dict[str, float]()
        for _ in range(400):
            await talk.passes(0.05)
            waiting = (item for item in spoken(talk) if played_ms.get(item.id, 0) < sent_ms(talk, item))
            if item := next(waiting, None):
                played_ms[item.id] = min(played_ms.get(item.id, 0) + 50, sent_ms(talk, item))
                talk.session.played(item.id, played_ms[item.id], playing=played_ms[item.id] < sent_ms(talk, item))

        assert [ended.reply.status for ended in talk.told(ReplyEnded)] == ["completed"]
        assert played_ms == {item.id: item.audio_ms for item in spoken(talk)}
        assert talk.session.at_rest


async def test_a_voice_cuts_the_message_that_it_falls_into_and_all_after_it() -> None:
    async with conversing(Words("Wait."), chat_model=CallsBetween(), synthesizer=InPieces()) as talk:
        talk.session.request_reply(ResponseRequest())
        await talk.is_quiet(0.8)
        await talk.speaks(0.1)
        stopped = [(stop.item_id, stop.heard_ms) for stop in talk.told(PlaybackStopped)]

        assert [item.text for item in spoken(talk)] == ["one two three four", ""]
        assert stopped == [(spoken(talk)[0].id, spoken(talk)[0].heard_ms)]


async def test_a_voice_leaves_a_message_that_was_heard_out_as_it_is() -> None:
    async with conversing(Words("Wait."), chat_model=CallsBetween(), synthesizer=InPieces()) as talk:
        talk.session.request_reply(ResponseRequest())
        await talk.is_quiet(2.0)
        await talk.speaks(0.1)

        assert [item.text.strip() for item in spoken(talk)] == [FIRST, "eight nine"]


async def test_the_client_truncates_the_second_message_on_its_own_line() -> None:
    async with conversing(chat_model=CallsBetween(), synthesizer=InPieces()) as talk:
        talk.session.request_reply(ResponseRequest())
        await talk.passes(3)
        talk.session.truncate(spoken(talk)[1].id, 500)
        await talk.passes(1)

        assert [item.text.strip() for item in spoken(talk)] == [FIRST, "eight nine"]
        assert talk.session.at_rest


class OtherRate(InPieces):
    """Its clauses are no whole number of milliseconds long, as those of most voices."""

    info = replace(Mouth.info, rate=22_050)


async def test_each_word_is_there_once_wherever_its_clause_begins() -> None:
    said = " ".join(f"{'la' * number} one." for number in range(1, 12))
    async with conversing(Words(said), synthesizer=OtherRate()) as talk:
        await talk.hears(said)
        await talk.passes(60.0)
        [item] = spoken(talk)

    assert item.text == said
    assert "".join(word.text for word in item.words) == said
