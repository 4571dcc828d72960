"""Practices that are kept: listed, begun by one talk, gone on with, over, deleted."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import select, update

from pipeline.practice.practice import InterviewSetup, Phrase, PracticeStep
from server.errors import Conflict, KaikouError, NotFound, QuotaExceeded
from server.practice.clean_up import DAY_MS, PracticeCleanUp
from server.practice.store import LOST_MS, PracticeStore, Wanted
from server.practice.values import json_of, practice_of
from server.storage.database import Database
from server.storage.tables.conversations import conversations
from server.storage.tables.practice import practice_cards, practice_reports, practices
from tests.server.characters.making import NOW, Clock
from tests.server.history.kept import keep, keeping, said
from tests.server.practice.practising import a_practice


async def made(store: PracticeStore, person: str = "ann", **fields: Any) -> str:
    practice = a_practice(store, **fields)
    await store.create(person, practice)
    return practice.id


async def refused(work: Awaitable[Any]) -> str:
    """The code of the error."""
    with pytest.raises(KaikouError) as raised:
        await work
    return raised.value.code


async def test_what_was_planned_comes_back_as_it_was(database: Database) -> None:
    store = PracticeStore(database)
    step = PracticeStep(
        "order", "点面包", ("What can I get you?",), "I'd like …", (Phrase("Hi", "你好"),), words=("a",)
    )
    planned = a_practice(store, steps=(step,), phrases=(Phrase("Hi", "你好"),), due={"front": "back"}, opening="“Hi”")
    await store.create("ann", planned)
    row = await store.get("ann", planned.id)
    assert practice_of(row.practice) == planned
    assert (row.state, row.kind, row.language, row.title, row.talk_is_kept) == ("ready", "language", "en", "At", False)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda kept: kept.pop("title"),
        lambda kept: kept.update(kind="song"),
        lambda kept: kept["steps"].append({"id": "x"}),
        lambda kept: kept.update(scene={"level": "B1"}),
    ],
)
def test_a_practice_of_another_shape_is_told_as_one(spoil: Callable[[Any], Any]) -> None:
    kept = {**json_of(a_practice(PracticeStore(None))), "steps": []}  # type: ignore[arg-type]
    spoil(kept)
    with pytest.raises(Conflict) as raised:
        practice_of(kept)
    assert raised.value.code == "practice_outdated"


async def test_lists_are_ones_own_newest_first_in_pages_and_by_what_is_wanted(database: Database) -> None:
    store = PracticeStore(database, Clock())
    first = await made(store)
    second = await made(store, kind="interview", scene=None, interview=InterviewSetup("baker"), language="zh")
    third = await made(store)
    await made(store, "ben")
    await store.begin(third, "ann", "conv_1")

    async def ids(wanted: Wanted, before: Any = None, limit: int = 50) -> list[str]:
        return [row.id for row in await store.listed("ann", wanted, before, limit)]

    assert await ids(Wanted()) == [third, second, first]
    assert await ids(Wanted(), None, 1) == [third, second]
    assert await ids(Wanted(), (NOW + 4, second)) == [first]
    assert await ids(Wanted(kind="interview")) == await ids(Wanted(language="zh")) == [second]
    assert await ids(Wanted(conversation="conv_1")) == [third]


async def test_one_person_has_so_many(database: Database) -> None:
    store = PracticeStore(database, most=1)
    await made(store)
    with pytest.raises(QuotaExceeded):
        await made(store)
    await made(store, "ben")


async def test_of_two_talks_that_begin_one_practice_the_second_is_refused(database: Database) -> None:
    store = PracticeStore(database)
    id = await made(store)
    begun = await asyncio.gather(*(store.begin(id, "ann", f"conv_{talk}") for talk in range(5)), return_exceptions=True)
    codes = sorted(one.code if isinstance(one, KaikouError) else one.id for one in begun)  # type: ignore[union-attr]
    assert codes == sorted([id, *["practice_begun"] * 4])


async def test_what_cannot_be_read_is_not_begun(database: Database) -> None:
    store = PracticeStore(database)
    id = await made(store)
    async with database.write() as connection:
        await connection.execute(update(practices).where(practices.c.id == id).values(practice={"kind": "song"}))

    assert await refused(store.begin(id, "ann", "conv_1")) == "practice_outdated"
    assert (await store.get("ann", id)).state == "ready"


async def test_nobody_elses_practice_is_begun_or_deleted(database: Database) -> None:
    store = PracticeStore(database)
    id = await made(store)
    assert await refused(store.begin(id, "ben", "conv_1")) == "practice_not_found"
    assert await refused(store.delete("ben", id)) == "practice_not_found"
    assert await refused(store.get("ben", id)) == "practice_not_found"
    assert (await store.get("ann", id)).state == "ready"


async def test_a_talk_that_is_gone_on_with_has_its_practice_again_and_keeps_what_was_decided(
    database: Database,
) -> None:
    clock = Clock()
    store = PracticeStore(database, clock)
    id = await made(store)
    await store.begin(id, "ann", "conv_1")
    await store.begin(id, "ann", "conv_1")  # the server was killed, and the talk goes on
    began = (await store.get("ann", id)).began_at
    slip = {"item_id": "a", "at": 3, "said": "goed"}
    await store.finish(id, {"a": {"step": "one"}}, [slip])
    assert await refused(store.begin(id, "ann", "conv_2")) == "practice_over"
    await store.begin(id, "ann", "conv_1")
    assert (await store.get("ann", id)).ended_at is None
    await store.finish(id, {"b": {"step": "two"}}, [slip, {**slip, "item_id": "b"}])
    row = await store.get("ann", id)
    assert (row.state, row.began_at, row.ended_at) == ("over", began, clock.now)
    assert (list(row.moves), [one["item_id"] for one in row.corrections]) == (["a", "b"], ["a", "b"])


async def test_what_was_decided_is_kept_while_the_talk_goes_on(database: Database) -> None:
    store = PracticeStore(database, Clock())
    id = await made(store)
    await store.begin(id, "ann", "conv_1")
    await store.keep(id, {"a": {"step": "one"}}, [])
    await store.keep(id, {"b": {"step": "two"}}, [{"said": "goed"}])
    row = await store.get("ann", id)
    assert (row.state, row.ended_at, list(row.moves), row.corrections) == (
        "going",
        None,
        ["a", "b"],
        [{"said": "goed"}],
    )
    assert await store.going_in("ann", "conv_1") == id
    assert await store.going_in("bob", "conv_1") is None
    await store.finish(id, {}, [])
    assert await store.going_in("ann", "conv_1") is None
    await store.keep("prac_gone", {"a": {}}, [])


async def test_a_talk_in_which_nothing_was_said_leaves_the_practice_ready(database: Database) -> None:
    store = PracticeStore(database)
    id = await made(store)
    await store.begin(id, "ann", "conv_1")
    await store.release(id, "conv_2")
    assert (await store.get("ann", id)).state == "going"
    await store.release(id, "conv_1")
    row = await store.get("ann", id)
    assert (row.state, row.conversation_id, row.began_at) == ("ready", None, None)
    await store.begin(id, "ann", "conv_2")


async def test_one_that_was_lost_with_its_server_can_be_begun_anew_once_no_talk_can_be_left(database: Database) -> None:
    clock = Clock()
    store = PracticeStore(database, clock)
    id = await made(store)
    await store.begin(id, "ann", "conv_1")
    clock.now += LOST_MS - 10
    assert await refused(store.begin(id, "ann", "conv_2")) == "practice_begun"
    clock.now += 100
    await store.begin(id, "ann", "conv_2")


async def test_one_whose_talk_is_kept_goes_on_there_and_nowhere_else(database: Database) -> None:
    clock = Clock()
    store = PracticeStore(database, clock)
    async with keeping(database) as keeper:
        conversation = await keep(keeper, said("Hello."))
    id = await made(store)
    await store.begin(id, "ann", conversation)
    clock.now += 2 * LOST_MS
    assert await refused(store.begin(id, "ann", "conv_2")) == "practice_begun"
    assert (await store.get("ann", id)).talk_is_kept
    async with database.write() as connection:
        await connection.execute(update(conversations).values(deleted_at=1))
    assert not (await store.get("ann", id)).talk_is_kept


async def test_another_plan_is_kept_only_before_the_talk(database: Database) -> None:
    store = PracticeStore(database)
    practice = a_practice(store)
    await store.create("ann", practice)
    other = practice_of({**json_of(practice), "title": "Other"})
    assert (await store.replan("ann", other)).title == "Other"
    assert await refused(store.replan("ben", other)) == "practice_not_found"
    await store.begin(practice.id, "ann", "conv_1")
    assert await refused(store.replan("ann", practice)) == "practice_begun"
    assert (await store.get("ann", practice.id)).title == "Other"


async def test_deleted_means_gone_with_its_report_while_cards_stay(database: Database) -> None:
    store = PracticeStore(database)
    id, other = await made(store), await made(store)
    card = {"language": "en", "front": "f", "back": "b", "fsrs": {}, "due_at": 0, "created_at": 0, "updated_at": 0}
    report = {"part": "measures", "state": "ready", "updated_at": 0, "person_id": "ann"}
    async with database.write() as connection:
        for practice in (id, other):
            await connection.execute(practice_reports.insert().values(practice_id=practice, **report))
        await connection.execute(
            practice_cards.insert().values(id="card_1", digest="", person_id="ann", practice_id=id, **card)
        )
    await store.delete("ann", id)
    await store.finish(id, {"a": {}}, [])  # a talk that still went on
    async with database.read() as connection:
        left = list(await connection.scalars(select(practices.c.id)))
        reports = list(await connection.scalars(select(practice_reports.c.practice_id)))
        cards = (await connection.execute(select(practice_cards.c.id, practice_cards.c.practice_id))).all()
    assert (left, reports, [tuple(row) for row in cards]) == ([other], [other], [("card_1", None)])
    with pytest.raises(NotFound):
        await store.get("ann", id)


async def test_adverts_and_cvs_go_when_conversations_do_and_so_does_what_was_never_talked(database: Database) -> None:
    clock = Clock()
    store = PracticeStore(database, clock)
    async with keeping(database) as keeper:
        pinned = await keep(keeper, said("Hello."))
    steps = tuple(PracticeStep(id, "title", ("ask",)) for id in ("about-you", "resume-1", "fitted-2", "oven"))
    setup = InterviewSetup("baker", advert="We bake.", resume="I bake.")
    planned = {"kind": "interview", "scene": None, "interview": setup, "steps": steps}
    unused, there, over = [await made(store, **planned) for _ in range(3)]
    await store.begin(there, "ann", pinned)
    await store.begin(over, "ann", "conv_gone")
    await store.finish(over, {"item_1": {"step": "oven"}}, [])
    clock.now += 31 * DAY_MS
    new = await made(store, **planned)

    assert await PracticeCleanUp(database, 0, clock).remove() == 0
    assert await PracticeCleanUp(database, 30, clock).remove() == 2
    assert await PracticeCleanUp(database, 30, clock).remove() == 0
    assert await refused(store.get("ann", unused)) == "practice_not_found"
    kept = {id: practice_of((await store.get("ann", id)).practice) for id in (there, over, new)}
    assert [kept[id].interview for id in (there, new)] == [setup, setup]
    assert kept[over].interview == InterviewSetup("baker")
    assert [step.id for step in kept[over].steps] == ["about-you", "oven"]
    assert (await store.get("ann", over)).moves == {"item_1": {"step": "oven"}}


async def test_a_talk_is_called_like_its_practice_unless_it_has_a_title(database: Database) -> None:
    store = PracticeStore(database)
    async with keeping(database) as keeper:
        talks = [await keep(keeper, said("Hello.")) for _ in range(2)]
    async with database.write() as connection:
        await connection.execute(update(conversations).where(conversations.c.id == talks[1]).values(title="Mine"))
    for talk in talks:
        id = await made(store)
        await store.begin(id, "ann", talk)
        await store.finish(id, {}, [])
    async with database.read() as connection:
        titles = {row.id: row.title for row in await connection.execute(select(conversations))}

    assert titles == {talks[0]: "At", talks[1]: "Mine"}
