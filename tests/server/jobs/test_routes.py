"""The jobs' API of a real server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx2

from server.jobs.jobs import WATCHES, Jobs
from server.jobs.kind import JobContext, JobKind
from server.jobs.routes import events_of
from tests.server.jobs.working import working
from tests.serving import Serving, serving


class Halves:
    """A kind of job that stands still half-way until it may `go_on`."""

    def __init__(self) -> None:
        self.go_on = asyncio.Event()
        self.half = asyncio.Event()
        self.kind = JobKind("test.halves", self.work)

    async def work(self, context: JobContext, _arguments: Mapping[str, Any]) -> Any:
        await context.progress(0.5, "jobs.half")
        self.half.set()
        await self.go_on.wait()
        return {"made": True}


@asynccontextmanager
async def served(halves: Halves) -> AsyncIterator[tuple[Serving, Jobs, httpx2.AsyncClient]]:
    """A server beside which jobs are done, by a worker of its own on the same database."""
    async with serving() as server, httpx2.AsyncClient(base_url=server.http) as client:
        jobs: Jobs = server.app.state.services.jobs
        jobs.declare(halves.kind)
        async with working(server.app.state.services.settings.storage, halves.kind):
            yield server, jobs, client


async def events(client: httpx2.AsyncClient, path: str, **headers: str) -> AsyncIterator[dict[str, str]]:
    """The events that come, as their fields."""
    async with client.stream("GET", path, headers=headers, timeout=20) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        fields: dict[str, str] = {}
        async for line in answer.aiter_lines():
            if line:
                name, _, value = line.partition(": ")
                fields[name] = value
            elif "event" in fields:
                yield fields
                fields = {}


async def status_of(client: httpx2.AsyncClient, path: str) -> int:
    async with client.stream("GET", path) as answer:
        return answer.status_code


async def test_a_job_is_followed_by_events_and_asked_for_and_gone_on_with_where_the_client_was() -> None:
    halves = Halves()
    async with served(halves) as (_server, jobs, client):
        job_id = await jobs.submit("test.halves", {}, "owner")
        told: list[dict[str, str]] = []
        async for event in events(client, f"/api/jobs/{job_id}/events"):
            told.append(event)
            if json.loads(event["data"])["progress"] == 0.5:
                break
        halves.go_on.set()
        rest = [
            event async for event in events(client, f"/api/jobs/{job_id}/events", **{"Last-Event-ID": told[-1]["id"]})
        ]
        asked = (await client.get(f"/api/jobs/{job_id}")).json()
        again = [
            event async for event in events(client, f"/api/jobs/{job_id}/events", **{"Last-Event-ID": rest[-1]["id"]})
        ]
    assert told[-1]["event"] == "progress"
    assert [event["event"] for event in rest] == ["finished"]
    assert again == []
    assert json.loads(rest[-1]["data"]) == asked["data"]
    assert (asked["data"]["state"], asked["data"]["result"], asked["data"]["error"]) == ("done", {"made": True}, None)


async def test_a_job_is_cancelled_and_is_not_there_for_anybody_else() -> None:
    halves = Halves()
    async with served(halves) as (_server, jobs, client):
        job_id = await jobs.submit("test.halves", {}, "owner")
        others = await jobs.submit("test.halves", {}, "ann")
        await halves.half.wait()
        missing = [
            (await client.get(f"/api/jobs/{others}")),
            (await client.delete(f"/api/jobs/{others}")),
            (await client.get(f"/api/jobs/{others}/events")),
            (await client.get("/api/jobs/job_x")),
        ]
        cancelled = await client.delete(f"/api/jobs/{job_id}")
        assert (await jobs.status(others, "ann")).state in ("queued", "running")
    assert [(answer.status_code, answer.json()["error"]["code"]) for answer in missing] == [(404, "not_found")] * 4
    assert (cancelled.status_code, cancelled.json()["data"]["state"]) == (200, "cancelled")


async def test_a_person_watches_a_bounded_number_of_jobs_and_leaving_makes_room() -> None:
    halves = Halves()
    async with served(halves) as (_server, jobs, client):
        job_id = await jobs.submit("test.halves", {}, "owner")
        path = f"/api/jobs/{job_id}/events"
        watching = [events(client, path) for _ in range(WATCHES)]
        for watch in watching:
            await anext(watch)
        refused = await client.get(path)
        for watch in watching:
            await watch.aclose()  # type: ignore[attr-defined]
        there = await client.head(path)
        async with asyncio.timeout(10):
            while (await status_of(client, path)) == 429:
                await asyncio.sleep(0.05)
    assert there.headers["content-type"].startswith("text/event-stream")
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "limit_reached")


async def test_the_end_of_the_server_ends_the_events_at_once() -> None:
    halves, clock = Halves(), asyncio.get_running_loop().time
    async with httpx2.AsyncClient() as client:
        async with serving() as server:
            jobs: Jobs = server.app.state.services.jobs
            jobs.declare(halves.kind)
            job_id = await jobs.submit("test.halves", {}, "owner")
            watch = events(client, f"{server.http}/api/jobs/{job_id}/events")
            await anext(watch)
            ending = clock()
        rest = [event async for event in watch]
    assert rest == []
    assert clock() - ending < 1.5  # uvicorn would wait for 2 s


async def test_while_nothing_changes_a_line_keeps_the_connection() -> None:
    async def work(_context: JobContext, _arguments: Mapping[str, Any]) -> Any:
        await asyncio.Event().wait()

    async with working(None, JobKind("test.wait", work), workers=0) as jobs:
        job_id = await jobs.submit("test.wait", {}, "ann")
        states = jobs.watch(job_id, "ann", again_s=0.1)
        lines = events_of(await anext(states), states, seen="")
        told = [await anext(lines) for _ in range(3)]
        await lines.aclose()  # type: ignore[attr-defined]
    assert told[0] == b"retry: 2000\n\n"
    assert told[1].startswith(b"id: queued-0\nevent: progress\ndata: {")
    assert told[2] == b": nothing new\n\n"


async def test_the_events_of_a_job_that_is_removed_end() -> None:
    halves = Halves()
    async with served(halves) as (_server, jobs, client):
        path = f"/api/jobs/{await jobs.submit('test.halves', {}, 'owner')}/events"
        watch = events(client, path)
        await anext(watch)
        await jobs.remove_all("owner")
        rest = [event["event"] async for event in watch]
        again = await client.get(path)
    assert "finished" not in rest
    assert again.status_code == 404
