"""People who leave while characters of theirs are still being made: nothing of them stays, on both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from server.accounts.audit import AuditLog
from server.characters.catalogue import AllCharacters, FileCharacters
from server.characters.clean_up import Background
from server.characters.sharing import Sharing
from server.characters.transfer.cards import Cards
from server.errors import NotFound
from server.settings import Settings
from server.settings.keeping import StorageSettings
from server.storage.database import Database
from server.storage.object_place import place_of
from server.storage.objects import Objects
from server.storage.tables.accounts import people
from tests.server.characters.cards import making
from tests.server.characters.making import editing, made


class ObjectsOfLeaving(Objects):
    """Somebody's account is being deleted right before an object of theirs is kept. gone: it is."""

    def __init__(self, folder: Path, database: Database, person_id: str, *, gone: bool) -> None:
        super().__init__(place_of(StorageSettings(folder=folder)))
        self.database, self.person_id, self.gone = database, person_id, gone

    async def put(self, key: str, content: bytes | Path | AsyncIterator[bytes]) -> None:
        leaving = people.c.id == self.person_id
        async with self.database.write() as connection:
            await connection.execute(people.update().where(leaving).values(deleted_at=1))
        await Background(self.database, self).remove_all_of(self.person_id)
        if self.gone:
            async with self.database.write() as connection:
                await connection.execute(people.delete().where(leaving))
        await super().put(key, content)

    async def keys(self) -> list[str]:
        return [found.key async for found in self.list()]


@pytest.mark.parametrize("card", [making.BOTH, making.CHARX], ids=["PNG", "CHARX"])
@pytest.mark.parametrize("gone", [False, True])
async def test_nothing_is_left_of_a_card_whose_person_leaves(
    database: Database, tmp_path: Path, card: bytes, gone: bool
) -> None:
    objects = ObjectsOfLeaving(tmp_path, database, "ann", gone=gone)
    with pytest.raises(NotFound):
        await Cards(editing(database), objects).take("ann", card, "wren.card")
    assert await objects.keys() == []
    with pytest.raises(NotFound):
        await made(editing(database), "ann", "Nemo")


@pytest.mark.parametrize("gone", [False, True])
async def test_nothing_is_left_of_a_copy_whose_person_leaves(database: Database, tmp_path: Path, gone: bool) -> None:
    by, objects = editing(database), ObjectsOfLeaving(tmp_path, database, "ben", gone=gone)
    (id,) = await made(by, "ann", "Nemo")
    await Objects(objects.place).put(f"characters/{id}/picture.webp", b"pixels")
    await by.set_picture("ann", id, f"characters/{id}/picture.webp")
    built_in = FileCharacters.read(Settings().characters.folder, "assistant")
    sharing = Sharing(AllCharacters(built_in, by.store), by, objects, AuditLog(database, 30))
    await sharing.publish("ann", id, published=True)
    await sharing.copy("ben", id)
    assert await objects.keys() == [f"characters/{id}/picture.webp"]
