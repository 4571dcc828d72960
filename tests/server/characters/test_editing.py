"""Characters that people keep: made, saved, drafted, deleted, on both databases."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import update

from pipeline.errors import InvalidRequest, KaikouError
from server.characters.answers import ListedFields
from server.characters.editing import FEWEST_VERSIONS, LARGEST_DRAFT, MOST_VERSIONS, New
from server.errors import Forbidden, NotFound, PreconditionFailed, QuotaExceeded, TooLarge, ValidationFailed
from server.storage.database import Database
from server.storage.tables.characters import characters
from tests.server.characters.making import Clock, editing, file, made


async def test_a_character_is_made_and_found_by_its_owner_alone(database: Database) -> None:
    by = editing(database)
    (id,) = await made(by, "ann", "Nemo")

    character = await by.store.character(id, "ann")
    assert (character.id, character.version, character.name) == (id, "1", {"en": "Nemo"})
    assert [one.id for one in await by.store.of("ann")] == [id]
    assert await by.store.of("ben") == []
    for ask in (by.store.character, by.store.get, by.store.draft):
        with pytest.raises(NotFound):
            await ask(id, "ben")
    for change in (
        by.save("ben", id, file(), None, None),
        by.save("ben", id, file(), ["sea"], 1),
        by.keep_draft("ben", id, {}),
        by.delete("ben", id),
        by.restore("ben", id),
        by.set_picture("ben", id, "x"),
        by.store.versions(id, "ben", None, 9),
        by.store.version(id, "ben", 1),
    ):
        with pytest.raises(NotFound):
            await change


async def test_saving_makes_versions_and_an_edit_of_an_older_one_is_refused(database: Database) -> None:
    by = editing(database)
    (id,) = await made(by, "ann", "Nemo")
    assert await by.save("ann", id, file("Ned"), ["sea"], 1) == 2
    with pytest.raises(PreconditionFailed):
        await by.save("ann", id, file("Nobody"), None, 1)
    assert await by.save("ann", id, file("Aronnax"), None, None) == 3

    row = await by.store.get(id, "ann")
    assert (row.version, row.file["en"]["name"], row.tags) == (3, "Aronnax", ["sea"])
    assert [one.version for one in await by.store.versions(id, "ann", None, 9)] == [3, 2, 1]
    assert [one.version for one in await by.store.versions(id, "ann", 3, 1)] == [2, 1]
    assert (await by.store.version(id, "ann", 1)).file["en"]["name"] == "Nemo"


async def test_only_the_newest_versions_are_kept(database: Database) -> None:
    by = editing(database)
    (id,) = await made(by, "ann", "Nemo")
    for number in range(MOST_VERSIONS + 1):
        await by.save("ann", id, file(f"Nemo {number}"), None, None)
    assert [one.version for one in await by.store.versions(id, "ann", None, 99)][-1] == 3


async def test_all_that_is_wrong_with_a_file_is_told_at_once(database: Database) -> None:
    with pytest.raises(ValidationFailed) as caught:
        await editing(database).create("ann", New({"languages": ["en"], "en": {"nmae": "N", "greeting": 3}}))
    fields = [fault.field for fault in caught.value.fields]
    assert fields == ["file.en.nmae"]
    with pytest.raises(ValidationFailed) as caught:
        await editing(database).create("ann", New({"languages": ["en"], "en": {"greeting": 3}}))
    assert [fault.field for fault in caught.value.fields] == ["file.en.name", "file.en.who", "file.en.greeting"]


@pytest.mark.parametrize(
    ("draft", "shown"),
    [
        ({"accent": "#256A5F", "portrait": "drawn-oval-bob"}, ("#256A5F", "drawn-oval-bob")),
        ({"accent": "green", "portrait": 7}, ("#5b6470", "")),
        ([], ("#5b6470", "")),
    ],
)
def test_a_draft_looks_as_it_says_where_that_can_be_drawn(draft: object, shown: tuple[str, str]) -> None:
    fields = ListedFields.of_draft(draft)
    assert (fields.accent, fields.portrait) == shown


async def test_a_draft_is_kept_as_it_is_until_a_file_is_saved(database: Database) -> None:
    by = editing(database)
    id = await by.create("ann", New(draft={"en": {"name": "Nem"}, "half": [None, 1.5]}))
    row = await by.store.get(id, "ann")
    assert (row.version, row.file, row.listed_fields["name"]) == (0, None, {"en": "Nem"})
    with pytest.raises(NotFound):  # nobody can talk to what is no character yet
        await by.store.character(id, "ann")
    with pytest.raises(InvalidRequest):
        await by.store.draft(id, "ann")

    await by.keep_draft("ann", id, file("Nemo"))
    assert (await by.store.draft(id, "ann")).version == "draft"
    assert (await by.store.get(id, "ann")).listed_fields["name"] == {"en": "Nemo"}
    await by.save("ann", id, file("Captain"), None, 0)
    row = await by.store.get(id, "ann")
    assert (row.version, row.draft) == (1, None)
    assert (await by.store.draft(id, "ann")).name == {"en": "Captain"}


async def test_a_draft_that_is_too_large_and_a_character_too_many_are_refused(database: Database) -> None:
    by = replace(editing(database), most=2)
    (id,) = await made(by, "ann", "Nemo")
    with pytest.raises(TooLarge):
        await by.keep_draft("ann", id, "x" * LARGEST_DRAFT)
    await made(by, "ann", "Ned")
    with pytest.raises(QuotaExceeded):
        await made(by, "ann", "Conseil")
    await made(by, "ben", "Conseil")


async def test_a_deletion_can_be_undone_for_some_seconds(database: Database) -> None:
    clock = Clock()
    by = editing(database, clock)
    (id,) = await made(by, "ann", "Nemo")
    until = await by.delete("ann", id)
    assert until - clock.now == 10_000
    with pytest.raises(NotFound):
        await by.store.get(id, "ann")
    await by.restore("ann", id)
    assert (await by.store.get(id, "ann")).id == id

    await by.delete("ann", id)
    clock.now += 60_000
    with pytest.raises(NotFound):
        await by.restore("ann", id)


async def test_what_is_kept_of_cards_and_of_long_files_is_bounded(database: Database) -> None:
    by = replace(editing(database), most_bytes=10)
    first = await by.create("ann", New(file("Nemo"), imported={}, imported_bytes=9))
    with pytest.raises(QuotaExceeded):
        await by.create("ann", New(file("Ned"), imported={}, imported_bytes=2))
    await by.create("ann", New(file("Ned")))
    await by.delete("ann", first)
    second = await by.create("ann", New(file("Ned"), imported={}, imported_bytes=10))
    with pytest.raises(QuotaExceeded):
        await by.restore("ann", first)

    long = file("Nemo", greetings=["x" * 20_000] * 45)
    for _ in range(FEWEST_VERSIONS + 1):
        await by.save("ann", second, long, None, None)
    assert len(await by.store.versions(second, "ann", None, 99)) == FEWEST_VERSIONS


async def test_by_undoing_deletions_nobody_gets_more_than_the_most(database: Database) -> None:
    by = replace(editing(database), most=1)
    (first,) = await made(by, "ann", "Nemo")
    await by.delete("ann", first)
    (second,) = await made(by, "ann", "Ned")
    with pytest.raises(QuotaExceeded):
        await by.restore("ann", first)
    await by.delete("ann", second)
    await by.restore("ann", first)
    assert [one.id for one in await by.store.of("ann")] == [first]


@pytest.mark.parametrize("value", [10**30, {"a": [10**20]}])
async def test_a_number_that_no_database_keeps_is_refused(database: Database, value: object) -> None:
    with pytest.raises(KaikouError):
        await editing(database).create("ann", New(draft=value))


async def test_what_somebody_published_others_see_and_cannot_change(database: Database) -> None:
    by = editing(database)
    (id,) = await made(by, "ann", "Nemo")
    async with database.write() as connection:
        await connection.execute(update(characters).values(published_at=1))
    assert (await by.store.character(id, "ben")).id == id
    for change in (by.save("ben", id, file(), ["sea"], 1), by.keep_draft("ben", id, {}), by.delete("ben", id)):
        with pytest.raises(Forbidden):
            await change
