"""`/api/practices/{id}/report`: the report on a practice, as far as it is made, and making it again."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.routing import BaseRoute

from pipeline.errors import LimitReached
from server.api.endpoint import Call, Endpoint
from server.api.serving import api_routes
from server.errors import Conflict, NotFound, StorageError
from server.practice.report.answers import Report
from server.practice.report.reports import Reports
from server.services import Services


def routes(services: Services) -> list[BaseRoute]:
    """The endpoints."""
    api, one = ReportsApi(services.reports), "/api/practices/{id}/report"
    return api_routes(
        services,
        [
            Endpoint("GET", one, api.show, (NotFound, StorageError)),
            Endpoint("POST", one, api.make, (NotFound, Conflict, LimitReached, StorageError), costly=True),
        ],
    )


@dataclass(frozen=True)
class ReportsApi:
    """The endpoints and what they need."""

    reports: Reports

    async def show(self, call: Call) -> Report:
        """The report on a practice, with the parts that are ready.

        It begins by itself when the talk is over. While it is `making`, ask again, or follow its job.
        """
        return await self.reports.report(call.path["id"], call.principal.id)

    async def make(self, call: Call) -> Report:
        """Make the report, also again; while it is being made nothing else happens. Parts stay until they are made anew."""
        await self.reports.make(call.path["id"], call.principal.id)
        return await self.show(call)
