"""What one conversation brings with it, and what the others that are written with it notice of that: nothing."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from pipeline.conversation.journal import ItemTimed
from server.history.continuing import reopen
from server.history.keeping.kept import About, KeptConversation
from server.history.keeping.writing import TAKEN_OVER
from server.history.store import ConversationStore
from server.storage.database import Database
from server.storage.tables.conversations import conversations
from tests.server.history.kept import NOON, Told, a_character, answered, begin, keep, keeping, said

pytestmark = pytest.mark.asyncio

MANY_BYTES = " ".join("ﷺ" * 4 + str(number) for number in range(9_000))
"""Different words that take more than a megabyte once they are made equal for searching."""


async def previews(database: Database) -> list[str]:
    async with database.read() as connection:
        return list(await connection.scalars(select(conversations.c.preview).order_by(conversations.c.id)))


@pytest.mark.parametrize("text", ["\x00hello", "hello \ud83d", MANY_BYTES], ids=["NUL", "half an emoji", "a megabyte"])
async def test_whatever_a_conversation_begins_with_is_kept(database: Database, text: str) -> None:
    async with keeping(database) as keeper:
        await keep(keeper, said(text))
        await keep(keeper, said("rain"))

    assert len(await previews(database)) == 2


async def test_what_cannot_be_written_of_one_conversation_is_told_and_the_others_are_kept(database: Database) -> None:
    told, others = Told(), Told()
    async with keeping(database) as keeper:
        strange = begin(keeper, told=told)
        await strange.write(said("Hello.", call_id=UNWRITABLE))
        other = begin(keeper, told=others)
        await other.write(said("rain"))
        for kept in (strange, other):
            kept.end("left")
            await keeper.written(kept.opened.id)

    assert (await previews(database), told.states[-1:], others.states) == (["rain"], [(False, "failed")], [])


UNWRITABLE: Any = object()
"""What no JSON can hold."""


async def test_what_the_database_refuses_of_one_conversation_holds_up_none_of_the_others(database: Database) -> None:
    with capture_logs() as logged:
        await _with_one_that_is_refused(database)

    assert not any("exc_info" in line for line in logged), "a traceback would tell what was said"


async def _with_one_that_is_refused(database: Database) -> None:
    async with keeping(database) as keeper:
        refused = begin(keeper)
        await refused.write(ItemTimed("item_a", 2**70, 2**70))
        await refused.write(said("Hello.", id="item_a"))
        await keep(keeper, said("rain"))

        assert await previews(database) == ["rain"]
        refused.give_up("failed")


async def test_of_two_who_go_on_at_once_the_first_is_told_that_it_is_not_kept(database: Database) -> None:
    first, second = Told(), Told()
    async with keeping(database) as keeper:
        id = await keep(keeper, said("Hello."))
        opened = [(await reopen(keeper, id, "ann", 100)).opened for _ in range(2)]
        about = About(a_character(), "en")
        both = [keeper.begin(one, lambda: about, told) for one, told in zip(opened, (first, second), strict=True)]
        for number, kept in enumerate(both):
            await kept.write(said(f"I am number {number}."))
            kept.end("left")
        await keeper.written(id)

    assert (first.states, second.states) == ([(False, TAKEN_OVER)], [])


async def test_who_goes_on_at_once_has_the_last_words(database: Database) -> None:
    async with keeping(database) as keeper:
        kept: KeptConversation = begin(keeper)
        await kept.write(said("Hello."))
        await kept.write(answered("Good day."))
        kept.end("left")
        continued = await reopen(keeper, kept.opened.id, "ann", 100)

    assert [item.text for item in continued.transcript] == ["Hello.", "Good day."]


async def test_what_was_written_lies_between_what_was_said_also_on_another_day(database: Database) -> None:
    """Its time is that of the conversation, in which the days between two parts of it do not count."""
    day_ms = 86_400_000
    async with keeping(database) as keeper:
        first = begin(keeper)
        await first.write(ItemTimed("item_a", 2_000, 5_000))
        await first.write(said("Hello.", id="item_a"))
        first.end("left")
        await keeper.written(id := first.opened.id)
    async with keeping(database, lambda: NOON + day_ms) as keeper:
        opened = (await reopen(keeper, id, "ann", 100)).opened
        about = About(a_character(), "en")
        second = keeper.begin(opened, lambda: about, Told())
        await second.write(said("I write.", id="item_b"))
        await second.write(ItemTimed("item_c", 500, 900))
        await second.write(answered("I speak.", id="item_c", audio_ms=400))
        second.end("left")
        await keeper.written(id)

    lines = await ConversationStore(database).lines("ann", id, 0, 100)
    assert [(line.at_ms, line.end_ms) for line in lines if line.end_ms] == [(2_000, 5_000), (5_500, 5_900)]
    assert 5_000 <= lines[1].at_ms < 6_000
