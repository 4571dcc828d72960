"""What only a whole session shows: several parts of it must agree."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

import numpy as np
import pytest

from pipeline.audio.samples import LINE_RATE
from pipeline.conversation.config import Observer, ResponseRequest
from pipeline.conversation.notices import HearingFailed, PlaybackPaused, PlaybackResumed, PlaybackStopped, Transcribed
from pipeline.conversation.transcript import Item, Part
from pipeline.turns.dialogue import BargeIn, Policy
from pipeline.turns.endpoint import Endpointing
from pipeline.turns.wait import Evidence, WaitRule
from tests.pipeline.conversing import MS_PER_LETTER, Conversation, Words, conversing

ONE, TWO = "one two three four five six seven", "eight nine ten"
ONE_S = len(ONE) * MS_PER_LETTER / 1000


def texts(talk: Conversation) -> list[str]:
    return [item.text for item in talk.session.transcript if item.role == "assistant"]


async def test_a_voice_cuts_each_reply_in_a_row_to_what_was_heard_of_it() -> None:
    async with conversing(Words("Wait.")) as talk:
        await talk.hears(ONE)
        await talk.hears(TWO)
        await talk.is_quiet(0.5)
        await talk.speaks(0.4)

    assert texts(talk) == ["one two three", ""]
    assert [stopped.heard_ms > 0 for stopped in talk.told(PlaybackStopped)] == [True, False]


async def test_a_reply_that_was_heard_out_keeps_its_words_when_the_next_is_cut_off() -> None:
    async with conversing(Words("Wait.")) as talk:
        await talk.hears(ONE)
        await talk.hears(TWO)
        await talk.is_quiet(ONE_S + 0.2)
        await talk.speaks(0.4)

    assert texts(talk) == [ONE, "eight"]


async def test_nothing_of_a_reply_is_heard_before_the_player_reports_the_end_of_the_one_before() -> None:
    async with conversing(Words("Wait.")) as talk:
        await talk.hears(ONE)
        await talk.hears(TWO)
        await talk.is_quiet(ONE_S - 0.1)
        first = next(iter(talk.session.transcript))
        talk.session.played(first.id, 400, playing=True)
        await talk.is_quiet(0.5)
        await talk.speaks(0.1)

    assert texts(talk) == ["one two three four", ""]


@pytest.mark.parametrize(("words", "left"), [("But why?", ["one two", ""]), ("Mm-hmm.", [ONE, TWO])])
async def test_a_doubt_holds_all_replies_in_a_row(words: str, left: list[str]) -> None:
    policy = Policy(barge_in=BargeIn.CONFIRMED)
    async with conversing(Words(words), policy=policy) as talk:
        await talk.hears(ONE)
        await talk.hears(TWO)
        await talk.is_quiet(0.5)
        await talk.speaks(0.8)
        await talk.is_quiet(0.9)
        await talk.passes(3)

    assert texts(talk) == left
    assert len(talk.told(PlaybackPaused)) == 1
    assert len(talk.told(PlaybackResumed)) == (words == "Mm-hmm.")


async def test_what_a_client_truncates_is_over_and_what_is_queued_behind_it_plays_on() -> None:
    async with conversing() as talk:
        await talk.hears(ONE)
        await talk.hears(TWO)
        first = next(iter(talk.session.transcript))
        talk.session.truncate(first.id, 400)
        before = talk.session.at_rest
        await talk.passes(3)

    assert (texts(talk), before, talk.session.at_rest) == (["one two", TWO], False, True)


async def test_what_is_queued_behind_a_truncated_reply_is_heard_from_then_on() -> None:
    async with conversing(Words("Wait.")) as talk:
        await talk.hears(ONE)
        await talk.hears(TWO)
        first = next(iter(talk.session.transcript))
        await talk.is_quiet(0.4)
        talk.session.truncate(first.id, 400)
        await talk.is_quiet(0.4)
        await talk.speaks(0.1)

    assert texts(talk) == ["one two", "eight nine"]


async def test_nothing_is_heard_by_a_client_that_is_cut_off_while_its_voice_turns_out_to_be_none() -> None:
    words, policy = Words("Mm-hmm.", settle_s=1.0), Policy(barge_in=BargeIn.CONFIRMED)
    async with conversing(words, policy=policy) as talk:
        await talk.hears(ONE)
        await talk.is_quiet(0.5)
        await talk.speaks(0.3)
        await talk.is_quiet(0.6)
        talk.session.detach()
        await talk.passes(5)
        resumed, at_rest = len(talk.told(PlaybackResumed)), talk.session.at_rest
        talk.session.attach()
        await talk.passes(5)

    assert (resumed, at_rest, talk.session.at_rest) == (1, False, True)


async def test_a_session_that_fails_at_a_window_tells_its_client_once_and_goes_on() -> None:
    failures: list[str] = []
    observer = Observer(engine_failed=lambda role, error: failures.append(f"{role}: {error}"))
    async with conversing(Words("Wait."), wait=broken_wait(), observer=observer) as talk:
        await talk.speaks(0.5)
        await talk.is_quiet(1.0)

    assert [failed.error.code for failed in talk.told(HearingFailed)] == ["server_error"]
    assert (failures, len(talk.told(Transcribed))) == (["session: no such turn"], 1)


def broken_wait() -> WaitRule:
    """Fails when it is asked first."""
    waits = iter([None, *[500] * 100])

    def wait_ms(_evidence: Evidence) -> int:
        if (wait := next(waits)) is None:
            raise LookupError("no such turn")
        return wait

    return wait_ms


def ends_unless_and(known: Evidence) -> int:
    """What ends in "and" waits 1.2 s, and all else 200 ms."""
    return 1200 if known.text.endswith("and") else 200


@pytest.mark.parametrize(
    ("words_ms", "words", "turns"),
    [(0, "I went and", 2), (1000, "I went and", 1), (1000, "I went.", 2), (300, "and", 2)],
)
async def test_a_turn_waits_for_the_words_of_its_pause_which_may_say_that_more_comes(
    words_ms: int, words: str, turns: int
) -> None:
    async with conversing(*[Words(words, settle_s=0.5)] * 2) as talk:
        endpointing = Endpointing(wait_ms=ends_unless_and, words_ms=words_ms)
        talk.session.configure(replace(talk.session.config, endpointing=endpointing))
        await talk.speaks(0.5)
        await talk.is_quiet(0.9)
        await talk.speaks(0.5)
        await talk.is_quiet(2)

        assert len(talk.told(Transcribed)) == turns


async def commit(talk: Conversation) -> None:
    talk.session.configure(replace(talk.session.config, endpointing=None))
    await talk.speaks(1.0)
    talk.session.commit_audio()


async def add_speech(talk: Conversation) -> None:
    sound = np.ones(LINE_RATE, np.int16)
    talk.session.add_item(Item("item_said", spoken=True, parts=(Part(spoken=True, transcribed=False, sound=sound),)))


async def ask_beside(talk: Conversation) -> None:
    talk.session.request_reply(ResponseRequest(say="Hello", in_conversation=False))


@pytest.mark.parametrize("begin", [commit, add_speech, ask_beside])
async def test_a_session_is_at_rest_once_all_words_are_known_and_all_answers_given(
    begin: Callable[[Conversation], Awaitable[None]],
) -> None:
    async with conversing(Words("Hello?", settle_s=0.5)) as talk:
        states = [talk.session.at_rest]
        await begin(talk)
        states.append(talk.session.at_rest)
        await talk.passes(1.0)
        states.append(talk.session.at_rest)

        assert states == [True, False, True]
