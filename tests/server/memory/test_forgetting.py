"""What is forgotten is nowhere any more, on both databases."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select, update

from pipeline.conversation.journal import SummaryChanged
from pipeline.conversation.summary import Summary, SummarySentence
from server.errors import NotFound
from server.history.continuing import reopen
from server.memory.forgetting import Forgetting
from server.memory.store import FactStore, Filter
from server.settings.keeping import StorageSettings
from server.storage.database import Database
from server.storage.ids import now_ms
from server.storage.tables.conversations import conversations, lines
from tests.server.history.kept import begin, keep, keeping, said
from tests.server.memory.remembering import dump, facts, learn

SECRET = "xylophone"


async def told(database: Database) -> str:
    """A talk in which Ann told a secret, which its summary has, too."""
    entry = said(f"I love the {SECRET}.", id="item_secret")
    other = said("Hello.", id="item_hello")
    sentences = (
        SummarySentence(f"Loves the {SECRET}.", ("item_secret",)),
        SummarySentence(f"Said hello, then spoke of the {SECRET}.", ("item_hello", "item_secret")),
        SummarySentence("Said hello.", ("item_hello",)),
    )
    async with keeping(database) as keeper:
        id = await keep(keeper, other, entry, SummaryChanged(Summary(sentences, "item_secret")))
    await learn(database, id)
    return id


async def forgotten(database: Database) -> None:
    """Ann forgets all of it, for good."""
    store = FactStore(database)
    await Forgetting(store).forget("ann", [row.id for row in await store.listed("ann", Filter(), None, 10)])
    later = now_ms() + 60_000
    await Forgetting(replace(store, now=lambda: later)).remove()


async def test_a_forgotten_fact_is_in_no_table_but_the_talks_own_lines(database: Database) -> None:
    await told(database)
    before = await dump(database, [lines])
    await forgotten(database)

    assert before.count(SECRET) >= 3
    assert SECRET not in await dump(database, [lines])


async def test_a_talk_that_goes_on_has_its_summary_without_what_was_forgotten(database: Database) -> None:
    id = await told(database)
    await forgotten(database)
    async with keeping(database) as keeper:
        continued = await reopen(keeper, id, "ann", 100)

    assert continued.summary is not None
    assert [sentence.text for sentence in continued.summary.sentences] == ["Said hello."]
    assert continued.summary.forgotten == {"item_secret"}


async def test_a_forgotten_fact_is_not_learnt_from_its_line_again(database: Database) -> None:
    async with keeping(database) as keeper:
        kept = begin(keeper)
        await kept.write(said("Hello.", id="item_0"))
        await kept.write(said(f"I love the {SECRET}.", id="item_1"))
        kept.end("left")
        await keeper.written(kept.opened.id)
    await Forgetting(FactStore(database)).forget("ann", [], [(kept.opened.id, "item_1")])
    await learn(database, kept.opened.id)

    assert await facts(database) == []


async def test_deleting_a_talk_takes_what_was_learnt_from_it_and_undoing_that_brings_it_back(
    database: Database,
) -> None:
    id, store = await told(database), FactStore(database)
    revision = await store.revisions(["ann"])
    async with database.write() as connection:
        await connection.execute(conversations.update().where(conversations.c.id == id).values(deleted_at=1))
    gone, changed = (await store.profile("ann")).facts, await store.revisions(["ann"])
    async with database.write() as connection:
        await connection.execute(conversations.update().where(conversations.c.id == id).values(deleted_at=None))
    back = (await store.profile("ann")).facts
    async with database.write() as connection:
        await connection.execute(conversations.delete().where(conversations.c.id == id))

    assert gone == []
    assert changed != revision
    assert [fact.text for fact in back] == [f"likes the {SECRET}"]
    assert SECRET not in await dump(database)


async def test_nobody_forgets_what_is_somebody_elses(database: Database) -> None:
    await told(database)
    (row,) = await FactStore(database).listed("ann", Filter(), None, 10)
    rows, _until = await Forgetting(FactStore(database)).forget("ben", [row.id], [(row.conversation_id, row.line_id)])
    async with database.read() as connection:
        summary = await connection.scalar(select(conversations.c.summary))

    assert rows == []
    assert len(await facts(database)) == 1
    assert len(summary["sentences"]) == 3


@pytest.mark.parametrize("undone", [["Berlin"], ["Berlin", "Rome"], ["Rome", "Berlin"], ["Paris"]])
async def test_of_what_contradicts_itself_one_alone_holds_in_whatever_order_it_is_undone(
    database: Database, undone: list[str]
) -> None:
    store = FactStore(database)
    async with keeping(database) as keeper:
        for line in ("I live in Berlin.", "I live in Rome.", "I live in Paris."):
            await learn(database, await keep(keeper, said(line)))
    ids = {row.text.rpartition(" ")[2]: row.id for row in await store.listed("ann", Filter(), None, 10)}
    if undone == ["Paris"]:
        await Forgetting(store).forget("ann", [ids["Paris"]])
        await Forgetting(store).restore("ann", ids["Rome"])
    for place in undone:
        await Forgetting(store).restore("ann", ids[place])
    held = [text for _kind, text, holds in await facts(database) if holds]

    assert held == [f"lives in {undone[-1]}"]


async def test_what_is_forgotten_is_in_no_file_of_the_database(database: Database, storage: StorageSettings) -> None:
    def files() -> list[str]:
        found = (file for file in storage.folder.rglob("*") if file.is_file())
        return [file.name for file in found if SECRET.encode() in file.read_bytes()]

    await FactStore(database).add("ann", f"plays the {SECRET}", None)
    before = files()
    await forgotten(database)

    assert bool(before) == (database.dialect == "sqlite")
    assert files() == []


async def test_no_fact_comes_back_whose_talk_is_gone(database: Database) -> None:
    id = await told(database)
    store = FactStore(database)
    (row,) = await store.listed("ann", Filter(), None, 10)
    await Forgetting(store).forget("ann", [row.id])
    async with database.write() as connection:
        await connection.execute(update(conversations).where(conversations.c.id == id).values(deleted_at=now_ms()))

    with pytest.raises(NotFound):
        await Forgetting(store).restore("ann", row.id)
