"""What recurs, how long finished jobs are kept, and who is taken for dead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from server.errors import NotFound
from server.jobs.jobs import DAY_S, KEPT_DAYS, Jobs
from server.jobs.kind import SYSTEM, JobContext, JobKind
from server.jobs.recurring import Due, Recurring
from server.jobs.replica import DEAD_AFTER, Replica
from server.settings.keeping import JobSettings, StorageSettings
from server.storage.ids import now_ms
from tests.server.jobs.working import finished, working

HOUR_MS = 3_600_000
CLEAN_UP_MS = 6 * HOUR_MS
NOON_MS = 1_800_000_000_000


class Clock:
    """A wall clock that a test sets."""

    def __init__(self, at_ms: int = NOON_MS) -> None:
        self.now_ms = at_ms

    def __call__(self) -> int:
        return self.now_ms


def test_a_recurring_job_is_due_once_in_each_interval_also_where_the_clock_is_set_back() -> None:
    clock = Clock()
    recurring = Recurring(clock)
    recurring.add(3600, "hourly")
    first = list(recurring.due())
    assert first == list(recurring.due()) == [Due("hourly", str(NOON_MS // HOUR_MS))]
    recurring.submitted(first[0])
    assert list(recurring.due()) == []
    clock.now_ms += HOUR_MS
    assert list(recurring.due()) == [Due("hourly", str(NOON_MS // HOUR_MS + 1))]
    clock.now_ms -= HOUR_MS
    assert list(recurring.due()) == first  # submitted again with the same key, which is the same job


async def test_finished_jobs_are_removed_after_some_days_and_others_stay(storage: StorageSettings) -> None:
    async def work(context: JobContext, _arguments: Mapping[str, Any]) -> Any:
        await context.progress(0.5, "jobs.half")

    kind, begun_ms = JobKind("test.done", work), now_ms()
    async with working(storage, kind) as jobs:
        done = await jobs.submit("test.done", {}, "ann")
        await finished(jobs, done, "ann")
    async with working(storage, kind, workers=0) as jobs:
        waiting = await jobs.submit("test.done", {}, "ben")
    removed: list[int] = []
    for days in (KEPT_DAYS - 0.5, KEPT_DAYS + 0.5):
        later = Clock(begun_ms + int(days * DAY_S * 1000))
        async with working(storage, now=later) as jobs:  # it cleans up first of all, and does not know the kind
            clean_up = await jobs.submit("jobs.clean_up", {}, SYSTEM, key=str(later() // CLEAN_UP_MS))
            removed.append((await finished(jobs, clean_up, SYSTEM)).result["removed"])
            if not removed[-1]:
                assert (await jobs.status(done, "ann")).state == "done"
    assert removed == [0, 3]  # with the two clean-ups before
    async with working(storage, workers=0) as jobs:
        assert not (await jobs.status(waiting, "ben")).finished
        with pytest.raises(NotFound):
            await jobs.status(done, "ann")


def test_what_recurs_more_seldom_than_finished_jobs_are_kept_is_refused() -> None:
    async def work(_context: JobContext, _arguments: Mapping[str, Any]) -> Any:
        return None

    with pytest.raises(ValueError, match="twice"):
        Jobs(JobSettings(), StorageSettings()).every(KEPT_DAYS * DAY_S, JobKind("test.seldom", work))


def test_a_process_is_dead_when_it_was_silent_for_some_beats_of_a_living_one() -> None:
    replica = Replica("exec_me")
    beats = {"exec_me": 1, "exec_slow": 1, "exec_dead": 7}
    found: list[list[str]] = []
    for beat in range(DEAD_AFTER + 1):
        beats["exec_me"] += 1
        beats["exec_slow"] += beat % (DEAD_AFTER - 1) == 0
        found.append(replica.dead(beats))
    assert found == [[]] * DEAD_AFTER + [["exec_dead"]]
