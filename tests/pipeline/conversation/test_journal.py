from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import FrozenInstanceError, fields
from typing import TypeVar

import numpy as np
import pytest

from pipeline.audio.samples import LINE_RATE
from pipeline.conversation.config import ResponseRequest
from pipeline.conversation.journal import (
    AudioPassed,
    EntriesLost,
    Entry,
    ItemCorrected,
    ItemFinished,
    ItemRemoved,
    ItemSnapshot,
    Journal,
    ReplyUsage,
)
from pipeline.conversation.limits import SessionLimits
from pipeline.conversation.transcript import Item
from pipeline.engines.protocols import ChatEvent, ChatRequest, EngineInfo, TextDelta, Usage, WordTime
from pipeline.turns.dialogue import BargeIn, Policy
from tests.pipeline.conversing import MS_PER_LETTER, Words, conversing

ANSWER = "one two three four five six seven"
Kind = TypeVar("Kind")


class Kept:
    """A writer that keeps all entries."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    async def write(self, entry: Entry) -> None:
        self.entries.append(entry)

    def told(self, kind: type[Kind]) -> list[Kind]:
        return [entry for entry in self.entries if isinstance(entry, kind)]


class Counting:
    """A model that keeps what it is asked and counts its tokens."""

    info = EngineInfo("counting", "chat_model")

    def __init__(self) -> None:
        self.asked: list[ChatRequest] = []

    async def reply(self, request: ChatRequest) -> AsyncIterator[ChatEvent]:
        self.asked.append(request)
        yield TextDelta(ANSWER)
        yield Usage(7, 3)

    async def aclose(self) -> None:
        """Nothing to free."""


def item(id: str, text: str = "Hello.") -> Item:
    return Item(id, text=text)


# --- In a conversation ---------------------------------------------------------------------------------------------------


async def test_a_spoken_turn_and_its_answer_are_told_as_they_finish_and_again_as_they_change() -> None:
    kept, ears = Kept(), (Words("Hello there."), Words("Wait."))
    async with conversing(*ears, journal=Journal(kept.write), chat_model=Counting()) as talk:
        await talk.speaks(0.6)
        await talk.is_quiet(1.6)
        await talk.speaks(0.4)
        answer = next(item for item in talk.session.transcript if item.role == "assistant")
        told = [entry for entry in kept.entries if isinstance(entry, ItemFinished | ItemCorrected)]
        texts = [(type(entry), entry.item.role, entry.item.text, entry.item.transcribed) for entry in told]

    assert texts == [
        (ItemFinished, "user", "", False),
        (ItemCorrected, "user", "Hello there.", True),
        (ItemFinished, "assistant", ANSWER, True),
        (ItemCorrected, "assistant", answer.text, True),
    ]
    assert 0 < len(answer.text) < len(ANSWER)


async def test_what_was_told_does_not_change_with_the_conversation() -> None:
    kept = Kept()
    async with conversing(journal=Journal(kept.write)) as talk:
        await talk.hears(ANSWER)
        answer = next(iter(talk.session.transcript))
        talk.session.truncate(answer.id, 400)
        await talk.settles()

    (finished,), (corrected,) = kept.told(ItemFinished), kept.told(ItemCorrected)
    assert (finished.item.text, corrected.item.text, corrected.item.heard_ms) == (ANSWER, "one two", 400)
    with pytest.raises(FrozenInstanceError):
        finished.item.text = ""  # type: ignore[misc]


async def test_what_the_client_deletes_is_told_and_not_what_leaves_a_full_conversation() -> None:
    kept = Kept()
    async with conversing(journal=Journal(kept.write), limits=SessionLimits(items=2)) as talk:
        for id in "abc":
            talk.session.add_item(item(id))
        talk.session.remove_item("b")
        talk.session.remove_item("nobody")
        await talk.settles()

    assert kept.told(ItemRemoved) == [ItemRemoved("b")]


async def test_an_item_is_finished_once_and_corrected_only_between_that_and_its_removal() -> None:
    kept, confirmed = Kept(), Policy(barge_in=BargeIn.CONFIRMED)
    async with conversing(Words("mm"), Words("mm"), journal=Journal(kept.write), policy=confirmed) as talk:
        await talk.hears(f"{ANSWER}. {ANSWER}. {ANSWER}.")
        await talk.is_quiet(0.5)
        answer = next(iter(talk.session.transcript))
        talk.session.truncate(answer.id, 500)  # while it is still being written
        await talk.is_quiet(1)
        await talk.hears(ANSWER)
        await talk.speaks(0.1)
        await talk.is_quiet(0.3)  # a noise: it is set aside before it is over
        talk.session.clear_audio()
        talk.session.remove_item(answer.id)
        await talk.speaks(2.5)
        await talk.is_quiet(1)

    finished, removed = list[str](), set[str]()
    for entry in kept.entries:
        match entry:
            case ItemFinished():
                assert entry.item.id not in finished
                finished.append(entry.item.id)
            case ItemCorrected():
                assert entry.item.id in finished
                assert entry.item.id not in removed
            case ItemRemoved():
                removed.add(entry.item_id)
    assert len(finished) == 3
    assert removed == {answer.id}


async def test_each_answer_tells_what_it_took_once_it_is_over() -> None:
    kept = Kept()
    async with conversing(Words("Wait."), journal=Journal(kept.write), chat_model=Counting()) as talk:
        talk.session.request_reply(ResponseRequest())
        await talk.passes(2)
        talk.session.request_reply(ResponseRequest())
        await talk.is_quiet(0.5)
        await talk.speaks(0.4)
        talk.session.request_reply(ResponseRequest(modality="text", in_conversation=False, input=[]))
        await talk.settles()

    made_ms = len(ANSWER) * MS_PER_LETTER
    used = kept.told(ReplyUsage)
    assert [(use.characters, use.made_ms, use.input_tokens, use.output_tokens) for use in used] == [
        (len(ANSWER), made_ms, 7, 3),
        (len(ANSWER), made_ms, 7, 3),
        (0, 0, 7, 3),
    ]
    assert used[0].heard_ms == made_ms
    assert 400 < used[1].heard_ms < 1_000
    assert used[2].heard_ms == 0


async def test_the_microphone_is_told_sample_by_sample_and_as_a_copy() -> None:
    kept = Kept()
    async with conversing(Words("Hm."), journal=Journal(kept.write, audio=True)) as talk:
        await talk.is_quiet(1)

    passed = kept.told(AudioPassed)
    assert [entry.at for entry in passed] == [512 * number for number in range(len(passed))]
    with pytest.raises(ValueError, match="read-only"):
        passed[0].pcm[0] = 1


async def test_sound_is_kept_for_nobody_who_did_not_ask_for_it() -> None:
    kept = Kept()
    async with conversing(Words("Hm."), journal=Journal(kept.write)) as talk:
        await talk.hears(ANSWER)
        await talk.is_quiet(1)

    assert kept.told(AudioPassed) == []


async def test_a_session_that_begins_with_a_transcript_goes_on_with_it() -> None:
    model, before = Counting(), [ItemSnapshot.of(item("a", "My name is Ada.")), ItemSnapshot.of(item("b", "Who am I?"))]
    async with conversing(transcript=before, chat_model=model) as talk:
        talk.session.request_reply(ResponseRequest())
        await talk.settles()

        assert [item.id for item in talk.session.transcript][:2] == ["a", "b"]
    assert [message.text for message in model.asked[0].messages] == ["My name is Ada.\nWho am I?"]


async def test_of_a_transcript_that_is_too_long_the_newest_are_taken() -> None:
    before = [ItemSnapshot.of(item(id)) for id in "abc"]
    async with conversing(transcript=before, limits=SessionLimits(items=2)) as talk:
        assert [item.id for item in talk.session.transcript] == ["b", "c"]
        assert talk.notices == []


# --- The queue ------------------------------------------------------------------------------------------------------------


async def written(journal: Journal) -> None:
    journal.close()
    await journal.run()


async def test_what_does_not_fit_is_lost_counted_and_told() -> None:
    kept = Kept()
    journal = Journal(kept.write, longest=2)
    for id in "abcd":
        journal.put(ItemRemoved(id))
    await written(journal)

    assert kept.entries == [EntriesLost(2), ItemRemoved("a"), ItemRemoved("b")]


async def test_sound_is_bounded_in_seconds() -> None:
    kept = Kept()
    journal = Journal(kept.write, audio=True, longest_audio_s=1.05)
    for number in range(12):
        journal.record("user", number * 1_600, np.zeros(1_600, np.int16), LINE_RATE)
    journal.put(ItemRemoved("a"))
    await written(journal)

    assert len(kept.told(AudioPassed)) == 10
    assert (kept.told(EntriesLost), kept.told(ItemRemoved)) == ([EntriesLost(2)], [ItemRemoved("a")])


async def test_a_writer_that_fails_loses_the_entry_and_is_told_with_the_next() -> None:
    entries: list[Entry] = []

    async def write(entry: Entry) -> None:
        if entry == ItemRemoved("a"):
            raise OSError("The disk is full.")
        entries.append(entry)

    journal = Journal(write)
    for id in "ab":
        journal.put(ItemRemoved(id))
    await written(journal)

    assert entries == [EntriesLost(1), ItemRemoved("b")]


async def test_a_writer_whose_work_others_cancelled_loses_the_entry_and_goes_on() -> None:
    kept = Kept()

    async def write(entry: Entry) -> None:
        if isinstance(entry, ItemRemoved) and entry.item_id == "lost":
            future = asyncio.get_running_loop().create_future()
            future.cancel()
            await future
        await kept.write(entry)

    journal = Journal(write)
    journal.put(ItemRemoved("lost"))
    journal.put(ItemRemoved("kept"))
    await written(journal)

    assert kept.entries == [EntriesLost(1), ItemRemoved("kept")]


async def test_nothing_is_written_after_the_end_of_a_session_that_is_cancelled_twice() -> None:
    async def write(_entry: Entry) -> None:
        await asyncio.Event().wait()

    before = asyncio.all_tasks()
    async with conversing(journal=Journal(write)) as talk:
        talk.session.add_item(item("one"))
        await talk.settles()
        running = next(task for task in asyncio.all_tasks() - before if "Session.run" in repr(task))
        for _ in range(2):
            running.cancel()
            await talk.settles()
        left = {task for task in asyncio.all_tasks() - before if "Journal.run" in repr(task)}

    assert left == set()


async def test_a_writer_that_hangs_holds_up_neither_the_conversation_nor_its_end() -> None:
    async def write(_entry: Entry) -> None:
        await asyncio.Event().wait()

    async with conversing(journal=Journal(write, longest=1)) as talk:
        for id in "abc":
            talk.session.add_item(item(id))
        await talk.hears(ANSWER)
        assert len(talk.session.transcript) == 4
        talk.session.close()
        await talk.passes(3)


def test_a_snapshot_has_everything_of_an_item_and_gives_it_back() -> None:
    whole = Item(
        "a", role="assistant", text="Hi", spoken=True, words=[WordTime("Hi", 0, 9)], whole="Hi you", heard_ms=9
    )

    assert [field.name for field in fields(ItemSnapshot)] == [field.name for field in fields(Item)]
    assert ItemSnapshot.of(whole).restored() == whole
    hash(ItemSnapshot.of(whole))
