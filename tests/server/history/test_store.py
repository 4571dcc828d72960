from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from server.errors import NotFound, PreconditionFailed
from server.history.store import ConversationStore, Filter, day_of
from server.storage.database import Database
from server.storage.undo import GRACE_MS, UNDO_S
from tests.server.history.kept import NOON, answered, keep, keeping, said, texts

HOUR_MS = 3_600_000


class Clock:
    def __init__(self, at: int = NOON) -> None:
        self.at = at

    def __call__(self) -> int:
        return self.at


async def talks(database: Database, count: int, person: str = "ann", step_ms: int = HOUR_MS) -> list[str]:
    """So many conversations, an hour after each other."""
    clock, ids = Clock(), []
    async with keeping(database, clock) as keeper:
        for number in range(count):
            ids.append(await keep(keeper, said(f"Talk {number}."), answered("Indeed."), person=person))
            clock.at += step_ms
    return ids


async def test_conversations_are_listed_newest_first_in_pages_that_neither_repeat_nor_leave_out(
    database: Database,
) -> None:
    ids, store = await talks(database, 5), ConversationStore(database)

    first = await store.listed("ann", Filter(), None, 2)
    rest = await store.listed("ann", Filter(), (first[1].talked_at, first[1].id), 10)

    assert [row.id for row in [*first[:2], *rest]] == ids[::-1]


async def test_conversations_that_began_in_one_millisecond_are_all_listed(database: Database) -> None:
    ids, store = await talks(database, 4, step_ms=0), ConversationStore(database)

    listed, after = [], None
    while page := (await store.listed("ann", Filter(), after, 1))[:1]:
        listed.append(page[0].id)
        after = page[0].talked_at, page[0].id
    assert sorted(listed) == sorted(ids)


async def test_a_clock_that_is_set_back_mixes_up_no_lines_and_loses_no_conversation(database: Database) -> None:
    clock = Clock()
    async with keeping(database, clock) as keeper:
        before = await keep(keeper, said("One."), answered("Two."), said("Three."))
        clock.at -= 2 * HOUR_MS
        after = await keep(keeper, said("Four."), answered("Five."))
    store = ConversationStore(database)

    assert texts(await store.lines("ann", before, 0, 10)) == ["One.", "Two.", "Three."]
    assert texts(await store.lines("ann", after, 0, 10)) == ["Four.", "Five."]
    assert [row.id for row in await store.listed("ann", Filter(), None, 10)] == [before, after]
    row = await store.get("ann", after)
    assert row.started_at <= row.updated_at <= row.ended_at


async def test_nobody_reads_edits_deletes_or_restores_what_is_somebody_elses(database: Database) -> None:
    (id,), store = await talks(database, 1), ConversationStore(database)

    assert await store.listed("ben", Filter(), None, 10) == []
    for attempt in (
        store.get("ben", id),
        store.lines("ben", id, 0, 10),
        store.edit("ben", id, None, {"title": "Mine"}),
        store.delete("ben", id),
        store.restore("ben", id),
    ):
        with pytest.raises(NotFound):
            await attempt
    assert await store.delete("ben") == (0, pytest.approx(await_now(), abs=60_000))
    assert (await store.get("ann", id)).title == ""


def await_now() -> int:
    return round(datetime.now(UTC).timestamp() * 1000) + UNDO_S * 1000


async def test_lines_come_in_pages_and_around_any_one_of_them(database: Database) -> None:
    entries = [said(f"Line {number}.", id=f"line_{number}") for number in range(20)]
    async with keeping(database) as keeper:
        id = await keep(keeper, *entries)
    store = ConversationStore(database)

    first = await store.lines("ann", id, 0, 8)
    second = await store.lines("ann", id, first[7].number, 8)
    around = await store.lines("ann", id, 0, 8, "line_10")

    assert texts([*first[:8], *second[:8]]) == [f"Line {number}." for number in range(16)]
    assert texts(around[:8]) == [f"Line {number}." for number in range(6, 14)]
    assert texts(await store.lines("ann", id, 0, 8, "line_1"))[:2] == ["Line 0.", "Line 1."]
    with pytest.raises(NotFound):
        await store.lines("ann", id, 0, 8, "line_99")


async def test_an_edit_of_a_version_that_is_gone_changes_nothing(database: Database) -> None:
    (id,), store = await talks(database, 1), ConversationStore(database)

    edited = await store.edit("ann", id, 1, {"title": "The first"})
    with pytest.raises(PreconditionFailed):
        await store.edit("ann", id, 1, {"title": "The second"})
    row = await store.edit("ann", id, None, {"pinned": True})

    assert (edited.version, row.title, row.pinned, row.version) == (2, "The first", True, 3)


async def test_what_is_deleted_is_gone_at_once_and_back_if_it_is_undone_in_time(database: Database) -> None:
    (id, other), clock = await talks(database, 2), Clock()
    store = ConversationStore(database, clock)

    assert await store.delete("ann", id) == (1, NOON + UNDO_S * 1000)
    assert [row.id for row in await store.listed("ann", Filter(), None, 10)] == [other]
    with pytest.raises(NotFound):
        await store.get("ann", id)
    clock.at += UNDO_S * 1000
    assert await store.restore("ann", id) == 1
    assert (await store.get("ann", id)).id == id

    await store.delete("ann", id)
    clock.at += UNDO_S * 1000 + GRACE_MS + 1
    with pytest.raises(NotFound):
        await store.restore("ann", id)


async def test_all_are_deleted_and_all_come_back(database: Database) -> None:
    await talks(database, 3)
    bens, clock = (await talks(database, 1, "ben"))[0], Clock()
    store = ConversationStore(database, clock)

    assert (await store.delete("ann"))[0] == 3
    assert await store.listed("ann", Filter(), None, 10) == []
    assert (await store.get("ben", bens)).id == bens
    assert await store.restore("ann") == 3


async def test_the_list_is_narrowed_by_day_character_and_pin(database: Database) -> None:
    clock = Clock(round(datetime(2026, 11, 30, 23, 30, tzinfo=UTC).timestamp() * 1000))
    async with keeping(database, clock) as keeper:
        late = await keep(keeper, said("Good night."), character="wizard")
        clock.at += HOUR_MS
        early = await keep(keeper, said("Still awake."), character="detective")
    store = ConversationStore(database)
    await store.edit("ann", late, None, {"pinned": True})

    async def ids(wanted: Filter) -> list[str]:
        return [row.id for row in await store.listed("ann", wanted, None, 10)]

    for day, offset, expected in [
        ("2026-11-30", 0, [late]),
        ("2026-12-01", 0, [early]),
        ("2026-12-01", 60, [early, late]),
    ]:
        since, until = day_of(date.fromisoformat(day), offset)
        assert await ids(Filter(since=since, until=until)) == expected
    assert await ids(Filter(character="detective")) == [early]
    assert await ids(Filter(pinned=True)) == [late]
    assert await ids(Filter(pinned=False)) == [early]
