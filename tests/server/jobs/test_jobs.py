"""Jobs as domains use them, on both databases."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from pipeline.errors import InvalidRequest, LimitReached
from server.errors import NotFound
from server.jobs.kind import Job, JobContext, JobKind
from server.settings.keeping import StorageSettings
from tests.server.jobs.working import finished, working


async def test_a_job_is_done_and_its_result_told_to_the_person_whose_it_is(storage: StorageSettings) -> None:
    async def add(_context: JobContext, arguments: Mapping[str, Any]) -> Any:
        return {"sum": arguments["a"] + arguments["b"]}

    async with working(storage, JobKind("test.add", add)) as jobs:
        job_id = await jobs.submit("test.add", {"a": 1, "b": 2}, "ann")
        job = await finished(jobs, job_id, "ann")
        with pytest.raises(NotFound):
            await jobs.status(job_id, "ben")
        with pytest.raises(NotFound):
            await jobs.cancel(job_id, "ben")
    assert job == Job(job_id, "test.add", "ann", "done", progress=1.0, result={"sum": 3})
    assert job_id.startswith("job_")


async def test_steps_return_what_they_made_and_a_failed_one_tells_its_reason(storage: StorageSettings) -> None:
    async def fine() -> Any:
        return [1, None, "二"]

    async def wrong() -> Any:
        raise InvalidRequest("There is nothing to export.", code="nothing_there")

    async def work(context: JobContext, _arguments: Mapping[str, Any]) -> Any:
        assert await context.step("fine", fine) == [1, None, "二"]
        await context.step("wrong", wrong)

    async with working(storage, JobKind("test.steps", work)) as jobs:
        job = await finished(jobs, await jobs.submit("test.steps", {}, "ann"), "ann")
    assert (job.state, job.result) == ("failed", None)
    assert job.error == {"code": "nothing_there", "message": "There is nothing to export."}


async def test_what_nobody_expected_is_not_told_to_people() -> None:
    async def work(_context: JobContext, _arguments: Mapping[str, Any]) -> Any:
        raise ValueError("secret path /srv/x")

    async with working(None, JobKind("test.wrong", work)) as jobs:
        job = await finished(jobs, await jobs.submit("test.wrong", {}, "ann"), "ann")
    assert job.error is not None
    assert (job.state, job.error["code"]) == ("failed", "internal_error")
    assert "secret" not in job.error["message"]


async def test_a_step_that_may_fail_is_tried_as_often_as_it_was_told() -> None:
    tried: list[int] = []

    async def flaky() -> Any:
        tried.append(len(tried))
        if len(tried) < 3:
            raise ConnectionError("not yet")
        return len(tried)

    async def work(context: JobContext, _arguments: Mapping[str, Any]) -> Any:
        return await context.step("flaky", flaky, attempts=3)

    async with working(None, JobKind("test.flaky", work)) as jobs:
        job = await finished(jobs, await jobs.submit("test.flaky", {}, "ann"), "ann")
    assert (job.state, job.result) == ("done", 3)


async def test_the_same_key_of_the_same_person_is_the_same_job(storage: StorageSettings) -> None:
    done: list[str] = []

    async def work(context: JobContext, _arguments: Mapping[str, Any]) -> Any:
        done.append(context.person_id)

    async with working(storage, JobKind("test.once", work)) as jobs:
        ids = [await jobs.submit("test.once", {}, "ann", key="k") for _ in range(3)]
        other = await jobs.submit("test.once", {}, "ben", key="k")
        for job_id, person_id in ((ids[0], "ann"), (other, "ben")):
            await finished(jobs, job_id, person_id)
        assert await jobs.submit("test.once", {}, "ann", key="k") == ids[0]
    assert len({*ids, other}) == 2
    assert sorted(done) == ["ann", "ben"]


async def test_a_person_has_a_bounded_number_of_unfinished_jobs_and_others_go_on() -> None:
    go_on = asyncio.Event()

    async def wait(_context: JobContext, _arguments: Mapping[str, Any]) -> Any:
        await go_on.wait()

    async with working(None, JobKind("test.wait", wait), most=2) as jobs:
        asked = await asyncio.gather(*(jobs.submit("test.wait", {}, "ann") for _ in range(6)), return_exceptions=True)
        bens = await jobs.submit("test.wait", {}, "ben")
        go_on.set()
        for job_id in [*(one for one in asked if isinstance(one, str))]:
            await finished(jobs, job_id, "ann")
        await finished(jobs, bens, "ben")
        await jobs.submit("test.wait", {}, "ann")
    assert [type(one) for one in asked if not isinstance(one, str)] == [LimitReached] * 4


async def test_a_running_job_is_cancelled_where_it_is(storage: StorageSettings) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def endless() -> Any:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async def work(context: JobContext, _arguments: Mapping[str, Any]) -> Any:
        await context.step("endless", endless)

    async with working(storage, JobKind("test.endless", work)) as jobs:
        job_id = await jobs.submit("test.endless", {}, "ann")
        await begun.wait()
        assert (await jobs.status(job_id, "ann")).state == "running"
        cancelled = await jobs.cancel(job_id, "ann")
        await ended.wait()
        assert await jobs.cancel(job_id, "ann") == cancelled
    assert (cancelled.state, cancelled.finished) == ("cancelled", True)


async def test_a_job_that_is_cancelled_in_another_process_stops_where_it_is(storage: StorageSettings) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def work(_context: JobContext, _arguments: Mapping[str, Any]) -> Any:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    kind = JobKind("test.endless", work)
    async with working(storage, kind), working(storage, kind, workers=0) as elsewhere:
        job_id = await elsewhere.submit("test.endless", {}, "ann")
        await begun.wait()
        await elsewhere.cancel(job_id, "ann")
        await ended.wait()


async def test_a_job_that_takes_too_long_has_failed() -> None:
    async def work(_context: JobContext, _arguments: Mapping[str, Any]) -> Any:
        await asyncio.Event().wait()

    async with working(None, JobKind("test.long", work, longest_s=0.1)) as jobs:
        job = await finished(jobs, await jobs.submit("test.long", {}, "ann"), "ann")
    assert job.error == {"code": "job_too_long", "message": "It was not finished after 0.1 s."}


async def test_whoever_watches_sees_how_far_it_is_and_the_end(storage: StorageSettings) -> None:
    seen, go_on = asyncio.Event(), asyncio.Event()

    async def work(context: JobContext, _arguments: Mapping[str, Any]) -> Any:
        await context.progress(0.5, "jobs.half")
        await context.progress(0.6, "jobs.too_soon")
        seen.set()
        await go_on.wait()
        return "made"

    async with working(storage, JobKind("test.half", work)) as jobs:
        job_id = await jobs.submit("test.half", {}, "ann")
        told = []
        async for job in jobs.watch(job_id, "ann"):
            told.append((job.state, job.progress, job.text_key, job.result))
            if job.progress == 0.5:
                go_on.set()
    assert told[-2:] == [("running", 0.5, "jobs.half", None), ("done", 1.0, "jobs.half", "made")]


async def test_all_jobs_of_a_person_are_removed_and_one_that_runs_ends_at_its_next_step(
    storage: StorageSettings,
) -> None:
    begun, go_on, ended = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def step() -> Any:
        begun.set()
        await go_on.wait()

    async def work(context: JobContext, _arguments: Mapping[str, Any]) -> Any:
        try:
            await context.step("one", step)
            raise AssertionError("it went on")
        finally:
            ended.set()

    async def nothing(_context: JobContext, _arguments: Mapping[str, Any]) -> Any:
        return None

    async with working(storage, JobKind("test.step", work), JobKind("test.nothing", nothing)) as jobs:
        anns = [await jobs.submit("test.nothing", {}, "ann"), await jobs.submit("test.step", {}, "ann")]
        bens = await jobs.submit("test.nothing", {}, "ben")
        await finished(jobs, anns[0], "ann")
        await begun.wait()
        await jobs.remove_all("ann")
        go_on.set()
        await ended.wait()
        for job_id in anns:
            with pytest.raises(NotFound):
                await jobs.status(job_id, "ann")
        assert (await finished(jobs, bens, "ben")).state == "done"


async def test_kinds_that_are_not_declared_and_names_of_two_are_refused() -> None:
    async def work(_context: JobContext, _arguments: Mapping[str, Any]) -> Any:
        return None

    async with working(None, JobKind("test.one", work)) as jobs:
        with pytest.raises(ValueError, match="other"):
            await jobs.submit("test.other", {}, "ann")
        with pytest.raises(ValueError, match="two kinds"):
            jobs.declare(JobKind("test.one", work))


async def test_who_watches_a_job_that_goes_is_told_that_it_is_not_there(storage: StorageSettings) -> None:
    async def forever(_context: JobContext, _arguments: Mapping[str, Any]) -> Any:
        await asyncio.Event().wait()

    async with working(storage, JobKind("test.forever", forever)) as jobs:
        job_id = await jobs.submit("test.forever", {}, "ann")
        states = jobs.watch(job_id, "ann")
        await anext(states)
        await jobs.remove_all("ann")
        with pytest.raises(NotFound):
            async for _ in states:
                pass


async def test_as_many_as_want_to_watch_are_each_told_of_their_job_by_one_look_at_all(
    storage: StorageSettings,
) -> None:
    people = [f"person {number}" for number in range(5)]

    async def name(context: JobContext, _arguments: Mapping[str, Any]) -> Any:
        return context.person_id

    async with working(storage, JobKind("test.name", name)) as jobs:
        watched = [(await jobs.submit("test.name", {}, person), person) for person in people for _ in range(4)]
        told = await asyncio.gather(*(finished(jobs, *one) for one in watched))
    assert [job.result for job in told] == [person for person in people for _ in range(4)]


async def test_a_job_of_somebody_who_is_removed_is_stopped_in_the_middle_of_its_step(storage: StorageSettings) -> None:
    begun, stopped = asyncio.Event(), asyncio.Event()

    async def step() -> Any:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    async def work(context: JobContext, _arguments: Mapping[str, Any]) -> Any:
        await context.step("long", step)

    async with working(storage, JobKind("test.long", work)) as jobs, asyncio.timeout(20):
        await jobs.submit("test.long", {}, "ann")
        await begun.wait()
        await jobs.remove_all("ann")
        await stopped.wait()
