"""Taking everything along from a real server: asked for, followed, fetched; killed in the middle, and with a full disk."""

from __future__ import annotations

import asyncio
import io
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2

from server.history.exporting.job import CONVERSATIONS
from server.settings.keeping import StorageSettings
from server.storage.opening import opened_database
from tests.databases import a_data_folder
from tests.server.history.kept import answered, copies, keep, keeping, said
from tests.server.history.test_killed import a_server
from tests.serving import serving

LONGEST_S = 60.0
PARTS = 6


async def a_history(folder: Path, parts: int = 1) -> None:
    """Conversations enough for so many parts."""
    async with opened_database(StorageSettings(folder=folder), ["owner"]) as database:
        async with keeping(database) as keeper:
            id = await keep(keeper, *[said("Hello."), answered("Good evening.")] * 10, person="owner")
        await copies(database, id, parts * CONVERSATIONS - 1)


@asynccontextmanager
async def asking(http: str) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=http, timeout=20) as client:
        yield client


async def begun(client: httpx2.AsyncClient, **wanted: Any) -> dict[str, Any]:
    answer = await client.post("/api/conversations/export", json=wanted, headers={"Idempotency-Key": "one"})
    assert answer.status_code == 202, answer.text
    job: dict[str, Any] = answer.json()["data"]
    return job


async def ended(client: httpx2.AsyncClient, job_id: str) -> dict[str, Any]:
    """The job once it is finished."""
    async with asyncio.timeout(LONGEST_S):
        while True:
            job: dict[str, Any] = (await client.get(f"/api/jobs/{job_id}")).json()["data"]
            if job["state"] not in ("queued", "running"):
                return job
            await asyncio.sleep(0.1)


def zipped(content: bytes) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(content)) as read:
        assert read.testzip() is None
        return read.namelist()


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "objects").rglob("*") if path.is_file())


async def test_everything_is_taken_along_by_a_link_and_the_log_tells_it() -> None:
    with a_data_folder() as folder:
        await a_history(folder)
        async with serving(data=folder, jobs_workers=1) as server, asking(server.http) as client:
            job = await begun(client)
            done = await ended(client, job["id"])
            again = await begun(client)
            fetched = await client.get(done["result"]["link"])
            log = (await client.get("/api/audit")).json()["data"]["items"]
    assert (done["state"], again["id"], job["kind"]) == ("done", job["id"], "history.export")
    assert len(zipped(fetched.content)) == 3 * CONVERSATIONS
    assert fetched.headers["content-disposition"].startswith('attachment; filename="Kaikou 20')
    assert [(entry["action"], entry["details"]) for entry in log] == [
        ("exported", {"conversation": "all", "format": "zip"})
    ]


async def test_a_second_export_meanwhile_is_refused_with_the_first_ones_id() -> None:
    async with serving() as server, asking(server.http) as client:
        first = await begun(client, pinned=True)  # no jobs are done here: it waits
        second = await client.post("/api/conversations/export", json={})
        await client.delete(f"/api/jobs/{first['id']}")
        third = await client.post("/api/conversations/export", json={})
    assert second.json()["error"] == {"code": "job_running", "details": {"job_id": first["id"]}}
    assert (second.status_code, third.status_code) == (409, 202)


async def test_an_export_goes_on_after_its_server_was_killed_and_nothing_is_left_over() -> None:
    with a_data_folder() as folder:
        await a_history(folder, PARTS)
        with a_server(folder) as (address, process):
            async with asking(f"http://{address.rstrip('/')}") as client:
                job = await begun(client)
                async with asyncio.timeout(LONGEST_S):
                    while len(left(folder)) < 2:
                        await asyncio.sleep(0.005)
                process.kill()
                process.wait()
        written = left(folder)
        with a_server(folder) as (address, process):
            async with asking(f"http://{address.rstrip('/')}") as client:
                done = await ended(client, job["id"])
                fetched = await client.get(done["result"]["link"])
        assert "all.zip" not in written, "it was killed too late"
        assert len(zipped(fetched.content)) == 3 * PARTS * CONVERSATIONS
        assert left(folder) == ["all.zip"]
