"""A report whose process is killed goes on where it was, on both databases."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import Process
from collections.abc import Callable
from pathlib import Path

from server.practice.report.reports import Reports
from server.practice.report.store import ReportStore
from server.practice.store import PracticeStore
from server.settings.keeping import StorageSettings
from server.storage.database import Database
from tests.server.history.kept import answered, said
from tests.server.jobs.working import finished
from tests.server.practice.report_process import jobs_of
from tests.server.practice.reporting import interview, talked, written
from tests.server.practice.written_model import STORY

ROOT = Path(__file__).parents[3]
LONGEST_S = 60.0


async def started(storage: StorageSettings) -> Process:
    url = storage.database_url.get_secret_value() if storage.database_url else ""
    program = (sys.executable, "-m", "tests.server.practice.report_process", str(storage.folder), url)
    return await asyncio.create_subprocess_exec(*program, cwd=ROOT)


async def until(storage: StorageSettings, so: Callable[[list[str]], bool]) -> list[str]:
    """What the models were asked for, in order, once it is as asked."""
    log = storage.folder / "log"
    async with asyncio.timeout(LONGEST_S):
        while True:
            asked = [line.split()[0] for line in log.read_text().splitlines()] if log.exists() else []
            if so(asked):
                return asked
            await asyncio.sleep(0.05)


async def test_a_report_whose_process_is_killed_goes_on_at_its_part(
    storage: StorageSettings, database: Database
) -> None:
    id = await talked(database, interview(), answered("Tell me about a hard fault."), said(STORY))
    hold = storage.folder / "hold"
    hold.touch()
    process = await started(storage)
    try:
        async with (jobs := jobs_of(storage, database, workers=0)).running():
            reports = Reports(ReportStore(database), PracticeStore(database), jobs, written)
            job_id, same = [await reports.make(id, "ann") for _ in range(2)]
            await until(storage, lambda asked: "rubric" in asked)
            process.kill()
            await process.wait()
            half = await reports.report(id, "ann")
            hold.unlink()
            process = await started(storage)
            job = await finished(jobs, job_id, "ann")
            whole = await reports.report(id, "ann")
    finally:
        process.kill()
        await process.wait()

    assert same == job_id
    assert (half.state, half.parts["questions"].made_by, half.parts["rubric"].state) == ("making", "model", "waiting")
    assert (job.state, whole.state) == ("done", "ready")
    assert {part.made_by for name, part in whole.parts.items() if name in ("questions", "rubric", "next")} == {"model"}
    assert await until(storage, bool) == ["question", "rubric", "rubric", "rubric", "rubric", "next"]
