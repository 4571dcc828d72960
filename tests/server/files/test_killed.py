"""A server that is killed while files come in: what had come of a resumable upload stays, of the others nothing is left."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from server.files.files import Files
from server.files.quotas import Usage
from server.files.resumable import PIECE_BYTES
from server.files.storing import object_key
from server.files.uploads import LEASE_MS
from server.settings.keeping import FileSettings, StorageSettings
from server.storage.ids import now_ms
from server.storage.object_place import place_of
from server.storage.objects import Objects
from server.storage.opening import opened_database
from tests.server.files.killed import CAME
from tests.server.files.test_resumable import sent


def killed_in(folder: Path) -> str:
    """The id of the resumable upload that a process was busy with when it was killed."""
    command = [sys.executable, "-m", "tests.server.files.killed", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        id = next(line.strip() for line in process.stdout if line.startswith("file_"))
        process.kill()
    return id


async def test_a_killed_server_loses_no_file_and_leaves_nothing_else(tmp_path: Path) -> None:
    id = killed_in(tmp_path)
    storage = StorageSettings(folder=tmp_path)
    objects = Objects(place_of(storage))
    async with opened_database(storage, []) as database:
        files = Files.on(database, objects, FileSettings(), lambda: now_ms() + LEASE_MS)
        assert await files.rows.usage("ann") == Usage(3, 5 + 3_000_000 + 2 * CAME)
        await files.removal.remove_expired()
        await files.removal.remove_orphans()

        assert await files.rows.usage("ann") == Usage(2, 5 + 2 * CAME)
        upload = await files.resumable.state("ann", id)
        assert upload.received == PIECE_BYTES
        await files.resumable.append(upload, PIECE_BYTES, sent(b"y" * (2 * CAME - PIECE_BYTES)))
        (whole,) = [row for row in (await files.rows.page("ann", None, None, 9))[0] if row.id != id]
        assert {found.key async for found in objects.list()} == {object_key(id), object_key(whole.id)}
        assert b"".join([piece async for piece in objects.read(object_key(id))]) == b"y" * 2 * CAME
