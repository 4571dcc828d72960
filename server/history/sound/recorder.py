"""The recordings of this server's conversations: made in a folder while people talk, kept with the objects afterwards."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path

import structlog
from sqlalchemy import case, select, update

from pipeline.conversation.journal import AudioPassed, Entry
from pipeline.engines.workers import Workers
from pipeline.errors import EngineTimeout, KaikouError
from server.errors import NotFound, StorageError
from server.history.keeping.keeper import Keeper
from server.history.keeping.kept import KeptConversation
from server.history.sound.recording import PART, Kept, Recording, RecordingFile, recover
from server.storage.objects import Objects
from server.storage.tables.conversations import conversations

log = structlog.get_logger("kaikou")

RECORDINGS = "recordings"
"""Where they are kept among the objects, each person's apart."""

THREADS = 2
"""A second of sound takes 7 ms of one."""

RECOVER_S, WAIT_S, STOP_S = 60.0, 10.0, 10.0
"""How long finishing what a killed server left, waiting for the session before, and moving the last recordings may take."""

EVERY_S = 60.0
"""How often what lies in the folder is looked through: what the objects did not take, and what was deleted meanwhile."""


class Recorder:
    """`folder`: where recordings lie while they are made, and until the place of objects took them."""

    def __init__(self, folder: Path, objects: Objects, keeper: Keeper) -> None:
        self.folder, self.objects, self.keeper = folder, objects, keeper
        self.workers = Workers(THREADS)
        self._recorded: dict[str, RecordedSession] = {}
        self.moving = asyncio.Lock()
        """Held while something is moved that no session of this server records."""

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """What an earlier server left is kept now; what was recorded within the block before it ends."""
        await self.keep_what_is_left()
        again = asyncio.create_task(self._keep_again())
        try:
            yield
        finally:
            again.cancel()
            await asyncio.wait({again})
            with suppress(TimeoutError):
                async with asyncio.timeout(STOP_S):
                    for session in list(self._recorded.values()):
                        await session.over.wait()
            self.workers.close()

    def begin(self, kept: KeptConversation, on_kept: Kept) -> RecordedSession:
        """The sound of a session, of which nothing is kept before there is some."""
        session = RecordedSession(self, kept, on_kept, self._recorded.get(kept.opened.id))
        self._recorded[kept.opened.id] = session
        return session

    def forget(self, session: RecordedSession) -> None:
        """It is over."""
        if self._recorded.get(session.kept.opened.id) is session:
            del self._recorded[session.kept.opened.id]

    async def fetch(self, conversation_id: str) -> None:
        """Have in the folder what was recorded of the conversation before, if anything was. Raises `StorageError`."""
        path = self.folder / f"{conversation_id}.ogg"
        async with self.keeper.database.read() as connection:
            where = conversations.c.id == conversation_id
            before = await connection.scalar(select(conversations.c.recording).where(where))
        if not before or path.exists():
            return
        part = path.with_suffix(PART)
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            with suppress(NotFound), part.open("wb") as file:
                async for piece in self.objects.read(before["key"]):
                    file.write(piece)
                part.replace(path)
        finally:
            part.unlink(missing_ok=True)

    async def keep(self, file: RecordingFile) -> None:
        """Move a finished recording to the objects, if its conversation is there. Raises `StorageError`.

        One that is shorter than what was kept meanwhile is old: another server went on with the conversation.
        """
        table = conversations.c
        where = table.id == file.conversation_id
        async with self.keeper.database.read() as connection:
            row = (await connection.execute(select(table.person_id, table.recording).where(where))).one_or_none()
        if row and (row.recording or {}).get("seconds", 0.0) <= file.seconds:
            key = f"recordings/{row.person_id}/{file.conversation_id}.ogg"
            await self.objects.put(key, file.path)
            length_ms = math.ceil(file.seconds * 1000)
            change = (
                update(conversations)
                .where(where)
                .values(
                    recording={"key": key, "seconds": round(file.seconds, 3), "bytes": file.bytes},
                    length_ms=case((table.length_ms < length_ms, length_ms), else_=table.length_ms),
                    version=table.version + 1,
                )
            )
            async with self.keeper.database.write() as connection:
                done = await connection.execute(change)
            if not done.rowcount:
                await self.objects.delete(key)
        file.remove()

    async def keep_what_is_left(self) -> None:
        """Move what lies in the folder and is not being recorded: what a killed server left, or the objects did not take."""
        try:
            async with self.moving:
                work = partial(recover, self.folder, set(self._recorded))
                left = await self.workers.call(work, timeout_s=RECOVER_S, engine="recording")
            for file in left:
                async with self.moving:
                    if file.conversation_id not in self._recorded:  # else that session goes on with it
                        await self.keep(file)
        except (EngineTimeout, StorageError, OSError) as error:
            log.warning("recordings wait to be kept", reason=str(error))

    async def _keep_again(self) -> None:
        while True:
            await asyncio.sleep(EVERY_S)
            await self.keep_what_is_left()


class RecordedSession:
    """The sound of one session, on its way from the journal to a recording."""

    def __init__(
        self, recorder: Recorder, kept: KeptConversation, on_kept: Kept, before: RecordedSession | None
    ) -> None:
        self.kept, self.over = kept, asyncio.Event()
        self._recorder, self._on_kept, self._before = recorder, on_kept, before
        self._recording: Recording | None = None
        self._failed = False

    async def write(self, entry: Entry) -> None:
        """Take what the journal tells; waits for the disk now and then."""
        if not isinstance(entry, AudioPassed) or self._failed:
            return
        if self.kept.given_up:
            await self._give_up(self.kept.given_up)
            return
        if self._recording is None:
            self._recording = await self._begin()
        if self._recording:
            await self._recording.take(entry)

    async def end(self) -> None:
        """Nothing more comes: finish the recording, and move it to the objects; later, if these do not take it."""
        try:
            await self._finish()
        finally:
            self._recorder.forget(self)
            self.over.set()

    async def _finish(self) -> None:
        recording, self._recording = self._recording, None
        try:
            if recording and (file := await recording.finish()):
                with suppress(TimeoutError):
                    await self._recorder.keeper.written(file.conversation_id)
                await self._recorder.keep(file)
        except StorageError as error:
            log.warning("a recording waits to be kept", reason=error.message)

    async def _give_up(self, reason: str) -> None:
        """The conversation was deleted, or somebody goes on with it: nothing of this session is recorded any more."""
        self._failed = True
        self._on_kept(False, reason)
        await self._finish()

    async def _begin(self) -> Recording | None:
        opened, recorder = self.kept.opened, self._recorder
        try:
            async with asyncio.timeout(WAIT_S):
                if self._before:
                    await self._before.over.wait()
                async with recorder.moving:
                    if opened.continues:
                        await recorder.fetch(opened.id)
        except (KaikouError, OSError, TimeoutError):
            self._failed = True
            self._on_kept(False, "storage_unavailable")
            return None
        return Recording.begin(recorder.folder, opened.id, recorder.workers, self._on_kept, opened.offset_ms)
