"""When the thread that takes jobs looks into the queue, and that it is the only one that asks the database when idle."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from threading import enumerate as threads
from typing import Any

from server.errors import StorageError
from server.jobs.kind import JobContext, JobKind
from server.jobs.looks import Looks
from server.settings.keeping import StorageSettings
from tests.server.jobs.working import finished, working

LONGEST_S = 20.0

POLLING = ("queue_thread", "dynamic_scheduler_loop", "run_notification_listener", "dbos-background-jobs", "_dbos_")
"""In the names of DBOS's threads that would poll."""


async def waited(looks: Looks) -> bool:
    async with asyncio.timeout(LONGEST_S):
        return await asyncio.to_thread(looks.wait, 0.01)


async def test_a_job_that_is_submitted_here_is_looked_for_at_once() -> None:
    looks = Looks(lambda: False, poll_s=3600)
    looks.wake()
    assert await waited(looks) is False


async def test_where_a_job_ended_the_next_is_looked_for_if_there_is_one() -> None:
    asked: list[int] = []

    def queued() -> bool:
        asked.append(1)
        return len(asked) > 1

    looks = Looks(queued, poll_s=3600)
    looks.freed()
    waiting = asyncio.create_task(waited(looks))
    async with asyncio.timeout(LONGEST_S):
        while not asked:
            await asyncio.sleep(0.01)
    looks.freed()
    assert await waiting is False


async def test_jobs_of_other_processes_are_found_also_after_the_database_was_gone() -> None:
    asked: list[int] = []

    def queued() -> bool:
        asked.append(1)
        if len(asked) == 1:
            raise StorageError("gone")
        return len(asked) > 2

    assert await waited(Looks(queued)) is False
    assert len(asked) == 3


async def test_the_thread_is_told_to_end_while_it_waits_and_afterwards() -> None:
    looks = Looks(lambda: False)
    waiting = asyncio.create_task(waited(looks))
    await asyncio.sleep(0)
    looks.set()
    assert (await waiting, await waited(looks)) == (True, True)


async def test_a_worker_that_has_nothing_to_do_polls_with_no_thread_of_dbos_but_its_queues(
    storage: StorageSettings,
) -> None:
    async def nothing(_context: JobContext, _arguments: Mapping[str, Any]) -> Any:
        return None

    async with working(storage, JobKind("test.nothing", nothing)) as jobs, asyncio.timeout(LONGEST_S):
        await finished(jobs, await jobs.submit("test.nothing", {}, "ann"), "ann")
        while any(word in thread.name for thread in threads() for word in POLLING):
            await asyncio.sleep(0.02)
        job = await finished(jobs, await jobs.submit("test.nothing", {}, "ann"), "ann")
    assert job.state == "done"
    assert "jobs-queue" not in [thread.name for thread in threads()]
