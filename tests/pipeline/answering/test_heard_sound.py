"""The sound of both sides in the journal: what was heard, when it was heard, and nothing that was not."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Callable

import numpy as np
import pytest

from pipeline.answering.heard_sound import HeardSound, Piece
from pipeline.audio.samples import LINE_RATE
from pipeline.conversation.config import ResponseRequest
from pipeline.conversation.journal import AudioPassed, Entry, Journal, Speaker
from pipeline.conversation.notices import PlaybackPaused, PlaybackStopped, ReplyAudio
from pipeline.conversation.transcript import Item
from pipeline.engines.protocols import EngineInfo, SpeechChunk, SynthesisRequest
from pipeline.turns.dialogue import BargeIn, Policy
from tests.pipeline.conversing import MS_PER_LETTER, WINDOW_S, Conversation, Words, conversing

ANSWER = "one two three four five six seven"
ANSWER_S = len(ANSWER) * MS_PER_LETTER / 1000
NEAR_S = 0.02
"""How exact places are."""


class Heard:
    """A writer that puts all sound where it was heard."""

    def __init__(self) -> None:
        self.entries: list[AudioPassed] = []
        self.told_after_s: list[float] = []
        """How long after their first samples were heard pieces of the character's sound were told."""
        self.now: Callable[[], float] | None = None
        self.journal = Journal(self._write, audio=True, longest=100_000, longest_audio_s=1_000)

    async def _write(self, entry: Entry) -> None:
        if isinstance(entry, AudioPassed):
            self.entries.append(entry)
            if self.now and entry.speaker == "assistant":
                self.told_after_s.append(self.now() - entry.at / LINE_RATE)

    def stretches(self, speaker: Speaker) -> list[tuple[float, float]]:
        """From when to when something is heard, in seconds; nothing overlaps."""
        line = np.zeros(100 * LINE_RATE, np.int16)
        for entry in self.entries:
            if entry.speaker == speaker:
                line[entry.at : entry.at + len(entry.pcm)] = entry.pcm
        times = np.flatnonzero(line) / LINE_RATE
        breaks = np.flatnonzero(np.diff(times) > NEAR_S)
        return [
            (float(start), float(end))
            for start, end in zip([times[0], *times[breaks + 1]], [*times[breaks], times[-1]], strict=True)
        ]

    def seconds(self, speaker: Speaker) -> float:
        """How much of it there is."""
        return sum(len(entry.pcm) / entry.rate for entry in self.entries if entry.speaker == speaker)


def near(*stretches: tuple[float, float]) -> list[tuple[object, object]]:
    return [(pytest.approx(start, abs=NEAR_S), pytest.approx(end, abs=NEAR_S)) for start, end in stretches]


def said(talk: Conversation) -> Item:
    """What the character is saying."""
    return next(notice.item for notice in reversed(talk.notices) if isinstance(notice, ReplyAudio))


async def test_an_answer_is_heard_when_it_is_sent_where_the_player_reports_nothing() -> None:
    heard = Heard()
    async with conversing(journal=heard.journal) as talk:
        await talk.is_quiet(1)
        begins_s = talk.clock.now
        await talk.hears(ANSWER)
        await talk.is_quiet(3)

    assert heard.stretches("assistant") == near((begins_s, begins_s + ANSWER_S))
    assert heard.seconds("assistant") == pytest.approx(ANSWER_S, abs=0.002)


async def test_what_is_heard_is_told_soon_enough_for_a_killed_server_to_lose_less_than_a_second() -> None:
    heard = Heard()
    async with conversing(Words(ANSWER), journal=heard.journal) as talk:
        heard.now = lambda: talk.clock.now
        await talk.is_quiet(1)
        await talk.hears(ANSWER)
        await talk.is_quiet(ANSWER_S + 1)

    assert heard.seconds("assistant") == pytest.approx(ANSWER_S, abs=NEAR_S)
    assert max(heard.told_after_s) < 0.7


