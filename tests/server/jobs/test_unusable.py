"""Jobs whose database cannot be used: the server goes on without them, and they go on when it can."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx2
import pytest
from pydantic import SecretStr
from sqlalchemy import make_url
from structlog.testing import capture_logs

from pipeline.errors import KaikouError
from server.errors import StorageError, StorageFull, status_of
from server.jobs.database import FILE, jobs_error
from server.jobs.kind import JobContext, JobKind, JobsDamaged, JobsGone, JobsUnavailable
from server.settings.keeping import StorageSettings
from tests.databases import PostgresServer, a_data_folder
from tests.full_disk import largest_file
from tests.server.jobs.working import finished, working
from tests.server.talking import talking
from tests.serving import serving


def damage(folder: Path) -> None:
    (folder / FILE).write_bytes(b"no database at all" * 1000)


def move_away(folder: Path) -> None:
    (folder / FILE).rename(folder / "damaged")


async def test_with_a_damaged_file_the_server_talks_and_says_so_and_without_it_jobs_go_on() -> None:
    with a_data_folder() as folder:
        damage(folder)
        async with (
            serving(data=folder, jobs_workers=1) as server,
            httpx2.AsyncClient(base_url=server.http) as client,
            talking(server) as talk,
        ):
            refused = await client.get("/api/jobs/job_1")
            health = (await client.get("/health")).json()
            await talk.write("Hello.")
            await talk.ask()
            await talk.until("response.done")
            move_away(folder)
            mended = await client.get("/api/jobs/job_1")
            healthy = (await client.get("/health")).json()
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "jobs_damaged")
    assert (health["status"], health["jobs"]) == ("ok", "unavailable")
    assert (mended.status_code, healthy["jobs"]) == (404, "ok")


async def test_a_file_that_is_deleted_while_it_serves_is_told_and_nothing_is_taken_that_would_be_lost() -> None:
    async def work(_context: JobContext, _arguments: Mapping[str, Any]) -> None:
        pass

    with a_data_folder() as folder, capture_logs() as logs:
        async with working(StorageSettings(folder=folder), JobKind("test.nothing", work)) as jobs:
            await finished(jobs, await jobs.submit("test.nothing", {}, "ann"), "ann")
            move_away(folder)
            with pytest.raises(JobsGone):
                await jobs.submit("test.nothing", {}, "ann")
            async with asyncio.timeout(10):
                while not any(log["event"] == "no jobs are done" for log in logs):
                    await asyncio.sleep(0.02)
            state = jobs.state
    assert state == "unavailable"


async def test_a_job_whose_steps_cannot_be_written_goes_on_when_there_is_room(tmp_path: Path) -> None:
    begun, go_on, stopped, tries = asyncio.Event(), asyncio.Event(), asyncio.Event(), list[str]()

    async def step() -> Any:
        tries.append("step")
        begun.set()
        await go_on.wait()
        return "made"

    async def work(context: JobContext, _arguments: Mapping[str, Any]) -> Any:
        try:
            return await context.step("step", step)
        finally:
            stopped.set()

    async with working(StorageSettings(folder=tmp_path), JobKind("test.step", work)) as jobs:
        job_id = await jobs.submit("test.step", {}, "ann")
        await begun.wait()
        with largest_file(4096), capture_logs():  # pytest's file of the log is larger
            with pytest.raises(StorageError):
                await jobs.submit("test.step", {}, "ann")
            state = jobs.state
            go_on.set()
            await stopped.wait()
        job = await finished(jobs, job_id, "ann")
        assert (state, jobs.state) == ("unavailable", "ok")
    assert (job.state, job.result, tries) == ("done", "made", ["step", "step"])


class Wire:
    """The network between this process and a PostgreSQL, which can be cut."""

    def __init__(self, storage: StorageSettings) -> None:
        assert storage.database_url
        self._url = make_url(storage.database_url.get_secret_value())
        self._writers: list[asyncio.StreamWriter] = []

    async def connect(self) -> SecretStr:
        """The database's address through it."""
        self._server = await asyncio.start_server(self._carry, "127.0.0.1")
        port = self._server.sockets[0].getsockname()[1]
        url = self._url.set(host="127.0.0.1", port=port, query={})
        return SecretStr(url.render_as_string(hide_password=False))

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        socket = f"{self._url.query['host']}/.s.PGSQL.5432"
        there, back = await asyncio.open_unix_connection(socket)
        self._writers += [writer, back]
        await asyncio.gather(self._copy(reader, back), self._copy(there, writer))

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while read := await reader.read(65536):
                writer.write(read)
        writer.close()

    def cut(self) -> None:
        """From now on nothing gets through."""
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()


async def test_a_database_that_is_gone_does_not_hold_the_end_of_the_server(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    begun, go_on, stopped = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def step() -> Any:
        begun.set()
        await go_on.wait()

    async def work(context: JobContext, _arguments: Mapping[str, Any]) -> Any:
        try:
            await context.step("step", step)
        finally:
            stopped.set()

    wire = Wire(postgres.new_database())
    storage = StorageSettings(folder=tmp_path, database_url=await wire.connect())
    before, clock = set(threading.enumerate()), asyncio.get_running_loop().time
    async with working(storage, JobKind("test.step", work)) as jobs:
        await jobs.submit("test.step", {}, "ann")
        await begun.wait()
        wire.cut()
        go_on.set()
        await stopped.wait()
        with pytest.raises(StorageError):
            await jobs.submit("test.step", {}, "ann")
        ending = clock()
    assert clock() - ending < 5
    async with asyncio.timeout(5):
        while set(threading.enumerate()) - before:
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("said", "kind", "status"),
    [
        ("database or disk is full", StorageFull, 507),
        ("could not extend file: No space left on device", StorageFull, 507),
        ("file is not a database", JobsDamaged, 503),
        ("database disk image is malformed", JobsDamaged, 503),
        ("disk I/O error", JobsUnavailable, 503),
        ("connection refused", JobsUnavailable, 503),
    ],
)
def test_what_the_database_says_becomes_one_of_our_errors(said: str, kind: type[KaikouError], status: int) -> None:
    error = jobs_error(OSError(said))
    assert (type(error), status_of(error)) == (kind, status)
