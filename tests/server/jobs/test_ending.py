"""Jobs when their server ends, comes back, or does not know them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from server.jobs.kind import JobContext, JobKind
from server.settings.keeping import StorageSettings
from tests.server.jobs.working import finished, working


async def test_a_job_that_the_end_of_the_server_interrupts_goes_on_at_once_when_it_is_back(
    storage: StorageSettings,
) -> None:
    begun, go_on, traces = asyncio.Event(), asyncio.Event(), list[str]()

    async def step(name: str) -> Any:
        traces.append(name)
        if name == "two":
            begun.set()
            await go_on.wait()

    async def work(context: JobContext, _arguments: Mapping[str, Any]) -> Any:
        for name in ("one", "two", "three"):
            await context.step(name, lambda name=name: step(name))

    kind, clock = JobKind("test.three", work), asyncio.get_running_loop().time
    async with working(storage, kind, beat_s=60) as jobs:
        job_id = await jobs.submit("test.three", {}, "ann")
        await begun.wait()
        ending = clock()
    assert clock() - ending < 1.5
    go_on.set()
    async with working(storage, kind, beat_s=60) as jobs:
        assert (await finished(jobs, job_id, "ann")).state == "done"
    assert traces == ["one", "two", "two", "three"]


async def test_no_thread_is_left_after_the_end() -> None:
    async def work(_context: JobContext, _arguments: Mapping[str, Any]) -> Any:
        await asyncio.Event().wait()

    before = set(threading.enumerate())
    async with working(None, JobKind("test.wait", work)) as jobs:
        job_id = await jobs.submit("test.wait", {}, "ann")
        async for job in jobs.watch(job_id, "ann"):
            if job.state == "running":
                break
    async with asyncio.timeout(2):
        while left := set(threading.enumerate()) - before:
            await asyncio.sleep(0.01)
    assert left == set()


async def test_a_job_of_a_kind_that_a_process_does_not_know_waits_for_one_that_does(storage: StorageSettings) -> None:
    async def work(_context: JobContext, _arguments: Mapping[str, Any]) -> Any:
        return "done by a newer one"

    newer = JobKind("test.newer", work)
    async with working(storage, newer, workers=0) as submitting, working(storage) as older:
        job_id = await submitting.submit("test.newer", {}, "ann")
        async for job in submitting.watch(job_id, "ann"):
            if job.state == "running":  # it was taken, and is not done
                break
        older.declare(newer)
        assert (await finished(submitting, job_id, "ann")).result == "done by a newer one"


async def test_a_job_that_an_older_version_began_goes_on_with_the_functions_of_this_one() -> None:
    begun, tries = asyncio.Event(), list[str]()

    async def first() -> Any:
        tries.append("first")
        return 1

    async def stand_still() -> Any:
        begun.set()
        await asyncio.Event().wait()

    async def older(context: JobContext, _arguments: Mapping[str, Any]) -> Any:
        await context.step("first", first)
        await context.step("second", stand_still)

    async def newer(context: JobContext, _arguments: Mapping[str, Any]) -> Any:
        made = await context.step("first", first)
        return [made, await context.step("second", mended)]

    async def mended() -> Any:
        return "mended"

    with TemporaryDirectory() as folder:
        storage = StorageSettings(folder=Path(folder))
        async with working(storage, JobKind("test.versions", older)) as jobs:
            job_id = await jobs.submit("test.versions", {}, "ann")
            await begun.wait()
        async with working(storage, JobKind("test.versions", newer)) as jobs:
            assert (await finished(jobs, job_id, "ann")).result == [1, "mended"]
    assert tries == ["first"]


async def test_a_function_that_goes_on_although_it_was_cancelled_does_no_further_step() -> None:
    begun, done = asyncio.Event(), list[str]()

    async def stand_still() -> Any:
        begun.set()
        await asyncio.Event().wait()

    async def further() -> Any:
        done.append("further")

    async def work(context: JobContext, _arguments: Mapping[str, Any]) -> Any:
        with suppress(asyncio.CancelledError):
            await context.step("stand still", stand_still)
        try:
            await context.step("further", further)
        finally:
            ended.set()

    ended = asyncio.Event()
    async with working(None, JobKind("test.stubborn", work)) as jobs:
        job_id = await jobs.submit("test.stubborn", {}, "ann")
        await begun.wait()
        await jobs.cancel(job_id, "ann")
        await ended.wait()
        assert (await jobs.status(job_id, "ann")).state == "cancelled"
    assert done == []


async def test_one_server_of_a_process_does_jobs() -> None:
    async with working(None):
        with pytest.raises(RuntimeError, match="jobs_workers=0"):
            async with working(None):
                pass
