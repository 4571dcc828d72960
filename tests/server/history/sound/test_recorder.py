"""Recordings on their way to the objects: what is left in the folder is kept, or goes with its conversation."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from pipeline.conversation.journal import AudioPassed
from server.errors import NotFound
from server.history.continuing import reopen
from server.history.keeping.keeper import Keeper
from server.history.keeping.kept import About, KeptConversation
from server.history.sound.recorder import RecordedSession, Recorder
from server.history.sound.recording import recover
from server.history.store import ConversationStore
from server.settings.keeping import StorageSettings
from server.storage.database import Database
from server.storage.object_place import place_of
from server.storage.objects import Objects
from tests.server.history.kept import NOON, Told, a_character, begin, cleaning, keeping, said
from tests.server.history.sound.sounds import heard_in, microphone, stretches_s, tone
from tests.server.history.sound.test_recording import killed_after

LATER = NOON + 60_000


@asynccontextmanager
async def recording(database: Database, folder: Path, objects: Objects) -> AsyncIterator[Recorder]:
    """A server that records into `folder`, after its start."""
    async with keeping(database) as keeper:
        recorder = Recorder(folder, objects, keeper)
        async with recorder.running():
            yield recorder


@pytest.fixture
def objects(tmp_path: Path) -> Objects:
    return Objects(place_of(StorageSettings(folder=tmp_path / "objects")))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "recordings"


class Recorded:
    """A conversation that is kept and recorded."""

    def __init__(self, recorder: Recorder, kept: KeptConversation) -> None:
        self.kept, self.told = kept, Told()
        self.sound: RecordedSession = recorder.begin(kept, self.told)

    async def hears(self, *entries: AudioPassed) -> None:
        for entry in entries:
            await self.kept.write(entry)
            await self.sound.write(entry)

    async def ends(self, keeper: Keeper) -> str:
        self.kept.end("left")
        await keeper.written(self.kept.opened.id)
        await self.sound.end()
        return self.kept.opened.id


async def talk(recorder: Recorder) -> Recorded:
    recorded = Recorded(recorder, begin(recorder.keeper))
    await recorded.kept.write(said("Hello."))
    return recorded


async def go_on(recorder: Recorder, id: str) -> Recorded:
    opened = (await reopen(recorder.keeper, id, "ann", 100)).opened
    about = About(a_character(), "en")
    recorded = Recorded(recorder, recorder.keeper.begin(opened, lambda: about, Told()))
    await recorded.kept.write(said("Again."))
    return recorded


async def recording_of(database: Database, objects: Objects, id: str, folder: Path) -> Path:
    row = await ConversationStore(database).get("ann", id)
    path = folder.parent / f"{id}.ogg"
    path.write_bytes(b"".join([piece async for piece in objects.read(row.recording["key"])]))
    return path


def refuse(folder: Path) -> Path:
    """Have the objects take nothing: a file lies where their folder belongs."""
    place = folder.parent / "objects" / "objects" / "recordings"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(b"")
    return place


def name(folder: Path, id: str) -> None:
    """Say that what `killed_after` left there is of that conversation."""
    for path in folder.glob("conv_1.*"):
        path.rename(path.with_stem(id))


async def test_what_a_killed_server_left_is_kept_at_the_next_start(
    database: Database, objects: Objects, folder: Path
) -> None:
    async with recording(database, folder, objects) as recorder:
        id = await (await talk(recorder)).ends(recorder.keeper)
    killed_s = killed_after(folder, 8.0)
    name(folder, id)

    async with recording(database, folder, objects):
        pass

    row = await ConversationStore(database).get("ann", id)
    heard = heard_in(await recording_of(database, objects, id, folder))
    assert heard.seconds == pytest.approx(killed_s, abs=1)
    assert row.length_ms == pytest.approx(heard.seconds * 1000, abs=20)
    assert os.listdir(folder) == []


async def test_what_the_objects_refuse_is_kept_once_they_take_it(
    database: Database, objects: Objects, folder: Path
) -> None:
    async with recording(database, folder, objects) as recorder:
        place = refuse(folder)
        recorded = await talk(recorder)
        await recorded.hears(*microphone(2, pcm=tone(2)))
        id = await recorded.ends(recorder.keeper)
        refused = (await ConversationStore(database).get("ann", id)).recording
        place.unlink()
        await recorder.keep_what_is_left()

        assert refused is None
        assert heard_in(await recording_of(database, objects, id, folder)).seconds == pytest.approx(2, abs=0.1)
        assert os.listdir(folder) == []


async def test_what_the_objects_refused_goes_with_its_conversation(
    database: Database, objects: Objects, folder: Path
) -> None:
    async with recording(database, folder, objects) as recorder:
        place = refuse(folder)
        recorded = await talk(recorder)
        await recorded.hears(*microphone(2))
        id = await recorded.ends(recorder.keeper)
        place.unlink()
        await ConversationStore(database, lambda: NOON).delete("ann", id)
        await cleaning(database, objects, now=lambda: LATER).remove()
        await recorder.keep_what_is_left()

    assert os.listdir(folder) == []


async def test_of_a_talk_that_is_deleted_while_it_is_recorded_nothing_stays_and_nothing_more_is_recorded(
    database: Database, objects: Objects, folder: Path
) -> None:
    async with recording(database, folder, objects) as recorder:
        recorded = await talk(recorder)
        await recorded.hears(*microphone(2))
        id = recorded.kept.opened.id
        await wait_for_row(database, id)
        await ConversationStore(database, lambda: NOON).delete("ann", id)
        await cleaning(database, objects, now=lambda: LATER).remove()
        await recorded.kept.write(said("Are you still there?"))
        while not recorded.kept.given_up:
            await asyncio.sleep(0.01)
        await recorded.hears(*microphone(2, 2))

        assert recorded.told.states == [(False, "deleted")]
        assert os.listdir(folder) == []
        await recorded.ends(recorder.keeper)
    assert [found.key async for found in objects.list("recordings")] == []


async def wait_for_row(database: Database, id: str) -> None:
    async with asyncio.timeout(10):
        while True:
            try:
                await ConversationStore(database).get("ann", id)
            except NotFound:
                await asyncio.sleep(0.01)
            else:
                return


async def test_what_is_said_after_going_on_is_heard_where_its_line_says(
    database: Database, objects: Objects, folder: Path
) -> None:
    """The microphone went on for some seconds after the last line."""
    async with recording(database, folder, objects) as recorder:
        recorded = await talk(recorder)
        await recorded.hears(*microphone(9))
        id = await recorded.ends(recorder.keeper)
        second = await go_on(recorder, id)
        await second.hears(*microphone(1, pcm=tone(1)))
        offset_ms = second.kept.opened.offset_ms
        await second.ends(recorder.keeper)

    ((begins_s, _ends_s),) = stretches_s(heard_in(await recording_of(database, objects, id, folder)).left)
    assert begins_s == pytest.approx(offset_ms / 1000, abs=0.02)


async def test_a_server_that_comes_back_does_not_replace_what_was_recorded_meanwhile(
    database: Database, objects: Objects, folder: Path
) -> None:
    async with recording(database, folder, objects) as recorder:
        recorded = await talk(recorder)
        await recorded.hears(*microphone(6))
        id = await recorded.ends(recorder.keeper)
    dead = folder.parent / "dead"
    killed_after(dead, 3.0)
    name(dead, id)

    async with recording(database, dead, objects):
        pass

    assert heard_in(await recording_of(database, objects, id, folder)).seconds == pytest.approx(6, abs=0.1)
    assert os.listdir(dead) == []


def test_whoever_is_killed_while_a_recording_is_moved_leaves_it_whole(tmp_path: Path) -> None:
    killed_after(tmp_path, 12.0)
    (file,) = recover(tmp_path)
    (tmp_path / "conv_2.part").write_bytes(b"half")
    file.path.with_suffix(".unmixed").unlink()
    assert recover(tmp_path) == []
    for path in tmp_path.iterdir():
        os.utime(path, (time.time() - 100,) * 2)

    (again,) = recover(tmp_path)

    assert again.seconds == pytest.approx(file.seconds, abs=0.02)
    assert os.listdir(tmp_path) == ["conv_1.ogg"]
