"""A process that makes reports until it is killed: `python -m tests.server.practice.report_process FOLDER DATABASE_URL`.

What its language model is asked for is written into FOLDER/log. While FOLDER/hold is there, it does not answer about the
rubric.
"""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from pipeline.engines.protocols import ChatRequest
from server.jobs.jobs import Jobs
from server.practice.report.job import ReportJob
from server.practice.report.store import ReportStore
from server.settings.keeping import JobSettings, StorageSettings
from server.storage.database import Database
from server.storage.opening import opened_database
from tests.server.practice.written_model import GOOD_QUESTION, NEXT, Model, scores

BEAT_S = 0.2


def jobs_of(storage: StorageSettings, database: Database, workers: int) -> Jobs:
    """Jobs of that database."""

    def asked(name: str, answer: Any) -> Any:
        async def given(_request: ChatRequest) -> Any:
            with (storage.folder / "log").open("a") as log:
                log.write(f"{name} {os.getpid()}\n")
            while name == "rubric" and (storage.folder / "hold").exists():
                await asyncio.sleep(0.01)
            return answer

        return given

    model = Model(
        question=asked("question", GOOD_QUESTION), rubric=asked("rubric", scores(3)), next=asked("next", NEXT)
    )
    jobs = Jobs(JobSettings(workers=workers, most=100), storage, beat_s=BEAT_S)
    jobs.declare(ReportJob(ReportStore(database), lambda: nullcontext(model)).kind)
    return jobs


async def main(folder: Path, url: str) -> None:
    storage = StorageSettings(folder=folder, database_url=SecretStr(url) if url else None)
    async with opened_database(storage, ["ann"]) as database, jobs_of(storage, database, 2).running():
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
