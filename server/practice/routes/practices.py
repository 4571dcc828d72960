"""`/api/practices`: choose and plan a practice, find it again, delete it."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.routing import BaseRoute

from server.api.endpoint import Call, Endpoint, Nothing
from server.api.paging import Page, key_of, page_of
from server.api.serving import api_routes
from server.errors import Conflict, FieldFault, NotFound, QuotaExceeded, ValidationFailed
from server.practice.answers import ListedPractice, NewPractice, PlannedPractice, PracticeQuery
from server.practice.practices import Chosen, Practices
from server.practice.store import Wanted
from server.services import Services


def routes(services: Services) -> list[BaseRoute]:
    """The endpoints."""
    api = PracticesApi(services.practices)
    all_, one = "/api/practices", "/api/practices/{id}"
    return api_routes(
        services,
        [
            Endpoint("GET", all_, api.listed, (NotFound,)),
            Endpoint("POST", all_, api.make, (ValidationFailed, QuotaExceeded), status=201),
            Endpoint("GET", one, api.show, (NotFound, Conflict)),
            Endpoint("DELETE", one, api.delete, (NotFound,)),
        ],
    )


@dataclass(frozen=True)
class PracticesApi:
    """The endpoints and what they need."""

    practices: Practices

    async def listed(self, call: Call[PracticeQuery]) -> Page[ListedPractice]:
        """Practices, the newest first."""
        query = call.query
        wanted, before = Wanted(query.kind, query.language, query.conversation), key_of(query.cursor, int, str)
        rows = await self.practices.store.listed(call.principal.id, wanted, before, query.limit)
        page = page_of(rows, query.limit, lambda row: (row.created_at, row.id))
        return Page(items=[ListedPractice.of(row) for row in page.items], next=page.next)

    async def make(self, call: Call[Nothing, NewPractice]) -> PlannedPractice:
        """Choose what is practised; it is planned by rules, at once."""
        body = call.body
        choice = body.interview if body.kind == "interview" else body.scene
        if choice is None:
            field = "interview" if body.kind == "interview" else "scene"
            raise ValidationFailed([FieldFault(field, "missing", "Say what is practised")])
        chosen = Chosen(body.language, body.own_language, choice.setup(), body.character_id)
        return PlannedPractice.of(await self.practices.make(call.principal.id, chosen))

    async def show(self, call: Call) -> PlannedPractice:
        """A practice with its plan."""
        return PlannedPractice.of(await self.practices.store.get(call.principal.id, call.path["id"]))

    async def delete(self, call: Call) -> None:
        """Delete a practice for good, with its report. Its conversation stays, and so do cards that were made of it."""
        await self.practices.store.delete(call.principal.id, call.path["id"])
