"""All conversations as a zip, made by real jobs on both databases."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from server.history.exporting.job import CONVERSATIONS, FOLDER, VALID_S, ExportJob
from server.history.store import Filter
from server.jobs.jobs import Jobs
from server.jobs.kind import Job
from server.practice.store import PracticeStore
from server.practice.taking_along import files_of
from server.practice.templates.store import OwnTemplates
from server.settings.keeping import StorageSettings
from server.storage.database import Database
from server.storage.ids import new_id, now_ms
from server.storage.object_place import place_of
from server.storage.objects import Objects
from server.storage.tables.conversations import conversations
from server.storage.tables.practice import practice_reports
from tests.server.history.kept import answered, copies, exporting, keep, keeping, said
from tests.server.jobs.working import finished, working
from tests.server.practice.practising import BAKERY_FILE, a_practice

SOUND = b"OggS, as far as anybody looks."


@dataclass
class Place:
    """What is kept, jobs that export it, and how far their clock is ahead."""

    database: Database
    objects: Objects
    exports: ExportJob
    jobs: Jobs
    ahead_ms: int = 0

    async def exported(self, wanted: Filter | None = None, person: str = "ann") -> Job:
        job = await self.exports.submit(person, wanted or Filter(), "/api/objects")
        return await finished(self.jobs, job.id, person)

    async def content(self, job: Job) -> dict[str, bytes]:
        """The files behind the job's link."""
        linked = await self.exports.links.opened(job.result["link"].rpartition("/")[2])
        whole = b"".join([piece async for piece in self.objects.read(linked.key)])
        assert (linked.name, len(whole)) == (job.result["name"], job.result["bytes"])
        with zipfile.ZipFile(io.BytesIO(whole)) as read:
            assert read.testzip() is None
            return {name: read.read(name) for name in read.namelist()}

    async def left(self) -> list[str]:
        return sorted([found.key.rpartition("/")[2] async for found in self.objects.list(FOLDER)])


@asynccontextmanager
async def exports_of(storage: StorageSettings, database: Database, folder: Path) -> AsyncIterator[Place]:
    objects = Objects(place_of(StorageSettings(folder=folder)))
    exports = replace(
        exporting(database, objects), beside=(partial(files_of, database),)
    )  # its kind is declared where it is done; below it is asked for
    async with working(storage, exports.kind) as jobs:
        place = Place(database, objects, exports, jobs)
        place.exports = replace(exports, jobs=jobs, now=lambda: now_ms() + place.ahead_ms)
        yield place


@pytest.fixture
async def place(storage: StorageSettings, database: Database, tmp_path: Path) -> AsyncIterator[Place]:
    async with exports_of(storage, database, tmp_path / "objects") as place:
        yield place


async def test_all_that_a_person_said_comes_as_text_json_subtitles_and_sound(place: Place) -> None:
    async with keeping(place.database) as keeper:
        id = await keep(keeper, said("Where are wombats?"), answered("In Australia."))
        await keep(keeper, said("Of somebody else."), person="ben")
    await place.objects.put("recordings/ann/one.ogg", SOUND)
    async with place.database.write() as connection:
        recorded = update(conversations).where(conversations.c.id == id)
        values = {"recording": {"key": "recordings/ann/one.ogg", "seconds": 1}, "title": "A/b: 袋熊?"}
        await connection.execute(recorded.values(values))

    job = await place.exported()
    files = await place.content(job)

    folder = f"2027-01-15 A b 袋熊 {id[-10:]}"
    assert list(files) == [f"{folder}/{name}" for name in
                           ("conversation.txt", "conversation.json", "conversation.srt", "recording.ogg")]  # fmt: skip
    assert b"Me: Where are wombats?\n" in files[f"{folder}/conversation.txt"]
    told = json.loads(files[f"{folder}/conversation.json"])
    assert [line["said"] for line in told["lines"]] == ["Where are wombats?", "In Australia."]
    assert files[f"{folder}/conversation.srt"].startswith(b"1\n00:00:0")
    assert files[f"{folder}/recording.ogg"] == SOUND
    assert (job.result["conversations"], await place.left()) == (1, ["all.zip"])


