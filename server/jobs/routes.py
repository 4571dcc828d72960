"""`/api/jobs/{id}`: how a job is, asked now and then or followed, and cancelling it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute

from pipeline.errors import LimitReached
from server.api.endpoint import Call, Endpoint
from server.api.serving import api_routes
from server.errors import NotFound, StorageError
from server.jobs.jobs import Jobs
from server.jobs.kind import Job, State
from server.services import Services

HEARTBEAT_S = 15.0
"""A line that says nothing after so long without a change: proxies close connections that are silent for a minute."""

RETRY_MS = 2000
"""When a browser whose connection was cut comes back."""


def routes(services: Services) -> list[BaseRoute]:
    """The endpoints of `/api/jobs`."""
    api, one = JobsApi(services.jobs), "/api/jobs/{id}"
    errors = (NotFound, StorageError)
    return api_routes(
        services,
        [
            Endpoint("GET", one, api.show, errors),
            Endpoint("DELETE", one, api.cancel, errors),
            Endpoint("GET", f"{one}/events", api.events, (*errors, LimitReached), sends=("text/event-stream",)),
        ],
    )


class Reason(BaseModel):
    """Why a job failed."""

    code: str
    message: str


class JobState(BaseModel):
    """A job."""

    id: str
    kind: str
    state: State
    progress: float
    """From 0 to 1."""
    text_key: str
    """Names the page's text of what is done just now."""
    result: Any = None
    """What it made, once it is done."""
    error: Reason | None = None
    """Why it failed, if it did."""

    @classmethod
    def of(cls, job: Job) -> JobState:
        """What of the job is told."""
        error = Reason(**job.error) if job.error else None
        return cls(
            id=job.id,
            kind=job.kind,
            state=job.state,
            progress=job.progress,
            text_key=job.text_key,
            result=job.result,
            error=error,
        )


@dataclass(frozen=True)
class JobsApi:
    """The endpoints and what they need."""

    jobs: Jobs

    async def show(self, call: Call) -> JobState:
        """How a job is."""
        return JobState.of(await self.jobs.status(call.path["id"], call.principal.id))

    async def cancel(self, call: Call) -> JobState:
        """Let a job not be done, or not to its end. What is finished stays so."""
        return JobState.of(await self.jobs.cancel(call.path["id"], call.principal.id))

    async def events(self, call: Call) -> Response:
        """A job as server-sent events, `progress` whenever it changed and `finished` at the end, each with the job.

        A client that sends the `Last-Event-ID` that it saw is told what came after it.
        """
        headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}  # nginx would keep them until there are many
        if call.request.method == "HEAD":
            await self.jobs.status(call.path["id"], call.principal.id)
            return Response(None, 200, headers, "text/event-stream")
        states = self.jobs.watch(call.path["id"], call.principal.id, again_s=HEARTBEAT_S)
        first = await anext(states)  # errors are told as everywhere
        seen = call.request.headers.get("last-event-id", "")
        return StreamingResponse(events_of(first, states, seen), 200, headers, "text/event-stream")


async def events_of(first: Job, states: AsyncGenerator[Job, None], seen: str) -> AsyncIterator[bytes]:
    """The states of a job as events, without the one whose id the client has seen."""
    async with aclosing(states):
        yield b"retry: %d\n\n" % RETRY_MS
        if event_id(first) != seen:
            yield event(first)
        told = first
        with suppress(NotFound, StorageError):  # the client comes again, and is told that
            async for job in states:
                yield b": nothing new\n\n" if job == told else event(job)
                told = job


def event_id(job: Job) -> str:
    """Which state of the job an event tells."""
    return f"{job.state}-{job.changes}"


def event(job: Job) -> bytes:
    """One server-sent event."""
    name = b"finished" if job.finished else b"progress"
    return b"id: %b\nevent: %b\ndata: %b\n\n" % (
        event_id(job).encode(),
        name,
        JobState.of(job).model_dump_json().encode(),
    )
