"""Audio inside items when a recogniser fails, hangs or is slow, under a clock that is moved by hand."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pipeline.conversation.config import ResponseRequest
from pipeline.conversation.limits import RecognitionLimits, SessionLimits
from pipeline.conversation.notices import ReplyEnded, ReplyItemStarted, ReplyStarted, Transcribed, TranscriptionFailed
from pipeline.conversation.transcript import Item, Part
from pipeline.engines.protocols import EngineInfo, TextDelta
from pipeline.errors import EngineError, EngineTimeout, InvalidRequest, LimitReached
from tests.pipeline.conversing import LINE_RATE, Conversation, Words, conversing

LIMITS = SessionLimits(recognition=RecognitionLimits(open_s=5.0, stall_s=4.0))
ASK = ResponseRequest(modality="text")


class Listener:
    """A model that says what it was told last."""

    info = EngineInfo("listener", "chat_model")

    async def reply(self, request: Any) -> AsyncIterator[TextDelta]:
        yield TextDelta(request.messages[-1].text)

    async def aclose(self) -> None:
        """Nothing to free."""


def said(id: str = "item_said", seconds: float = 1.0, words: str = "") -> Item:
    sound = np.ones(round(seconds * LINE_RATE), np.int16)
    return Item(id, spoken=True, parts=(Part(words, spoken=True, transcribed=False, sound=sound),))


def answers(talk: Conversation) -> list[str]:
    return [notice.item.text for notice in talk.told(ReplyItemStarted)]


async def test_an_answer_waits_for_the_words() -> None:
    async with conversing(Words("Hello?", settle_s=2.0), chat_model=Listener()) as talk:
        talk.session.add_item(said())
        talk.session.request_reply(ASK)
        await talk.passes(1.5)
        early = talk.told(ReplyItemStarted, Transcribed)
        await talk.passes(1.0)

        assert (early, answers(talk)) == ([], ["Hello?"])


async def test_an_answer_to_words_that_are_not_known_fails_and_says_why() -> None:
    async with conversing(Words(fails=True), Words("Hello?"), chat_model=Listener()) as talk:
        talk.session.add_item(said())
        talk.session.request_reply(ASK)
        await talk.passes(0.5)
        talk.session.add_item(said("item_again"))
        talk.session.request_reply(ASK)
        await talk.passes(0.5)

        (failed,) = talk.told(TranscriptionFailed)
        assert (failed.item_id, type(failed.error)) == ("item_said", EngineError)
        assert [ended.reply.status for ended in talk.told(ReplyEnded)] == ["failed", "completed"]
        assert [ended.reply.error for ended in talk.told(ReplyEnded)] == [failed.error, None]
        assert answers(talk) == ["Hello?"]


async def test_words_that_the_client_sends_along_stand_in_for_those_that_are_not_known() -> None:
    async with conversing(Words(fails=True), chat_model=Listener()) as talk:
        talk.session.add_item(said(words="Good evening."))
        talk.session.request_reply(ASK)
        await talk.passes(0.5)

        assert (len(talk.told(TranscriptionFailed)), answers(talk)) == (1, ["Good evening."])


async def test_a_recogniser_that_hangs_is_given_up() -> None:
    async with conversing(Words(hangs=True), limits=LIMITS, chat_model=Listener()) as talk:
        talk.session.add_item(said())
        talk.session.request_reply(ASK)
        await talk.passes(3.0)
        early = talk.told(TranscriptionFailed)
        await talk.passes(2.0)

        assert (early, [ended.reply.status for ended in talk.told(ReplyEnded)]) == ([], ["failed"])


async def test_an_item_that_was_deleted_meanwhile_is_told_no_more() -> None:
    async with conversing(Words("Hello?", settle_s=1.0)) as talk:
        talk.session.add_item(said())
        await talk.passes(0.5)
        talk.session.remove_item("item_said")
        await talk.passes(1.0)

        assert talk.told(Transcribed, TranscriptionFailed) == []


async def test_items_are_heard_one_after_the_other_and_only_so_much_may_wait() -> None:
    limits = replace(LIMITS, manual_audio_s=2.5)
    async with conversing(Words("one", 1.0), Words("two", 1.0), Words("three"), limits=limits) as talk:
        talk.session.add_item(said("item_1"))
        talk.session.add_item(said("item_2"))
        with pytest.raises(LimitReached):
            talk.session.add_item(said("item_3"))
        await talk.passes(1.5)
        first = [notice.text for notice in talk.told(Transcribed)]
        talk.session.add_item(said("item_3"))
        await talk.passes(1.5)

        assert (first, [notice.text for notice in talk.told(Transcribed)]) == (["one"], ["one", "two", "three"])
        assert "item_3" in talk.session.transcript


async def test_the_journal_and_the_transcript_keep_no_sound() -> None:
    async with conversing(Words("Hello?")) as talk:
        talk.session.add_item(said())
        await talk.passes(0.5)

        (item,) = talk.session.transcript
        assert (item.text, item.parts) == ("Hello?", (Part("Hello?", spoken=True),))
        assert item.parts[0].sound is None


def of_parts(count: int) -> Item:
    (part,) = said().parts
    return Item("item_said", spoken=True, parts=(part,) * count)


async def test_many_parts_together_are_given_up_when_their_time_is_over() -> None:
    hanging = [Words(hangs=True) for _ in range(20)]
    async with conversing(*hanging, limits=LIMITS, chat_model=Listener()) as talk:
        talk.session.add_item(of_parts(20))
        talk.session.request_reply(ASK)
        await talk.passes(20.0 + 5.0 + 4.0 + 1.0)

        failed = talk.told(TranscriptionFailed)
        assert [notice.part for notice in failed] == list(range(20))
        assert {type(notice.error) for notice in failed} == {EngineTimeout}
        assert [ended.reply.status for ended in talk.told(ReplyEnded)] == ["failed"]


async def test_the_lost_words_of_the_last_item_count_whatever_else_is_lost() -> None:
    failing = [Words(fails=True) for _ in range(21)]
    async with conversing(*failing, chat_model=Listener()) as talk:
        talk.session.add_item(said("item_last"))
        talk.session.add_item(of_parts(20), "root")
        talk.session.request_reply(ASK)
        await talk.passes(1.0)

        (ended,) = talk.told(ReplyEnded)
        assert ended.reply.error is talk.told(TranscriptionFailed)[0].error


async def test_an_answer_waits_only_so_long_for_all_items_together() -> None:
    hanging = [Words(hangs=True) for _ in range(20)]
    async with conversing(*hanging, limits=LIMITS, chat_model=Listener()) as talk:
        for number in range(20):
            talk.session.add_item(said(f"item_{number}"))
        talk.session.request_reply(ASK)
        await talk.passes(20.0 + 5.0 + 4.0 + 1.0)

        (ended,) = talk.told(ReplyEnded)
        assert (ended.reply.status, type(ended.reply.error)) == ("failed", EngineTimeout)


async def test_a_process_that_stood_still_goes_on_hearing() -> None:
    async with conversing(Words("Hello?", settle_s=3_601.0), limits=LIMITS, chat_model=Listener()) as talk:
        talk.session.add_item(said())
        talk.session.request_reply(ASK)
        await talk.passes(1.0)
        talk.clock.now += 3_599.0
        await talk.settles()
        early = talk.told(TranscriptionFailed)
        await talk.passes(2.0)

        assert (early, answers(talk)) == ([], ["Hello?"])


async def test_what_is_heard_for_nobody_any_more_makes_room_for_others() -> None:
    limits = replace(LIMITS, manual_audio_s=2.0)
    script = [Words(hangs=True), Words(hangs=True), Words("Hello?")]
    async with conversing(*script, limits=limits, chat_model=Listener()) as talk:
        talk.session.request_reply(replace(ASK, input=[said("item_beside")], in_conversation=False))
        await talk.passes(0.5)
        talk.session.cancel_reply(talk.told(ReplyStarted)[0].reply.id)
        await talk.settles()
        talk.session.add_item(said("item_deleted", 2.0))
        await talk.passes(0.5)
        talk.session.remove_item("item_deleted")
        await talk.passes(0.5)
        talk.session.add_item(said("item_last", 2.0))
        talk.session.request_reply(ASK)
        await talk.passes(0.5)

        assert answers(talk) == ["Hello?"]


async def test_what_an_answer_alone_is_given_is_bounded_whatever_its_id_is() -> None:
    async with conversing(Words("Hello?")) as talk:
        talk.session.add_item(said())
        await talk.passes(0.5)
        with pytest.raises(InvalidRequest):
            talk.session.request_reply(replace(ASK, input=[said(seconds=100.0)], in_conversation=False))
