"""A process that does jobs until it is killed: `python -m tests.server.jobs.worker_process FOLDER DATABASE_URL`.

Each step writes a line `step job pid` into FOLDER/log when it begins. While FOLDER/hold is there, step two stands still.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from server.jobs.jobs import Jobs
from server.jobs.kind import JobContext, JobKind
from server.settings.keeping import JobSettings, StorageSettings

WORKERS = 2
BEAT_S = 0.2


class Steps:
    """Three steps that leave a trace."""

    def __init__(self, folder: Path) -> None:
        self._log, self._hold = folder / "log", folder / "hold"
        self.three = JobKind("test.three", self.do_three)
        self.one = JobKind("test.one", self.do_one)
        self.tick = JobKind("test.tick", self.do_one)

    async def do_three(self, context: JobContext, _arguments: Mapping[str, Any]) -> Any:
        return [
            await context.step(name, lambda name=name: self._step(name, context)) for name in ("one", "two", "three")
        ]

    async def do_one(self, context: JobContext, _arguments: Mapping[str, Any]) -> Any:
        self._write(context.person_id, context)

    async def _step(self, name: str, context: JobContext) -> Any:
        self._write(name, context)
        while name == "two" and self._hold.exists():
            await asyncio.sleep(0.01)
        return name

    def _write(self, what: str, context: JobContext) -> None:
        with self._log.open("a") as log:
            log.write(f"{what} {context.job_id} {os.getpid()}\n")


def jobs_of(storage: StorageSettings, folder: Path, workers: int) -> Jobs:
    """Jobs of all kinds above."""
    jobs, steps = Jobs(JobSettings(workers=workers, most=1000), storage, beat_s=BEAT_S), Steps(folder)
    jobs.declare(steps.three)
    jobs.declare(steps.one)
    jobs.every(6 * 86_400, steps.tick)
    return jobs


async def main(folder: Path, url: str) -> None:
    storage = StorageSettings(folder=folder, database_url=SecretStr(url) if url else None)
    async with jobs_of(storage, folder, WORKERS).running():
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
