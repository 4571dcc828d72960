"""What the client says was heard of an item holds, whatever state the item is in."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import numpy as np
import pytest

from pipeline.answering.reply import Reply, ReplySink
from pipeline.answering.speaking import SynthesisOptions
from pipeline.conversation.answer_parts import AnswerPart, AudioPiece, SpokenClause
from pipeline.conversation.config import ResponseRequest
from pipeline.conversation.notices import Notice, ReplyAudio, ReplyEnded, ReplyRecord, TurnTiming
from pipeline.conversation.playback import Playback
from pipeline.conversation.transcript import Item
from pipeline.engines.protocols import TextDelta, ToolCall, VoiceChoice
from pipeline.errors import InvalidRequest
from pipeline.text.word_times import interpolate
from tests.pipeline.conversing import Conversation, Words, conversing

SENTENCE = "one two three four five six seven."
LONG = " ".join([SENTENCE] * 5)
"""About 1.7 s each, so that at the lead of 2 s not all of it is made at once."""


def only(talk: Conversation) -> Item:
    (item,) = (item for item in talk.session.transcript if item.role == "assistant")
    return item


def seconds_sent(talk: Conversation) -> float:
    return sum(len(notice.pcm) / notice.rate for notice in talk.told(ReplyAudio))


def status(talk: Conversation) -> str:
    (ended,) = talk.told(ReplyEnded)
    return str(ended.reply.status)


async def test_of_an_item_that_is_being_written_nothing_more_is_sent_or_counts_as_heard() -> None:
    async with conversing() as talk:
        await talk.hears(LONG)
        talk.session.truncate(only(talk).id, 400)
        cut, sent_s = (only(talk).text, only(talk).status), seconds_sent(talk)
        await talk.passes(3)

        assert cut == ("one two", "in_progress")
        assert (only(talk).text, only(talk).whole, only(talk).status) == ("one two", LONG, "completed")
        assert (seconds_sent(talk), status(talk), talk.session.at_rest) == (sent_s, "completed", True)


async def test_a_voice_does_not_undo_what_the_client_said_was_heard() -> None:
    async with conversing(Words("Wait.")) as talk:
        await talk.hears(LONG)
        await talk.is_quiet(1)
        talk.session.truncate(only(talk).id, 400)
        await talk.speaks(0.4)

        assert only(talk).text == "one two"


@pytest.mark.parametrize(("heard_ms", "text"), [(0, ""), (1_000, "one two three four"), (99_999, LONG)])
async def test_the_client_corrects_the_cut_that_a_voice_made(heard_ms: int, text: str) -> None:
    async with conversing(Words("Wait.")) as talk:
        await talk.hears(LONG)
        await talk.is_quiet(0.5)
        await talk.speaks(0.4)
        talk.session.truncate(only(talk).id, heard_ms)

        assert LONG.startswith(only(talk).text)
        assert only(talk).text == text if heard_ms < 2_000 else len(only(talk).text) > len(SENTENCE)


@pytest.mark.parametrize(("first_ms", "then_ms", "text"), [(400, 1_000, "one two three four"), (1_000, 400, "one two")])
async def test_a_second_figure_of_the_clients_replaces_the_first(first_ms: int, then_ms: int, text: str) -> None:
    async with conversing() as talk:
        await talk.hears(LONG)
        talk.session.truncate(only(talk).id, first_ms)
        await talk.passes(0.5)
        talk.session.truncate(only(talk).id, then_ms)
        await talk.passes(0.5)

        assert only(talk).text == text


async def test_what_is_never_spoken_cannot_be_heard_by_a_later_figure() -> None:
    async with conversing() as talk:
        await talk.hears(LONG)
        talk.session.truncate(only(talk).id, 400)
        await talk.passes(1)
        talk.session.truncate(only(talk).id, 99_999)

        assert LONG.startswith(only(talk).text)
        assert len(only(talk).text) < len(LONG)


async def test_an_item_that_was_heard_out_is_cut_afterwards() -> None:
    async with conversing() as talk:
        await talk.hears(SENTENCE)
        await talk.passes(4)
        talk.session.truncate(only(talk).id, 400)

        assert (only(talk).text, talk.session.at_rest) == ("one two", True)


async def test_what_was_not_spoken_by_the_character_is_refused() -> None:
    async with conversing() as talk:
        talk.session.add_item(Item("typed", text="Hello."))
        talk.session.add_item(Item("said_before", role="assistant", text="Hello."))
        talk.session.add_item(Item("called", "function_call", "assistant", call_id="call_1"))
        talk.session.request_reply(ResponseRequest(say=SENTENCE, modality="text"))
        await talk.settles()
        ids = [*(item.id for item in talk.session.transcript), "nobody"]
        for id in ids:
            with pytest.raises(InvalidRequest) as refused:
                talk.session.truncate(id, 0)
            assert refused.value.code == "item_truncate_invalid_item_id"

        assert [item.text for item in talk.session.transcript] == ["Hello.", "Hello.", "", SENTENCE]


async def test_a_response_that_was_truncated_still_makes_its_calls_and_is_heard_no_more() -> None:
    def clause(text: str) -> SpokenClause:
        return SpokenClause(text, 1_000, interpolate(text, 1_000), timed=True)

    async def parts() -> AsyncGenerator[AnswerPart, None]:
        first, second = clause("Let me see."), clause("It is sunny.")
        yield AudioPiece(first)
        yield AudioPiece(first, np.ones(24_000, np.int16))
        reply.record.items[0].truncate(300)
        reply.stop_at(300)
        yield TextDelta(" Wait.")
        yield ToolCall("call_1", "look_up", "{}")
        yield AudioPiece(second)
        yield AudioPiece(second, np.ones(24_000, np.int16))

    told = list[Notice]()

    async def wait_for_room() -> None:
        """There is always some."""

    sink = ReplySink(told.append, wait_for_room, lambda _reply: 0.0, lambda _item: None, lambda kind: kind, lambda: 0.0)
    record = ReplyRecord("resp_1", "audio", VoiceChoice())
    reply = Reply(record, SynthesisOptions(), TurnTiming("resp_1", "", 0.0), sink, Playback())
    reply.release()
    await reply.send(parts(), 24_000, lead_s=100.0)

    assert [item.text for item in record.items] == ["Let", "{}", ""]
    assert [item.whole for item in record.items] == ["Let me see. Wait.", None, "It is sunny."]
    assert len([notice for notice in told if isinstance(notice, ReplyAudio)]) == 1
