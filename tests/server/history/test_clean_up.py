from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text, update

from server.errors import NotFound
from server.history.store import DAY_MS, ConversationStore
from server.settings.keeping import StorageSettings
from server.storage.database import POSTGRESQL, Database
from server.storage.object_place import place_of
from server.storage.objects import Objects, StoredObject
from server.storage.tables.conversations import conversations, lines
from tests.server.history.kept import NOON, answered, cleaning, keep, keeping, said


class Clock:
    def __init__(self) -> None:
        self.at = NOON

    def __call__(self) -> int:
        return self.at


async def counted(database: Database) -> tuple[int, int]:
    async with database.read() as connection:
        found = [await connection.scalar(select(func.count()).select_from(table)) for table in (conversations, lines)]
        return found[0] or 0, found[1] or 0


@pytest.fixture
def objects(tmp_path: Path) -> Objects:
    return Objects(place_of(StorageSettings(folder=tmp_path)))


async def test_what_was_deleted_is_removed_with_lines_index_and_recording_once_it_cannot_be_undone(
    database: Database, objects: Objects
) -> None:
    clock = Clock()
    async with keeping(database) as keeper:
        id, other = [await keep(keeper, said("Remember wombats."), answered("I will.")) for _ in range(2)]
    await objects.put("recordings/ann/one.ogg", b"sound")
    await recorded_at(database, id, "recordings/ann/one.ogg")
    store, clean_up = ConversationStore(database, clock), cleaning(database, objects, now=clock)
    await store.delete("ann", id)

    assert await clean_up.remove() == 0
    clock.at += 10_000
    assert await clean_up.remove() == 0
    clock.at += 4_000
    assert await clean_up.remove() == 1
    assert await counted(database) == (1, 2)
    assert (await store.get("ann", other)).id == other
    with pytest.raises(NotFound):
        await objects.info("recordings/ann/one.ogg")
    if database.dialect != POSTGRESQL:
        async with database.read() as connection:
            found = text("SELECT count(*) FROM lines_fts WHERE lines_fts MATCH 'wombats'")
            assert await connection.scalar(found) == 1


async def test_a_clock_that_is_set_back_keeps_nothing_that_was_deleted(database: Database, objects: Objects) -> None:
    clock = Clock()
    async with keeping(database) as keeper:
        id = await keep(keeper, said("Hello."))
    await ConversationStore(database, clock).delete("ann", id)
    clock.at -= DAY_MS

    assert await cleaning(database, objects, now=clock).remove() == 1


async def test_conversations_are_kept_for_so_many_days_and_pinned_ones_longer(
    database: Database, objects: Objects
) -> None:
    clock = Clock()
    async with keeping(database, clock) as keeper:
        old, pinned = await keep(keeper, said("Old.")), await keep(keeper, said("Pinned."))
        clock.at += 8 * DAY_MS
        new = await keep(keeper, said("New."))
    store = ConversationStore(database, clock)
    await store.edit("ann", pinned, None, {"pinned": True})

    assert await cleaning(database, objects, 0, clock).remove() == 0
    assert await cleaning(database, objects, 7, clock).remove() == 1
    assert {(await store.get("ann", id)).id for id in (pinned, new)} == {pinned, new}
    with pytest.raises(NotFound):
        await store.get("ann", old)


class Meanwhile:
    """A place of objects in which something happens while one of them is deleted."""

    def __init__(self, objects: Objects, happens: Callable[[], Awaitable[object]]) -> None:
        self._objects, self._happens = objects, happens

    async def delete(self, key: str) -> None:
        await self._happens()
        await self._objects.delete(key)

    def list(self, prefix: str) -> AsyncIterator[StoredObject]:
        return self._objects.list(prefix)


async def test_nobody_pins_what_is_about_to_be_removed(database: Database, objects: Objects) -> None:
    clock = Clock()
    async with keeping(database, clock) as keeper:
        id = await keep(keeper, said("Old."))
    clock.at += 8 * DAY_MS
    await recorded_at(database, id, "recordings/ann/one.ogg")
    store, refused = ConversationStore(database, clock), []

    async def pin() -> None:
        try:
            await store.edit("ann", id, None, {"pinned": True})
        except NotFound as error:
            refused.append(error.code)

    meanwhile: Any = Meanwhile(objects, pin)
    await cleaning(database, meanwhile, 7, clock).remove()

    assert set(refused) == {"conversation_not_found"}


async def test_a_recording_that_is_finished_while_its_conversation_is_removed_goes_too(
    database: Database, objects: Objects
) -> None:
    clock = Clock()
    async with keeping(database) as keeper:
        id = await keep(keeper, said("Hello."))
    await recorded_at(database, id, "recordings/ann/one.ogg")
    await ConversationStore(database, clock).delete("ann", id)
    clock.at += 60_000

    async def finish() -> None:
        if await counted(database) == (0, 0):
            return
        await objects.put("recordings/ann/two.ogg", b"sound")
        await recorded_at(database, id, "recordings/ann/two.ogg")

    meanwhile: Any = Meanwhile(objects, finish)
    await cleaning(database, meanwhile, now=clock).remove()

    assert await counted(database) == (0, 0)
    assert [one.key async for one in objects.list("recordings")] == []


async def recorded_at(database: Database, id: str, key: str) -> None:
    async with database.write() as connection:
        recording = update(conversations).where(conversations.c.id == id)
        await connection.execute(recording.values(recording={"key": key}))
