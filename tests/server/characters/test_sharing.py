"""Characters between people: published, copied, marked, reported, hidden, counted and removed, on both databases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import func, select

from server.accounts.audit import AuditLog, Client
from server.characters.catalogue import AllCharacters, FileCharacters
from server.characters.clean_up import LATELY_MS, Background
from server.characters.editing import Editing, New
from server.characters.sharing import Sharing
from server.errors import Conflict, Forbidden, NotFound
from server.identity.principal import Principal
from server.settings import Settings
from server.settings.keeping import StorageSettings
from server.storage.database import Database
from server.storage.object_place import place_of
from server.storage.objects import Objects
from server.storage.tables import METADATA
from server.storage.tables.accounts import people
from server.storage.tables.characters import character_talks, characters
from server.storage.tables.conversations import conversations
from tests.server.characters.making import NOW, Clock, editing, file, made

OPERATOR = Principal("owner", "login", "operator")


@dataclass
class Place:
    """Everything about characters on one database."""

    sharing: Sharing
    by: Editing
    background: Background
    clock: Clock
    objects: Objects
    database: Database

    async def rows(self) -> Mapping[str, int]:
        """How many rows there are of characters."""
        names = [table for table in METADATA.sorted_tables if table.name.startswith("character")]
        async with self.database.read() as connection:
            return {
                table.name: await connection.scalar(select(func.count()).select_from(table)) or 0 for table in names
            }


@pytest_asyncio.fixture
async def place(database: Database, tmp_path: Path) -> Place:
    clock = Clock()
    by, objects = editing(database, clock), Objects(place_of(StorageSettings(folder=tmp_path)))
    built_in = FileCharacters.read(Settings().characters.folder, "assistant")
    sharing = Sharing(AllCharacters(built_in, by.store), by, objects, AuditLog(database, 30, clock))
    return Place(sharing, by, Background(database, objects, clock), clock, objects, database)


async def test_what_is_published_is_seen_by_everybody_until_it_is_not(place: Place) -> None:
    (id,) = await made(place.by, "ann", "Nemo")
    with pytest.raises(NotFound):
        await place.sharing.publish("ben", id, published=True)
    await place.sharing.publish("ann", id, published=True)
    assert (await place.by.store.character(id, "ben")).name == {"en": "Nemo"}
    with pytest.raises(Forbidden):
        await place.sharing.publish("ben", id, published=False)
    await place.sharing.publish("ann", id, published=False)
    with pytest.raises(NotFound):
        await place.by.store.character(id, "ben")

    draft = await place.by.create("ann", New(draft={}))
    with pytest.raises(Conflict):
        await place.sharing.publish("ann", draft, published=True)


async def test_a_copy_names_its_origin_and_outlives_it(place: Place) -> None:
    (id,) = await made(place.by, "ann", "Nemo")
    await place.objects.put(f"characters/{id}/picture.webp", b"pixels")
    await place.by.set_picture("ann", id, f"characters/{id}/picture.webp")
    with pytest.raises(NotFound):
        await place.sharing.copy("ben", id)
    await place.sharing.publish("ann", id, published=True)
    copied = await place.sharing.copy("ben", id)
    await place.background.remove_all_of("ann")
    async with place.database.write() as connection:
        await connection.execute(people.delete().where(people.c.id == "ann"))

    row = await place.by.store.get(copied, "ben")
    assert (row.origin_id, row.origin_name, row.file["en"]["name"]) == (id, "Nemo", "Nemo")
    assert b"".join([piece async for piece in place.objects.read(row.picture_key)]) == b"pixels"
    assert [found.key async for found in place.objects.list()] == [row.picture_key]
    assert (await place.rows())["characters"] == 1


async def test_a_built_in_character_can_be_copied_and_changed(place: Place) -> None:
    id = await place.sharing.copy("ben", "detective")
    row = await place.by.store.get(id, "ben")
    assert (row.origin_id, row.version) == ("detective", 1)
    character = await place.by.store.character(id, "ben")
    assert character.greeting == (await place.sharing.characters.get("detective", "ben")).greeting
    assert character.portrait == "detective"


async def test_favourites_are_of_what_one_sees(place: Place) -> None:
    (id,) = await made(place.by, "ann", "Nemo")
    for unseen in (id, "nobody"):
        with pytest.raises(NotFound):
            await place.sharing.mark("ben", unseen)
        with pytest.raises(NotFound):
            await place.sharing.unmark("ben", unseen)
    await place.sharing.publish("ann", id, published=True)
    for _ in range(2):
        await place.sharing.mark("ben", id)
    await place.sharing.mark("ben", "wizard")
    await place.sharing.publish("ann", id, published=False)
    await place.sharing.unmark("ben", id)
    assert (await place.rows())["character_favourites"] == 1


async def test_what_is_reported_an_operator_sees_and_hides_from_everybody_but_its_owner(place: Place) -> None:
    (id,) = await made(place.by, "ann", "Nemo")
    for who in ("ann", "ben"):
        with pytest.raises((Forbidden, NotFound)):
            await place.sharing.report(who, id, "other", "")
    with pytest.raises(NotFound):  # it is nobody's business yet
        await place.sharing.hide(OPERATOR, id, Client(), hidden=True)
    await place.sharing.publish("ann", id, published=True)
    await place.sharing.report("ben", id, "other", "first")
    await place.sharing.report("ben", id, "hateful", "then")

    (report,) = await place.sharing.reports(None, 9, settled=False)
    assert (report.character_id, report.reason, report.text, report.owner_id) == (id, "hateful", "then", "ann")
    await place.sharing.hide(OPERATOR, id, Client(), hidden=True)
    assert await place.sharing.reports(None, 9, settled=False) == []
    assert len(await place.sharing.reports(None, 9, settled=True)) == 1
    with pytest.raises(NotFound):
        await place.by.store.character(id, "ben")
    await place.sharing.publish("ann", id, published=False)
    await place.sharing.publish("ann", id, published=True)
    with pytest.raises(NotFound):
        await place.by.store.character(id, "ben")
    assert (await place.by.store.character(id, "ann")).id == id
    assert (await place.by.store.get(id, "owner", hidden=True)).id == id
    await place.sharing.hide(OPERATOR, id, Client(), hidden=False)
    assert (await place.by.store.character(id, "ben")).id == id
    entries = await place.sharing.audit.list("ann", None, 9)
    assert [(entry.action, entry.details["by"]) for entry in entries] == [
        ("character_shown", "owner"),
        ("character_hidden", "owner"),
    ]


async def test_what_was_reported_can_be_hidden_after_its_owner_took_it_back(place: Place) -> None:
    (id,) = await made(place.by, "ann", "Nemo")
    await place.sharing.publish("ann", id, published=True)
    await place.sharing.report("ben", id, "other", "a\0")
    await place.sharing.publish("ann", id, published=False)
    await place.sharing.hide(OPERATOR, id, Client(), hidden=True)
    await place.sharing.publish("ann", id, published=True)
    with pytest.raises(NotFound):
        await place.by.store.character(id, "ben")
    with pytest.raises(Conflict) as refused:
        await place.sharing.copy("ann", id)
    assert refused.value.code == "hidden"
    assert await place.sharing.reports(None, 9, settled=False) == []


async def talked(place: Place, person: str, character: str, **more: Any) -> None:
    at = place.clock.now
    row = {
        "id": f"conv_{place.clock()}",
        "person_id": person,
        "character_id": character,
        "character_name": "N",
        "character_version": "1",
        "language": "en",
        "writer_id": "w",
        "line_count": 6,
        "length_ms": 60_000,
        **dict.fromkeys(("started_at", "talked_at", "updated_at"), at),
    }
    async with place.database.write() as connection:
        await connection.execute(conversations.insert().values(**{**row, **more}))


async def test_popular_is_with_whom_many_people_talked_for_a_while_lately(place: Place) -> None:
    for person in ("ann", "ben", "ben"):
        await talked(place, person, "wizard")
    await talked(place, "ann", "detective", line_count=5)
    await talked(place, "ann", "detective", length_ms=59_999)
    await talked(place, "ann", "detective", talked_at=NOW - LATELY_MS - 1)
    await talked(place, "ann", "detective", deleted_at=NOW)
    await talked(place, "ann", "char_1", character_version="draft")
    for _ in range(2):
        await place.background.count_talks()
    async with place.database.read() as connection:
        assert (await connection.execute(select(character_talks))).all() == [("wizard", 2)]


async def test_what_was_deleted_is_removed_with_everything_once_it_cannot_be_undone(place: Place) -> None:
    id, other = await made(place.by, "ann", "Nemo", "Ned")
    await place.sharing.publish("ann", id, published=True)
    await place.sharing.mark("ben", id)
    await place.sharing.mark("ben", "wizard")
    await place.sharing.report("ben", id, "other", "")
    await place.objects.put(f"characters/{id}/picture.webp", b"pixels")
    await place.objects.put(f"characters/{other}/picture.webp", b"pixels")
    await place.by.delete("ann", id)
    assert await place.background.remove() == 0
    place.clock.now += 14_000
    assert await place.background.remove() == 1

    assert [found.key async for found in place.objects.list()] == [f"characters/{other}/picture.webp"]
    left = await place.rows()
    assert left["characters"] == left["character_versions"] == left["character_words"] == 1
    assert (left["character_favourites"], left["character_reports"]) == (1, 0)
    async with place.database.read() as connection:
        assert await connection.scalar(select(characters.c.id)) == other


async def test_nobody_talks_to_a_version_that_they_did_not_see(place: Place) -> None:
    (id,) = await made(place.by, "ann", "Nemo")
    await place.by.keep_draft("ann", id, file("Secret"))
    await place.sharing.publish("ann", id, published=True)
    with pytest.raises(NotFound):
        await place.by.store.draft(id, "ben")
