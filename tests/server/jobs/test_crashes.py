"""Jobs across the deaths of real processes, on both databases."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import Process
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from server.jobs.jobs import Jobs
from server.settings.keeping import StorageSettings
from tests.server.jobs.worker_process import jobs_of
from tests.server.jobs.working import finished

ROOT = Path(__file__).parents[3]
LONGEST_S = 40.0


class Machine:
    """Processes that do jobs on one database, and the traces that they leave."""

    def __init__(self, storage: StorageSettings) -> None:
        self.storage, self.folder = storage, storage.folder
        self.processes: dict[int, Process] = {}

    async def start(self) -> None:
        """One process more."""
        url = self.storage.database_url.get_secret_value() if self.storage.database_url else ""
        program = (sys.executable, "-m", "tests.server.jobs.worker_process", str(self.folder), url)
        process = await asyncio.create_subprocess_exec(*program, cwd=ROOT)
        self.processes[process.pid] = process

    async def kill(self, pid: int) -> None:
        """As the system does when memory runs out."""
        process = self.processes.pop(pid)
        process.kill()
        await process.wait()

    def traces(self) -> list[tuple[str, str, int]]:
        """What was begun: step, job and process."""
        log = self.folder / "log"
        lines = [line.split() for line in log.read_text().splitlines()] if log.exists() else []
        return [(step, job, int(pid)) for step, job, pid in lines]

    async def until(self, so: Callable[[list[tuple[str, str, int]]], bool]) -> list[tuple[str, str, int]]:
        """The traces once they are as asked."""
        async with asyncio.timeout(LONGEST_S):
            while not so(self.traces()):
                await asyncio.sleep(0.02)
        return self.traces()


@pytest.fixture
async def machine(storage: StorageSettings) -> AsyncIterator[Machine]:
    running = Machine(storage)
    yield running
    for pid in list(running.processes):
        with suppress(ProcessLookupError):
            await running.kill(pid)


@asynccontextmanager
async def submitting(machine: Machine) -> AsyncIterator[Jobs]:
    """Jobs that are submitted here and done elsewhere."""
    jobs = jobs_of(machine.storage, machine.folder, workers=0)
    async with jobs.running():
        yield jobs


def steps(traces: list[tuple[str, str, int]], job_id: str) -> list[str]:
    return [step for step, job, _pid in traces if job == job_id]


async def test_a_job_whose_process_was_killed_goes_on_at_its_step_after_the_restart(machine: Machine) -> None:
    hold = machine.folder / "hold"
    hold.touch()
    await machine.start()
    async with submitting(machine) as jobs:
        job_id = await jobs.submit("test.three", {}, "ann")
        traces = await machine.until(lambda traces: "two" in steps(traces, job_id))
        await machine.kill(traces[-1][2])
        hold.unlink()
        await machine.start()
        job = await finished(jobs, job_id, "ann")
    assert (job.state, job.result) == ("done", ["one", "two", "three"])
    assert steps(machine.traces(), job_id) == ["one", "two", "two", "three"]


async def test_the_jobs_of_a_dead_process_are_taken_over_by_a_living_one(machine: Machine) -> None:
    hold = machine.folder / "hold"
    hold.touch()
    await machine.start()
    await machine.start()
    async with submitting(machine) as jobs:
        job_id = await jobs.submit("test.three", {}, "ann")
        traces = await machine.until(lambda traces: "two" in steps(traces, job_id))
        dead = next(pid for step, job, pid in traces if (step, job) == ("two", job_id))
        await machine.kill(dead)
        hold.unlink()
        job = await finished(jobs, job_id, "ann")
    assert (job.state, job.result) == ("done", ["one", "two", "three"])
    assert steps(machine.traces(), job_id) == ["one", "two", "two", "three"]
    assert next(pid for step, job, pid in machine.traces() if step == "three") in machine.processes


async def test_two_processes_that_start_together_do_each_job_once(machine: Machine) -> None:
    async with submitting(machine) as jobs:
        ids = [await jobs.submit("test.one", {}, "ann") for _ in range(24)]
        await asyncio.gather(machine.start(), machine.start())
        for job_id in ids:
            assert (await finished(jobs, job_id, "ann")).state == "done"
        traces = await machine.until(lambda traces: any(step == "system" for step, _job, _pid in traces))
        more = [await jobs.submit("test.one", {}, "ann") for _ in range(8)]
        for job_id in more:
            await finished(jobs, job_id, "ann")
        traces = machine.traces()
    anns = Counter(job for step, job, _pid in traces if step == "ann")
    assert anns == Counter([*ids, *more])
    assert len([step for step, _job, _pid in traces if step == "system"]) == 1
