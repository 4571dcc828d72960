"""`POST /api/conversations/export`: all that a person has kept, to take along."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field
from starlette.routing import BaseRoute

from pipeline.errors import LimitReached
from server.accounts.audit import AuditLog, client_of
from server.api.endpoint import Body, Call, Endpoint, Nothing
from server.api.serving import api_routes
from server.errors import StorageError
from server.history.answers import Day
from server.history.exporting.job import ExportJob
from server.history.store import Filter, day_of
from server.jobs.kind import JobRunning
from server.jobs.routes import JobState
from server.services import Services
from server.web.objects import link_root


def routes(services: Services) -> list[BaseRoute]:
    """The endpoint of exports."""
    api = ExportsApi(services.exports, services.accounts.audit)
    errors = (JobRunning, LimitReached, StorageError)
    return api_routes(
        services, [Endpoint("POST", "/api/conversations/export", api.begin, errors, status=202, costly=True)]
    )


class Wanted(Body):
    """Which conversations; without anything all of them."""

    day: Day | None = None
    """Those of one day, as 2026-11-30."""
    offset_minutes: Annotated[int, Field(ge=-1_000, le=1_000)] = 0
    """How far the person's clock is ahead of UTC: which time is a day."""
    character: Annotated[str, Field(max_length=64)] = ""
    pinned: bool | None = None


@dataclass(frozen=True)
class ExportsApi:
    """The endpoint and what it needs."""

    exports: ExportJob
    audit: AuditLog

    async def begin(self, call: Call[Nothing, Wanted]) -> JobState:
        """Begin to write all conversations into a zip: each as text, JSON and subtitles, with its sound if there is some.

        The answer is a job, to be followed at `/api/jobs/{id}`. Its result has a `link` to the zip, which is good for a day
        and needs no key. While one is being written there is no second: `details.job_id` says which. What is in the zip is
        described in docs/history.md.
        """
        body, person_id = call.body, call.principal.id
        since, until = day_of(body.day, body.offset_minutes)
        wanted = Filter(body.character, body.pinned, since, until)
        job = await self.exports.submit(person_id, wanted, link_root(call.request))
        await self.audit.write_alone("exported", person_id, client_of(call.request), conversation="all", format="zip")
        return JobState.of(job)