async def test_a_player_that_begins_late_and_reports_is_believed() -> None:
    heard = Heard()
    async with conversing(journal=heard.journal) as talk:
        await talk.is_quiet(1)
        await talk.hears(ANSWER)
        await talk.is_quiet(0.3)
        began_s = talk.clock.now
        while (ms := (talk.clock.now - began_s) * 1000) < ANSWER_S * 1000:
            talk.session.played(said(talk).id, ms, playing=True)
            await talk.is_quiet(0.2)
        talk.session.played(said(talk).id, ANSWER_S * 1000, playing=False)
        await talk.is_quiet(1)

    assert heard.stretches("assistant") == near((began_s, began_s + ANSWER_S))
    assert heard.seconds("assistant") == pytest.approx(ANSWER_S, abs=0.002)


async def test_what_an_interruption_cuts_off_is_not_heard() -> None:
    heard = Heard()
    async with conversing(Words("Stop."), journal=heard.journal) as talk:
        await talk.is_quiet(1)
        begins_s = talk.clock.now
        await talk.hears(ANSWER)
        await talk.is_quiet(0.5)
        await talk.speaks(0.6)
        await talk.is_quiet(2)
        (stopped,) = talk.told(PlaybackStopped)

    assert heard.stretches("assistant") == near((begins_s, begins_s + stopped.heard_ms / 1000))
    assert stopped.heard_ms < ANSWER_S * 1000


async def test_a_client_that_says_where_it_stopped_cuts_what_the_clock_took_for_heard() -> None:
    heard = Heard()
    async with conversing(Words("Stop."), journal=heard.journal) as talk:
        await talk.is_quiet(1)
        begins_s = talk.clock.now
        await talk.hears(ANSWER)
        item = said(talk)
        await talk.is_quiet(0.7)
        await talk.speaks(0.4)
        talk.session.truncate(item.id, 550)
        await talk.is_quiet(2)

    assert heard.stretches("assistant") == near((begins_s, begins_s + 0.55))


async def test_a_false_alarm_leaves_a_pause_where_it_was_heard() -> None:
    heard = Heard()
    policy = Policy(barge_in=BargeIn.CONFIRMED)
    async with conversing(Words("mhm"), policy=policy, journal=heard.journal) as talk:
        await talk.is_quiet(1)
        begins_s = talk.clock.now
        await talk.hears(ANSWER)
        await talk.is_quiet(0.5)
        await talk.speaks(0.3)
        await talk.is_quiet(4)
        assert talk.told(PlaybackPaused)

    (first, second) = heard.stretches("assistant")
    assert first[0] == pytest.approx(begins_s, abs=NEAR_S)
    assert 0.4 < first[1] - begins_s < 0.8
    assert second[0] - first[1] > 0.3
    assert heard.seconds("assistant") == pytest.approx(ANSWER_S, abs=0.002)


