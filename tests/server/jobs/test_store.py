"""The store of jobs, opened by several at once and asked by several at once."""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from pipeline.errors import LimitReached
from server.jobs.database import jobs_url, open_engine
from server.jobs.kind import Job, JobContext, JobKind, JobRunning
from server.jobs.store import JobStore
from server.settings.keeping import StorageSettings

TOGETHER = 6


async def work(_context: JobContext, _arguments: Mapping[str, Any]) -> None:
    pass


KIND = JobKind("test.kind", work)


def test_several_that_open_an_empty_database_together_make_it_once(storage: StorageSettings) -> None:
    together = Barrier(TOGETHER)

    def open_it(number: int) -> dict[str, int]:
        together.wait()
        store = JobStore(storage)
        beats = store.beat(f"exec_{number}")
        store.close()
        return beats

    with ThreadPoolExecutor(TOGETHER) as threads:
        beats = list(threads.map(open_it, range(TOGETHER)))
    assert max(len(each) for each in beats) == TOGETHER


def test_the_most_jobs_of_a_person_hold_exactly_for_requests_that_come_at_once(storage: StorageSettings) -> None:
    store = JobStore(storage)

    def submit(number: int) -> bool:
        try:
            store.submit(f"job_{number}", KIND, {}, "ann", most=5)
        except LimitReached:
            return False
        return True

    with ThreadPoolExecutor(TOGETHER) as threads:
        taken = list(threads.map(submit, range(30)))
    store.close()
    assert taken.count(True) == 5


def test_of_a_single_kind_a_person_has_one_job_that_is_not_finished(storage: StorageSettings) -> None:
    store, single = JobStore(storage), replace(KIND, single=True)
    store.submit("job_0", replace(KIND, name="test.other"), {}, "ann", most=5)
    store.submit("job_1", single, {}, "ann", most=5)
    with pytest.raises(JobRunning) as refused:
        store.submit("job_2", single, {}, "ann", most=5)
    store.submit("job_3", single, {}, "ben", most=5)
    store.cancel("job_1")
    store.submit("job_4", single, {}, "ann", most=5)
    there = set(store.find_all([f"job_{number}" for number in range(5)]))
    store.close()
    assert refused.value.details == {"job_id": "job_1"}
    assert there == {"job_0", "job_1", "job_3", "job_4"}


def test_a_job_that_was_removed_tells_no_progress_that_would_stay_for_ever(storage: StorageSettings) -> None:
    store = JobStore(storage)
    store.submit("job_1", KIND, {}, "ann", most=5)
    store.tell_progress("job_1", 0.1, "")
    store.tell_progress("job_1", 0.2, "half")
    told = store.find("job_1", "ann")
    store.remove_person("ann")
    store.tell_progress("job_1", 0.3, "")
    store.submit("job_1", KIND, {}, "ann", most=5)
    anew = store.find("job_1", "ann")
    store.close()
    assert told == Job("job_1", "test.kind", "ann", "queued", 0.2, "half", changes=2)
    assert anew == Job("job_1", "test.kind", "ann", "queued")


def test_an_old_sqlite_tells_jobs_the_time_in_milliseconds(tmp_path: Path) -> None:
    engine = open_engine(jobs_url(StorageSettings(folder=tmp_path)))
    with engine.begin() as connection:
        before, told, after = (
            time.time(),
            connection.exec_driver_sql("SELECT unixepoch('subsec')").scalar(),
            time.time(),
        )
    engine.dispose()

    assert told is not None
    assert before - 0.001 <= told <= after + 0.001
