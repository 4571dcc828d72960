"""A client that sends nothing any more, and audio that is thrown away, as a whole session shows it."""

from __future__ import annotations

import pytest

from pipeline.conversation.notices import (
    AudioDropped,
    PartialText,
    Transcribed,
    TranscriptionFailed,
    VoiceEnded,
    VoiceHeard,
)
from pipeline.turns.dialogue import Policy
from tests.pipeline.conversing import Words, conversing

UNASKED = Policy(answer=False)
LONG_S = 20.0
"""Longer than the bounds of a recogniser and of a silent client together."""


async def test_a_client_that_stops_sending_ends_its_turn() -> None:
    async with conversing(Words("Hello."), policy=UNASKED) as talk:
        await talk.speaks(1)
        await talk.passes(2.5)

    assert [heard.text for heard in talk.told(Transcribed)] == ["Hello."]


async def test_a_client_that_is_cut_off_does_not_end_its_turn() -> None:
    async with conversing(Words("Hello."), policy=UNASKED) as talk:
        await talk.speaks(1)
        talk.session.detach()
        await talk.passes(5)
        ended = talk.told(VoiceEnded)
        talk.session.attach()
        await talk.passes(2.5)

    assert (ended, len(talk.told(VoiceEnded))) == ([], 1)


async def test_a_client_that_goes_on_in_time_stays_in_its_turn() -> None:
    async with conversing(Words("Hello."), policy=UNASKED) as talk:
        await talk.speaks(1)
        await talk.passes(0.9)
        await talk.speaks(1)

    assert (len(talk.told(VoiceHeard)), talk.told(VoiceEnded)) == (1, [])


async def test_a_client_is_not_silent_for_as_long_as_the_process_stood_still() -> None:
    async with conversing(Words("Hello."), policy=UNASKED) as talk:
        await talk.speaks(1)
        talk.clock.now += 3_600.0
        await talk.settles()
        await talk.speaks(1)
        ended = talk.told(VoiceEnded)
        await talk.passes(2.5)

    assert (len(talk.told(VoiceHeard)), ended, len(talk.told(VoiceEnded))) == (1, [], 1)


@pytest.mark.parametrize("words", [Words(fails=True), Words(hangs=True)], ids=["fails", "hangs"])
async def test_a_turn_ends_and_its_loss_is_told_although_neither_client_nor_recogniser_does_anything(
    words: Words,
) -> None:
    async with conversing(words, policy=UNASKED) as talk:
        await talk.speaks(1)
        await talk.passes(LONG_S)
        at_rest = talk.session.at_rest

    assert (len(talk.told(VoiceEnded)), len(talk.told(TranscriptionFailed)), at_rest) == (1, 1, True)


async def test_silence_that_nobody_sent_is_no_time_of_the_clients_line() -> None:
    async with conversing(Words("Hello."), Words("Again."), policy=UNASKED) as talk:
        await talk.speaks(1)
        await talk.passes(4)
        await talk.speaks(1)
        await talk.is_quiet(1)

    started, stopped = talk.told(VoiceHeard), talk.told(VoiceEnded)
    assert [(one.at_ms, other.at_ms) for one, other in zip(started, stopped, strict=True)] == [(0, 992), (992, 2_496)]
    assert [round(heard.seconds, 1) for heard in talk.told(Transcribed)] == [1.0, 1.5]


async def test_a_commit_after_a_silence_that_nobody_sent_counts_only_what_was_sent() -> None:
    async with conversing(Words("Hello."), policy=UNASKED, wait_ms=1_500) as talk:
        await talk.speaks(1)
        await talk.passes(1.05)
        talk.session.commit_audio()
        await talk.passes(0.5)

    assert [heard.seconds for heard in talk.told(Transcribed)] == [pytest.approx(0.992)]


async def test_nothing_is_told_of_a_turn_whose_audio_was_thrown_away_but_that_it_was() -> None:
    async with conversing(Words("Hello.", settle_s=0.5), policy=UNASKED) as talk:
        await talk.speaks(1)
        await talk.is_quiet(0.2)
        talk.session.clear_audio()
        before = len(talk.notices)
        await talk.is_quiet(LONG_S)

    (heard,) = talk.told(VoiceHeard)
    assert talk.notices[before:] == [AudioDropped(heard.item_id)]
    assert talk.told(PartialText) == []
