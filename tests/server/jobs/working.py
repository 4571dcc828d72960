"""Jobs that are done in the test's own process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from server.jobs.jobs import Jobs
from server.jobs.kind import Job, JobKind
from server.settings.keeping import JobSettings, StorageSettings
from server.storage.ids import Now, now_ms

LONGEST_S = 20.0


@asynccontextmanager
async def working(
    storage: StorageSettings | None,
    *kinds: JobKind,
    most: int = 20,
    workers: int = 4,
    beat_s: float = 0.1,
    now: Now = now_ms,
) -> AsyncIterator[Jobs]:
    """Jobs of `kinds`, done until the block ends, on a SQLite file of the test's own if there is no `storage`."""
    async with AsyncExitStack() as stack:
        storage = storage or StorageSettings(folder=Path(stack.enter_context(TemporaryDirectory())))
        jobs = Jobs(JobSettings(workers=workers, most=most), storage, now, beat_s)
        for kind in kinds:
            jobs.declare(kind)
        await stack.enter_async_context(jobs.running())
        yield jobs


async def finished(jobs: Jobs, job_id: str, person_id: str) -> Job:
    """The job as it is when it is finished."""
    async with asyncio.timeout(LONGEST_S), aclosing(jobs.watch(job_id, person_id)) as states:
        async for job in states:
            if job.finished:
                return job
    raise AssertionError("the watch ended before the job")
