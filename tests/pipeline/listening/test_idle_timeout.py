"""A person who says nothing after an answer is spoken to again, under a clock that is moved by hand."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from pipeline.conversation.notices import AudioTaken, ItemAdded, ReplyEnded, ReplyStarted, SilenceLasted, Transcribed
from pipeline.conversation.transcript import Item
from pipeline.engines.protocols import EngineInfo, TextDelta
from pipeline.errors import EngineError
from pipeline.listening.idle_timeout import MOST_IN_A_ROW
from tests.pipeline.conversing import Conversation, Words, conversing

TIMEOUT_S = 6.0


class Prompting:
    """A model that asks whether somebody is there, or fails; keeps what it saw last."""

    info = EngineInfo("prompting", "chat_model")

    def __init__(self, *, fails: bool = False) -> None:
        self.fails, self.saw = fails, list[str]()

    async def reply(self, request: Any) -> AsyncIterator[TextDelta]:
        self.saw.append(request.messages[-1].text)
        if self.fails:
            raise EngineError("The model broke.", engine="prompting")
        yield TextDelta("Are you there?")

    async def aclose(self) -> None:
        """Nothing to free."""


@asynccontextmanager
async def timed(*script: Words, model: Prompting | None = None) -> AsyncIterator[Conversation]:
    """A conversation in which silence may last `TIMEOUT_S`."""
    async with conversing(*script, chat_model=model or Prompting()) as talk:
        talk.session.configure(replace(talk.session.config, idle_timeout_ms=round(TIMEOUT_S * 1000)))
        yield talk


async def test_silence_after_an_answer_was_heard_becomes_an_item_and_is_answered() -> None:
    model = Prompting()
    async with timed(model=model) as talk:
        await talk.hears("Hello")
        await talk.is_quiet(TIMEOUT_S + 1)

        (silence,) = talk.told(SilenceLasted)
        told = talk.told(SilenceLasted, AudioTaken, ItemAdded, Transcribed, ReplyStarted)
        assert [type(notice) for notice in told[1:]] == [
            SilenceLasted, AudioTaken, ItemAdded, Transcribed, ReplyStarted
        ]  # fmt: skip
        assert abs(silence.at_ms - silence.began_ms - TIMEOUT_S * 1000) < 50
        assert (told[4].text, model.saw) == ("", ["(silence)"])


async def test_the_timeout_begins_when_an_answer_was_heard_not_when_it_was_sent() -> None:
    async with timed() as talk:
        await talk.hears("x" * 100)  # five seconds
        await talk.is_quiet(5.0 + TIMEOUT_S - 0.2)
        early = talk.told(SilenceLasted)
        await talk.is_quiet(1.0)

        (silence,) = talk.told(SilenceLasted)
        assert (early, abs(silence.began_ms - 5_000) < 600) == ([], True)


async def test_it_begins_again_after_each_answer() -> None:
    async with timed() as talk:
        await talk.hears("Hello")
        await talk.is_quiet(3 * TIMEOUT_S)

        assert len(talk.told(SilenceLasted)) == 2


async def test_nobody_is_spoken_to_before_there_was_an_answer() -> None:
    async with timed() as talk:
        await talk.is_quiet(2 * TIMEOUT_S)

        assert talk.told(SilenceLasted) == []


async def test_a_voice_ends_the_silence_and_a_noise_begins_it_anew() -> None:
    async with timed(Words("")) as talk:
        await talk.hears("Hello")
        await talk.is_quiet(TIMEOUT_S - 1)
        await talk.speaks(0.5)
        await talk.is_quiet(TIMEOUT_S - 1)
        early = talk.told(SilenceLasted)
        await talk.is_quiet(2.0)

        assert (early, len(talk.told(SilenceLasted))) == ([], 1)


async def test_another_answer_ends_the_silence() -> None:
    async with timed() as talk:
        await talk.hears("Hello")
        await talk.is_quiet(TIMEOUT_S - 1)
        await talk.hears("Hello again")
        await talk.is_quiet(TIMEOUT_S - 1)

        assert talk.told(SilenceLasted) == []


async def test_an_answer_that_failed_is_not_tried_again_and_again() -> None:
    async with timed(model=Prompting(fails=True)) as talk:
        await talk.hears("Hello")
        await talk.is_quiet(5 * TIMEOUT_S)

        assert [ended.reply.status for ended in talk.told(ReplyEnded)] == ["completed", "failed"]


async def test_a_client_that_is_away_is_waited_for() -> None:
    async with timed() as talk:
        await talk.hears("Hello")
        await talk.is_quiet(1.0)
        talk.session.detach()
        await talk.passes(2 * TIMEOUT_S)
        away = talk.told(SilenceLasted)
        talk.session.attach()
        await talk.passes(TIMEOUT_S)

        assert (away, len(talk.told(SilenceLasted))) == ([], 1)


async def test_who_is_back_has_all_of_the_time_again() -> None:
    async with timed() as talk:
        await talk.hears("Hello")
        await talk.is_quiet(TIMEOUT_S - 1)
        talk.session.detach()
        await talk.passes(0.5)
        talk.session.attach()
        await talk.is_quiet(TIMEOUT_S - 1)
        early = talk.told(SilenceLasted)
        await talk.is_quiet(1.5)

        assert (early, len(talk.told(SilenceLasted))) == ([], 1)


async def test_without_a_timeout_silence_may_last() -> None:
    async with timed() as talk:
        await talk.hears("Hello")
        await talk.is_quiet(1.0)
        talk.session.configure(replace(talk.session.config, idle_timeout_ms=None))
        await talk.is_quiet(2 * TIMEOUT_S)

        assert talk.told(SilenceLasted) == []


async def test_a_person_who_stays_silent_is_spoken_to_a_few_times_only_until_there_is_a_voice() -> None:
    async with timed(Words("")) as talk:
        await talk.hears("Hello")
        await talk.is_quiet(10 * TIMEOUT_S)
        in_a_row = len(talk.told(SilenceLasted))
        await talk.speaks(0.5)
        await talk.is_quiet(2 * TIMEOUT_S)

        assert (in_a_row, len(talk.told(SilenceLasted))) == (MOST_IN_A_ROW, MOST_IN_A_ROW + 1)


async def test_what_the_client_does_meanwhile_begins_the_silence_anew() -> None:
    async with timed(Words("Hm.")) as talk:
        await talk.hears("Hello")
        for _ in range(2):
            await talk.is_quiet(TIMEOUT_S - 1)
            talk.session.add_item(Item(talk.session.new_id("item"), text="A line."))
        await talk.is_quiet(TIMEOUT_S - 1)
        talk.session.commit_audio()
        await talk.is_quiet(TIMEOUT_S - 1)
        early = talk.told(SilenceLasted)
        await talk.is_quiet(1.5)

        assert (early, len(talk.told(SilenceLasted))) == ([], 1)


async def test_nobody_is_spoken_to_while_a_function_is_still_at_work() -> None:
    async with timed() as talk:
        call = Item("item_call", "function_call", "assistant", text="{}", call_id="call_1", name="look_up")
        talk.session.add_item(call)
        await talk.hears("Let me see.")
        await talk.is_quiet(3 * TIMEOUT_S)
        early = talk.told(SilenceLasted)
        talk.session.add_item(Item("item_output", "function_call_output", text="{}", call_id="call_1"))
        await talk.is_quiet(TIMEOUT_S + 0.5)

        assert (early, len(talk.told(SilenceLasted))) == ([], 1)


async def test_a_process_that_stood_still_first_hears_what_was_said_meanwhile() -> None:
    async with timed() as talk:
        await talk.hears("Hello")
        await talk.is_quiet(1.0)
        talk.clock.now += 3_600.0
        await talk.settles()
        early = talk.told(SilenceLasted)
        await talk.is_quiet(TIMEOUT_S + 0.5)

        assert (early, len(talk.told(SilenceLasted))) == ([], 1)
