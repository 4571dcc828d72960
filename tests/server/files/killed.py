"""A process that takes files in until it is killed: `python -m tests.server.files.killed FOLDER`. Says when it is busy."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from server.files.files import Files
from server.files.resumable import PIECE_BYTES
from server.settings.keeping import FileSettings, StorageSettings
from server.storage.object_place import place_of
from server.storage.objects import Objects
from server.storage.opening import opened_database
from tests.server.files.forms import file, form, request

CAME = PIECE_BYTES + 1000
"""Bytes of the resumable upload that have come: one piece counts, the rest is in memory."""


async def hanging(content: bytes, reached: asyncio.Event) -> AsyncIterator[bytes]:
    for start in range(0, len(content), 65_536):
        yield content[start : start + 65_536]
    reached.set()
    await asyncio.Event().wait()


async def take_in(folder: Path) -> None:
    storage = StorageSettings(folder=folder)
    async with opened_database(storage, ["ann"]) as database:
        files = Files.on(database, Objects(place_of(storage)), FileSettings())
        await files.uploads.receive("ann", request(form(file(b"whole"))), None)
        upload = await files.resumable.create("ann", "a", "permanent", 2 * CAME)
        whole, part = asyncio.Event(), asyncio.Event()
        body = form(file(b"x" * 3_000_000))
        async with asyncio.TaskGroup() as group:
            group.create_task(files.uploads.receive("ann", request(hanging(body[:-9], whole), len(body)), None))
            group.create_task(files.resumable.append(upload, 0, hanging(b"y" * CAME, part)))
            await asyncio.gather(whole.wait(), part.wait())
            print(upload.id, flush=True)


if __name__ == "__main__":
    asyncio.run(take_in(Path(sys.argv[1])))
