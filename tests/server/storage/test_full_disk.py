"""A disk that is full, really: talk goes on, what cannot be kept is told, nothing is torn, and with room all goes on."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import update
from structlog.testing import capture_logs

from pipeline.errors import SettingError
from server.settings.keeping import StorageSettings
from server.storage.database import FILE
from server.storage.opening import opened_database
from server.storage.tables.conversations import conversations
from tests.databases import a_data_folder
from tests.server.history.kept import keep, keeping, said
from tests.server.talking import talking
from tests.serving import Serving, serving

BYTES = 24 << 20

UPLOAD = 3_000_000

KEPT, REFUSED = (201, ""), (507, "storage_full")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own, in memory."""
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={BYTES}", "none", str(tmp_path)], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("only root may mount a disk")
    yield tmp_path
    subprocess.run(["umount", "-l", str(tmp_path)], check=True)


def fill(disk: Path) -> Path:
    """Write until there is no room; the file that takes it."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (1 << 20, 4096, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                continue
    return filler


async def usage(client: httpx2.AsyncClient) -> tuple[int, int]:
    told = (await client.get("/api/files")).json()["data"]["usage"]
    return told["files"], told["bytes"]


async def upload(client: httpx2.AsyncClient) -> tuple[int, str]:
    answer = await client.post("/api/files/upload", files={"file": ("a.bin", os.urandom(UPLOAD))})
    return answer.status_code, (answer.json()["error"] or {"code": ""})["code"]


async def talk(server: Serving, kept: bool) -> str:
    """Talk, be answered, and be told that it is kept, or why it is not."""
    async with talking(server, extensions="kaikou") as talk:
        await talk.say_something()
        done = await talk.until("response.done")
        told = await talk.until("kaikou.keeping", where=lambda event: event["kept"] is kept)
    assert done["response"]["status"] == "completed"
    return str(told["reason"])


async def keys(server: Serving) -> list[str]:
    return sorted([found.key async for found in server.app.state.services.objects.list("files")])


async def test_on_a_full_disk_talk_goes_on_and_with_room_again_everything_does(disk: Path) -> None:
    async with serving(data=disk) as server, httpx2.AsyncClient(base_url=server.http, timeout=30) as client:
        with capture_logs():  # else what went wrong is drawn for a person, which takes seconds
            assert (await upload(client), await talk(server, kept=True)) == (KEPT, "")
            filler, before = fill(disk), await keys(server)
            assert (await upload(client), await talk(server, kept=False)) == (REFUSED, "storage_full")
            assert (await usage(client), await keys(server)) == ((1, UPLOAD), before)
            filler.unlink()
            assert (await upload(client), await talk(server, kept=True)) == (KEPT, "")
            assert (await usage(client), len(await keys(server))) == ((2, 2 * UPLOAD), 2)
    with sqlite3.connect(disk / FILE) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)


async def test_an_export_for_which_there_is_no_room_says_so_and_leaves_nothing(disk: Path) -> None:
    async with opened_database(StorageSettings(folder=disk), ["owner"]) as database, keeping(database) as keeper:
        id = await keep(keeper, said("Hello."), person="owner")
        async with database.write() as connection:
            row = update(conversations).where(conversations.c.id == id)
            await connection.execute(row.values(recording={"key": "recordings/owner/one.ogg"}))
    async with serving(data=disk, jobs_workers=1) as server, httpx2.AsyncClient(base_url=server.http) as client:
        objects = server.app.state.services.objects
        await objects.put("recordings/owner/one.ogg", os.urandom(UPLOAD))
        first = await exported(client)
        filler = fill(disk)
        os.truncate(filler, filler.stat().st_size - UPLOAD // 2)
        with capture_logs():
            refused = await exported(client)
        left = {found.key.split("/")[2] async for found in objects.list("exports")}
        filler.unlink()
        third = await exported(client)
    assert (first["state"], refused["state"], third["state"]) == ("done", "failed", "done")
    assert (refused["error"]["code"], left) == ("storage_full", {first["id"]})


async def exported(client: httpx2.AsyncClient) -> dict[str, Any]:
    """All that is kept, exported: the job in the end."""
    job: dict[str, Any] = (await client.post("/api/conversations/export", json={})).json()["data"]
    async with asyncio.timeout(20), client.stream("GET", f"/api/jobs/{job['id']}/events", timeout=20) as events:
        async for line in events.aiter_lines():
            if line.startswith("data: "):
                job = json.loads(line.removeprefix("data: "))
    return job


@pytest.mark.parametrize("old", [False, True])
async def test_a_start_on_a_full_disk_says_so(disk: Path, old: bool) -> None:
    with a_data_folder() as folder:
        if old:
            shutil.copy(folder / FILE, disk)
    fill(disk)
    with pytest.raises(SettingError, match=r"KAIKOU_DATA.* (no room|is full)"):
        async with opened_database(StorageSettings(folder=disk), ["owner"]):
            pass
