"""What a dead server left is cleaned up by the next one, at its start."""

from __future__ import annotations

import asyncio

from server.files.files import Files
from server.files.quotas import Usage
from server.files.storing import object_key, parts_of
from server.settings.keeping import FileSettings, StorageSettings
from server.storage.object_place import place_of
from server.storage.objects import Objects
from server.storage.opening import opened_database
from tests.databases import a_data_folder
from tests.serving import serving

HOUR_MS = 3_600_000


async def test_a_server_that_starts_cleans_up_and_finishes_what_was_interrupted() -> None:
    with a_data_folder() as folder:
        storage = StorageSettings(folder=folder)
        objects = Objects(place_of(storage))
        async with opened_database(storage, ["owner"]) as database:
            rows = Files.on(database, objects, FileSettings()).rows
            dead = await rows.reserve("owner", "dead", "permanent", 100, 1)
            whole = await rows.reserve("owner", "whole", "permanent", 5, HOUR_MS, resumable=True)
            part = f"{parts_of(whole)}/0"
            for key, content in ((object_key(dead), b"x" * 100), (part, b"hello"), (object_key("nobodys"), b"x")):
                await objects.put(key, content)
            await rows.add_parts("owner", whole, [(0, 5, part)], HOUR_MS)
        async with serving(data=folder, jobs_workers=2) as server, asyncio.timeout(20):
            files: Files = server.app.state.services.files
            while [found.key async for found in objects.list()] != [object_key(whole)]:
                await asyncio.sleep(0.05)
            usage, file = await files.rows.usage("owner"), await files.rows.file("owner", whole)

    assert (usage, file.name, file.bytes, file.type) == (Usage(1, 5), "whole", 5, "text/plain")
