"""What keeps conversations, when the database takes nothing, others write to it too, or somebody is gone."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import delete, select, text

from server.errors import NotFound
from server.history.continuing import reopen
from server.history.keeping.keeper import Keeper
from server.history.keeping.kept import MOST_LINES, About, KeptConversation, Opened
from server.history.keeping.writers import DEAD_S, LEAVE_S, Writers
from server.history.store import ConversationStore
from server.storage.database import POSTGRESQL, Database
from server.storage.tables.accounts import people
from server.storage.tables.conversations import conversations
from tests.server.history.kept import CHARACTERS, Told, answered, begin, keeping, said, texts

WAIT_S = 40.0


async def told_of(told: Told, state: tuple[bool, str]) -> None:
    """Wait until this was told last."""
    async with asyncio.timeout(WAIT_S):
        while not told.states or told.states[-1] != state:
            await asyncio.sleep(0.01)


async def settled(keeper: Keeper, *kept: KeptConversation) -> None:
    """Wait until nothing of these is left to be written."""
    async with asyncio.timeout(WAIT_S):
        while any(one.changed for one in kept):
            await asyncio.sleep(0.01)


async def test_while_the_database_is_slow_that_is_told_and_what_is_said_is_written_afterwards(
    database: Database,
) -> None:
    told = Told()
    async with keeping(database, late_s=0.05) as keeper:
        async with database.write() as connection:
            if database.dialect == POSTGRESQL:
                await connection.execute(text("LOCK TABLE lines IN ACCESS EXCLUSIVE MODE"))
            kept = begin(keeper, told=told)
            for number in range(20):
                await kept.write(said(f"Line {number}."))
            await told_of(told, (False, "storage_slow"))
        await told_of(told, (True, ""))
        await settled(keeper, kept)
        lines = await ConversationStore(database).lines("ann", kept.opened.id, 0, 50)

    assert texts(lines) == [f"Line {number}." for number in range(20)]
    assert told.states == [(False, "storage_slow"), (True, "")]


async def test_on_a_full_disk_the_talk_goes_on_and_is_written_whole_once_there_is_room(database: Database) -> None:
    if database.dialect == POSTGRESQL:
        pytest.skip("its disk cannot be made full from here")
    told, long = Told(), "word " * 2_000
    async with keeping(database) as keeper:
        kept = begin(keeper, told=told)
        await kept.write(said("Before."))
        await settled(keeper, kept)
        async with database.write() as connection:
            pages = await connection.scalar(text("PRAGMA page_count"))
            await connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 8}")
        for number in range(20):
            await kept.write(said(f"{number} {long}"))
        await told_of(told, (False, "storage_full"))
        while_full = await ConversationStore(database).lines("ann", kept.opened.id, 0, 50)
        async with database.write() as connection:
            await connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
        await told_of(told, (True, ""))
        await settled(keeper, kept)
        lines = await ConversationStore(database).lines("ann", kept.opened.id, 0, 50)

    assert texts(while_full) == ["Before."]
    assert texts(lines) == ["Before.", *(f"{number} {long}" for number in range(20))]


async def test_what_cannot_be_held_any_more_is_lost_and_told(database: Database) -> None:
    told = Told()
    about, opened = About(CHARACTERS["wizard"], "en"), Opened("conv_1", "ann", 0)
    kept = KeptConversation(opened, lambda: about, told, lambda: 0.0, lambda: None)
    for number in range(MOST_LINES + 5):
        await kept.write(said(f"Line {number}."))

    assert (kept.lost, told.states, len(kept.changes().lines)) == (5, [(False, "behind")], MOST_LINES)


async def test_somebody_who_is_gone_holds_up_nobody_else(database: Database) -> None:
    told, others = Told(), Told()
    async with keeping(database) as keeper:
        async with database.write() as connection:
            await connection.execute(delete(people).where(people.c.id == "ben"))
        gone, other = begin(keeper, "ben", told), begin(keeper, "ann", others)
        await gone.write(said("Am I still here?"))
        await other.write(said("I am."))
        await told_of(told, (False, "person_gone"))
        await settled(keeper, other)
        assert texts(await ConversationStore(database).lines("ann", other.opened.id, 0, 9)) == ["I am."]


async def test_who_goes_on_with_a_conversation_on_another_server_has_it_alone(database: Database) -> None:
    told = Told()
    async with keeping(database) as one, keeping(database) as two:
        first = begin(one, told=told)
        await first.write(said("Hello.", id="item_1"))
        await settled(one, first)
        continued = await reopen(two, first.opened.id, "ann", 100)
        about = About(CHARACTERS["wizard"], "en")
        second = two.begin(continued.opened, lambda: about, Told())
        await second.write(said("I am back.", id="item_2"))
        await settled(two, second)
        await first.write(said("Who is there?", id="item_3"))
        await told_of(told, (False, "continued_elsewhere"))
        lines = await ConversationStore(database).lines("ann", first.opened.id, 0, 9)

    assert [item.text for item in continued.transcript] == ["Hello."]
    assert texts(lines) == ["Hello.", "I am back."]


async def test_what_is_removed_while_it_goes_on_is_told_and_does_not_come_back(database: Database) -> None:
    told = Told()
    async with keeping(database) as keeper:
        kept = begin(keeper, told=told)
        await kept.write(said("Hello."))
        await settled(keeper, kept)
        async with database.write() as connection:
            await connection.execute(delete(conversations))
        await kept.write(answered("Hello again."))
        await told_of(told, (False, "deleted"))

    with pytest.raises(NotFound):
        await ConversationStore(database).get("ann", kept.opened.id)


async def test_servers_on_one_database_end_what_a_dead_one_left_and_nothing_else(database: Database) -> None:
    now = 0.0
    async with keeping(database) as dead, keeping(database) as living:
        left, going_on = begin(dead), begin(living)
        for kept, keeper in ((left, dead), (going_on, living)):
            await kept.write(said("Hello."))
            await settled(keeper, kept)
        looking, alive = Writers(database, "server_looking", lambda: now), Writers(database, living.id)
        await Writers(database, dead.id).beat()
        await alive.beat()
        await looking.end_what_is_left()
        assert await ends(database) == {left.opened.id: "", going_on.opened.id: ""}
        now += DEAD_S
        await alive.beat()
        await looking.end_what_is_left()
        assert await ends(database) == {left.opened.id: "server_stopped", going_on.opened.id: ""}

        await left.write(answered("I only stood still."))  # it lives after all
        await settled(dead, left)
        assert await ends(database) == {left.opened.id: "", going_on.opened.id: ""}


async def ends(database: Database) -> dict[str, str]:
    async with database.read() as connection:
        rows = await connection.execute(select(conversations.c.id, conversations.c.ended, conversations.c.ended_at))
        return {row.id: row.ended for row in rows if bool(row.ended) == (row.ended_at is not None)}


async def test_a_database_that_hangs_does_not_hold_up_the_end(database: Database) -> None:
    writers, clock = Writers(database, "server_ending"), asyncio.get_running_loop().time
    await writers.beat()
    async with database.write() as connection:
        if database.dialect == POSTGRESQL:
            await connection.execute(text("LOCK TABLE writers"))
        began = clock()
        await writers.leave()
    assert clock() - began < LEAVE_S + 2