async def test_who_takes_everything_along_takes_their_practices_and_nobody_elses(place: Place) -> None:
    store, own = PracticeStore(place.database), OwnTemplates(place.database)
    practice = a_practice(store, title="At the baker's", opening="Good morning!")
    await store.create("ann", practice)
    await store.create("ben", a_practice(store))
    await store.begin(practice.id, "ann", "conv_1")
    await store.finish(practice.id, {"item_1": {"step": "order"}}, [{"said": "goed"}])
    await own.create("ann", BAKERY_FILE)
    part = {"practice_id": practice.id, "part": "next", "person_id": "ann", "state": "ready", "updated_at": 0}
    async with place.database.write() as connection:
        await connection.execute(practice_reports.insert().values(**part, content={"items": []}, made_by="rules"))

    files = await place.content(await place.exported())
    some = await place.content(await place.exported(Filter(pinned=True)))

    first, second = list(files)
    told = json.loads(files[first])
    assert first.startswith("practice/practices/")
    assert first.endswith(f" At the baker's {practice.id[-10:]}.json")
    assert (told["practice"]["opening"], told["moves"]) == ("Good morning!", {"item_1": {"step": "order"}})
    assert told["report"] == {"next": {"state": "ready", "content": {"items": []}, "made_by": "rules"}}
    assert second == "practice/roles and scenes.json"
    assert [row["file"]["en"]["title"] for row in json.loads(files[second])] == ["At the baker's"]
    assert some == {}


async def test_many_conversations_are_written_a_part_in_each_step_and_none_is_missing(place: Place) -> None:
    async with keeping(place.database) as keeper:
        id = await keep(keeper, said("Hello."), answered("Good evening."))
    await copies(place.database, id, 2 * CONVERSATIONS)

    job = await place.exported()

    assert job.result["conversations"] == 2 * CONVERSATIONS + 1
    assert len(await place.content(job)) == 3 * (2 * CONVERSATIONS + 1)


async def test_only_those_that_are_wanted_are_exported_and_nothing_is_a_zip_too(place: Place) -> None:
    async with keeping(place.database) as keeper:
        await keep(keeper, said("Hello."))
        await keep(keeper, said("Hello."), character="philosopher")

    some = await place.content(await place.exported(Filter(character="philosopher")))
    none = await place.content(await place.exported(person="ben"))

    assert (len(some), none) == (3, {})


async def test_an_export_is_removed_after_a_day_and_one_that_did_not_end_at_once(place: Place) -> None:
    await place.exported()
    await place.objects.put(f"{FOLDER}/ann/{new_id('job')}/0", b"left behind")

    assert await place.exports.remove_old() == 1
    assert await place.left() == ["all.zip"]
    place.ahead_ms = VALID_S * 1000 + 1
    assert await place.exports.remove_old() == 1
    assert await place.left() == []


async def test_what_was_deleted_is_in_no_export_that_was_begun_before(place: Place) -> None:
    await place.exported()
    await place.exports.remove_begun_before("ann", now_ms() - 60_000)
    assert await place.left() == ["all.zip"]

    await place.exports.remove_begun_before("ann", now_ms())

    assert await place.left() == []


async def test_of_somebody_who_left_no_export_stays(place: Place) -> None:
    await place.exported()
    await place.exported(person="ben")
    await place.exports.remove_all_of("ann")
    kept = [found.key.split("/")[1] async for found in place.objects.list(FOLDER)]
    await place.jobs.remove_all("ben")

    assert (kept, await place.exports.remove_old(), await place.left()) == (["ben"], 1, [])


async def test_a_failed_export_says_why_and_leaves_nothing(place: Place) -> None:
    async with keeping(place.database) as keeper:
        id = await keep(keeper, said("Hello."))
    await copies(place.database, id, 2 * CONVERSATIONS)

    class Lost(Objects):
        """The second part is lost, as when a conversation is deleted meanwhile."""

        async def put(self, key: str, content: Any) -> None:
            await super().put(key, content)
            if key.endswith("/1"):
                await self.delete(key)

    place.objects.__class__ = Lost
    job = await place.exported()

    assert job.error is not None
    assert (job.state, job.error["code"], await place.left()) == ("failed", "export_outdated", [])
