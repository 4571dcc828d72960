from __future__ import annotations

import asyncio

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.conversation.notices import Answered, Notice, ReplyAudio, ReplyRecord, ReplyText
from pipeline.conversation.outbox import Outbox
from pipeline.conversation.transcript import Item
from pipeline.engines.protocols import VoiceChoice

LAW = settings(max_examples=50, deadline=None, derandomize=True, database=None)

RATE = 24_000
ITEM = Item("item_1", role="assistant", spoken=True)


def reply(id: str = "resp_1") -> ReplyRecord:
    return ReplyRecord(id, "audio", VoiceChoice())


def audio(of: ReplyRecord, seconds: float) -> ReplyAudio:
    return ReplyAudio(of, 0, ITEM, np.zeros(round(seconds * RATE), np.int16), RATE)


def answered(number: int) -> Answered:
    return Answered({"number": number})


async def all_of(outbox: Outbox, count: int) -> list[Notice]:
    return [await outbox.take() for _ in range(count)]


async def has_room(outbox: Outbox) -> bool:
    """Whether `wait_for_room` returns at once."""
    waiting = asyncio.create_task(outbox.wait_for_room())
    await asyncio.sleep(0)
    free = waiting.done()
    waiting.cancel()
    await asyncio.wait({waiting})
    return free


async def test_notices_come_out_as_they_went_in() -> None:
    outbox, spoken = Outbox(1), reply()
    notices: list[Notice] = [answered(1), audio(spoken, 0.1), ReplyText(spoken, 0, ITEM, "hello"), answered(2)]
    for notice in notices:
        outbox.put(notice)

    assert await all_of(outbox, 4) == notices


async def test_taking_from_an_empty_outbox_waits_for_a_notice() -> None:
    outbox = Outbox(1)
    taking = asyncio.create_task(outbox.take())
    await asyncio.sleep(0)
    waited = not taking.done()
    outbox.put(answered(1))

    assert (waited, await taking) == (True, answered(1))


async def test_there_is_room_until_as_much_audio_waits_as_may() -> None:
    outbox, spoken = Outbox(1.0), reply()
    rooms = [await has_room(outbox)]
    for _ in range(2):
        outbox.put(audio(spoken, 0.5))
        rooms.append(await has_room(outbox))

    assert rooms == [True, True, False]


async def test_what_is_not_audio_takes_no_room() -> None:
    outbox = Outbox(1.0)
    for number in range(100):
        outbox.put(answered(number))

    assert await has_room(outbox)


async def test_taking_audio_makes_room_for_whoever_waits() -> None:
    outbox, spoken = Outbox(1.0), reply()
    outbox.put(audio(spoken, 1.0))
    waiting = asyncio.create_task(outbox.wait_for_room())
    await asyncio.sleep(0)
    waited = not waiting.done()
    await outbox.take()
    await waiting

    assert waited


async def test_audio_is_taken_back_from_one_reply_and_from_nothing_else() -> None:
    outbox, one, other = Outbox(9.0), reply("resp_1"), reply("resp_1")
    text = ReplyText(one, 0, ITEM, "hello")
    for notice in (audio(other, 0.25), audio(one, 0.5), text, audio(one, 0.125), audio(other, 0.75)):
        outbox.put(notice)
    dropped_ms = outbox.drop_audio(one)
    left = await all_of(outbox, 3)

    assert dropped_ms == 625
    assert [(notice.reply is other, type(notice)) for notice in left if isinstance(notice, ReplyAudio | ReplyText)] == [
        (True, ReplyAudio),
        (False, ReplyText),
        (True, ReplyAudio),
    ]


async def test_taking_audio_back_makes_room() -> None:
    outbox, one, other = Outbox(1.0), reply("resp_1"), reply("resp_2")
    outbox.put(audio(one, 0.8))
    outbox.put(audio(other, 0.8))
    before = await has_room(outbox)
    outbox.drop_audio(one)

    assert (before, await has_room(outbox)) == (False, True)


def test_taking_back_the_audio_of_a_reply_that_has_none_is_nothing() -> None:
    outbox = Outbox(1.0)
    outbox.put(answered(1))

    assert outbox.drop_audio(reply()) == 0


async def test_a_client_that_reads_nothing_is_noticed_and_gets_no_more() -> None:
    outbox = Outbox(1.0, longest=3)
    overflowed = []
    for number in range(5):
        outbox.put(answered(number))
        overflowed.append(outbox.overflowed)

    assert overflowed == [False, False, False, True, True]
    assert await all_of(outbox, 3) == [answered(0), answered(1), answered(2)]


PIECES = st.tuples(st.integers(0, 2), st.sampled_from([0.02, 0.04, 0.08]))


@LAW
@given(pieces=st.lists(PIECES, max_size=60), takes=st.lists(st.integers(0, 4), max_size=60), dropped=st.integers(0, 2))
def test_who_waits_for_room_never_queues_more_than_the_bound_and_one_piece(
    pieces: list[tuple[int, float]], takes: list[int], dropped: int
) -> None:
    asyncio.run(_producer_and_consumer(pieces, takes, dropped))


async def _producer_and_consumer(pieces: list[tuple[int, float]], takes: list[int], dropped: int) -> None:
    bound, replies = 0.2, [reply(str(number)) for number in range(3)]
    outbox, sent, taken = Outbox(bound), list[ReplyAudio](), list[Notice]()

    async def produce() -> None:
        for number, seconds in pieces:
            await outbox.wait_for_room()
            sent.append(audio(replies[number], seconds))
            outbox.put(sent[-1])

    producer = asyncio.create_task(produce())
    for count in takes:
        await asyncio.sleep(0)
        queued = sum(len(piece.pcm) for piece in sent[len(taken) :]) / RATE
        assert queued <= bound + 0.08 + 1e-9
        taken += [await outbox.take() for _ in range(min(count, len(sent) - len(taken)))]
    dropped_ms = outbox.drop_audio(replies[dropped])
    waiting = sent[len(taken) :]
    kept = [piece for piece in waiting if piece.reply is not replies[dropped]]
    producer.cancel()
    await asyncio.wait({producer})

    assert dropped_ms == pytest.approx(sum(len(p.pcm) for p in waiting if p.reply is replies[dropped]) * 1000 / RATE)
    assert all(one is other for one, other in zip(taken, sent, strict=False))
    assert all(one is other for one, other in zip(await all_of(outbox, len(kept)), kept, strict=True))