class Slow:
    """A voice that makes its sound in pieces with a second between them."""

    info = EngineInfo("slow", "synthesizer", rate=LINE_RATE)

    def __init__(self, talk: list[Conversation]) -> None:
        self._talk = talk
        self.made_s: list[float] = []

    async def speak(self, _request: SynthesisRequest) -> AsyncIterator[SpeechChunk]:
        for _ in range(3):
            self.made_s.append(self._talk[0].clock.now)
            yield SpeechChunk(np.full(LINE_RATE // 5, 1_000, np.int16))
            due = self._talk[0].clock.now + 1.0
            while self._talk[0].clock.now < due:
                await asyncio.sleep(0)

    def close(self) -> None:
        """Nothing to free."""


async def test_a_player_that_has_nothing_to_play_leaves_gaps_where_it_waited() -> None:
    heard, talks = Heard(), list[Conversation]()
    voice = Slow(talks)
    async with conversing(synthesizer=voice, journal=heard.journal) as talk:
        talks.append(talk)
        await talk.is_quiet(1)
        await talk.hears(ANSWER)
        await talk.is_quiet(5)

    assert heard.stretches("assistant") == near(*((made_s, made_s + 0.2) for made_s in voice.made_s))


async def test_answers_in_a_row_are_heard_one_after_the_other() -> None:
    heard = Heard()
    async with conversing(journal=heard.journal) as talk:
        await talk.is_quiet(1)
        begins_s = talk.clock.now
        await talk.hears(ANSWER)
        await talk.is_quiet(0.5)
        await talk.hears(ANSWER)
        await talk.is_quiet(5)

    assert heard.stretches("assistant") == near((begins_s, begins_s + 2 * ANSWER_S))


async def test_what_was_being_said_when_the_session_ended_was_heard_until_then() -> None:
    heard = Heard()
    async with conversing(journal=heard.journal) as talk:
        await talk.is_quiet(1)
        begins_s = talk.clock.now
        await talk.hears(ANSWER)
        await talk.is_quiet(0.6)
        ended_s = talk.clock.now

    assert heard.stretches("assistant") == near((begins_s, ended_s))


async def test_answers_outside_the_conversation_are_not_kept() -> None:
    heard = Heard()
    async with conversing(journal=heard.journal) as talk:
        talk.session.request_reply(ResponseRequest(say=ANSWER, in_conversation=False, input=[]))
        await talk.is_quiet(3)

    assert heard.seconds("assistant") == 0


# --- Consent --------------------------------------------------------------------------------------------------------------


async def test_sound_is_kept_from_consent_to_withdrawal_and_not_a_sample_more() -> None:
    heard = Heard()
    heard.journal.keep_sound(False)
    async with conversing(journal=heard.journal) as talk:
        await talk.hears(ANSWER)
        await talk.is_quiet(0.4)
        talk.session.keep_sound(True)
        from_s = talk.clock.now
        await talk.is_quiet(2)
        await talk.hears(ANSWER)
        await talk.is_quiet(0.8)
        talk.session.keep_sound(False)
        until_s = talk.clock.now
        await talk.is_quiet(3)

    assert min(entry.at for entry in heard.entries) >= (from_s - WINDOW_S) * LINE_RATE
    assert max(entry.at + len(entry.pcm) * LINE_RATE / entry.rate for entry in heard.entries) <= until_s * LINE_RATE
    assert heard.seconds("user") == pytest.approx(until_s - from_s, abs=0.001)
    assert heard.seconds("assistant") == pytest.approx(0.8, abs=NEAR_S)


async def test_nobody_is_recorded_whose_server_keeps_nothing() -> None:
    journal = Journal()
    journal.keep_sound(True)

    assert not journal.audio


# --- A client that sends nothing ------------------------------------------------------------------------------------------


async def test_what_is_said_after_a_silent_microphone_lies_behind_the_answer_meanwhile() -> None:
    heard = Heard()
    async with conversing(Words("Ah."), journal=heard.journal) as talk:
        await talk.is_quiet(1)
        begins_s = talk.clock.now
        await talk.hears(ANSWER)
        await talk.passes(5)
        speaks_s = talk.clock.now
        await talk.speaks(1)
        await talk.is_quiet(1)

    assert heard.stretches("assistant") == near((begins_s, begins_s + ANSWER_S))
    assert heard.stretches("user") == near((speaks_s, speaks_s + 1))


# --- One answer -----------------------------------------------------------------------------------------------------------


def test_a_position_between_two_samples_ends_with_the_one_before_and_goes_on_with_the_next() -> None:
    sound = HeardSound(0)
    for number in range(30):
        sound.sent(Piece("item_1", np.full(1_764, number + 1, np.int16), 22_050, number * 80.0))
    for tenth in range(0, 24_001, 1):
        sound.reached(tenth / 10, (tenth * 1.6, tenth * 1.6), playing=True)

    heard = np.concatenate([piece.pcm for piece in sound.certain(math.inf)])
    assert np.array_equal(heard, np.repeat(np.arange(1, 31), 1_764))
