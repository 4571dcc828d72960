"""Publish, copy, mark and report characters; and for operators what was reported, and to hide it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field
from starlette.routing import BaseRoute

from server.accounts.audit import client_of
from server.api.endpoint import Body, Call, Described, Endpoint, Nothing
from server.api.moments import Moment
from server.api.paging import Page, PageQuery, key_of, page_of
from server.api.serving import api_routes
from server.characters.answers import Detailed, ListedFields, Visibility
from server.characters.editing import Editing
from server.characters.routes.presenter import Presenter, visibility_of
from server.characters.sharing import Sharing
from server.errors import Conflict, Forbidden, NotFound, QuotaExceeded
from server.services import Services

Reason = Literal["sexual", "violent", "hateful", "illegal", "a_real_person", "other"]


def routes(services: Services) -> list[BaseRoute]:
    """The endpoints."""
    editing = Editing(services.characters.store)
    sharing = Sharing(services.characters, editing, services.objects, services.accounts.audit)
    api, one = SharingApi(Presenter.by(services), sharing), "/api/characters/{id}"
    return api_routes(
        services,
        [
            Endpoint("POST", f"{one}/publish", api.publish, (NotFound, Forbidden, Conflict), role="member"),
            Endpoint("POST", f"{one}/unpublish", api.unpublish, (NotFound, Forbidden)),
            Endpoint("POST", f"{one}/copy", api.copy, (NotFound, Conflict, QuotaExceeded), status=201),
            Endpoint("PUT", f"{one}/favourite", api.mark, (NotFound, QuotaExceeded)),
            Endpoint("DELETE", f"{one}/favourite", api.unmark, (NotFound,)),
            Endpoint("POST", f"{one}/report", api.report, (NotFound, Forbidden)),
            Endpoint("POST", f"{one}/hide", api.hide, (NotFound,), role="operator"),
            Endpoint("POST", f"{one}/show", api.show, (NotFound,), role="operator"),
            Endpoint("GET", "/api/reports", api.reports, role="operator"),
        ],
    )


class NewReport(Body):
    """What is wrong with a character."""

    reason: Reason
    text: Annotated[str, Field(max_length=2000)] = ""


class ReportQuery(PageQuery):
    """Which reports."""

    settled: bool = False
    """Also those that an operator has seen to."""


class Reported(Described):
    """The character that a report is about."""

    id: str
    name: str
    person_id: str
    visibility: Visibility


class Report(Described):
    """What somebody reported."""

    id: str
    character: Reported
    reason: str
    text: str
    person_id: str
    created_at: Moment
    settled_at: Moment | None

    @classmethod
    def of(cls, row: Any) -> Report:
        """A row of a report, with what is told of its character."""
        name, visibility = ListedFields.model_validate(row.listed_fields).title, visibility_of(row)
        about = Reported(id=row.character_id, name=name, person_id=row.owner_id, visibility=visibility)
        return cls(
            id=row.id,
            character=about,
            reason=row.reason,
            text=row.text,
            person_id=row.person_id,
            created_at=row.created_at,
            settled_at=row.settled_at,
        )


@dataclass(frozen=True)
class SharingApi:
    """The endpoints and what they need."""

    presenter: Presenter
    sharing: Sharing

    async def publish(self, call: Call) -> Detailed:
        """Let everybody find a character of one's own, see its file, talk to it and copy it, as it is and as it is saved
        from now on."""
        await self.sharing.publish(call.principal.id, call.path["id"], published=True)
        return await self.presenter.details(call.request, call.principal, call.path["id"])

    async def unpublish(self, call: Call) -> Detailed:
        """Let nobody else find it any more; copies stay."""
        await self.sharing.publish(call.principal.id, call.path["id"], published=False)
        return await self.presenter.details(call.request, call.principal, call.path["id"])

    async def copy(self, call: Call) -> Detailed:
        """Make a character of one's own of any that one sees; its origin is named."""
        id = await self.sharing.copy(call.principal.id, call.path["id"])
        return await self.presenter.details(call.request, call.principal, id)

    async def mark(self, call: Call) -> None:
        """Have a character among one's favourites."""
        await self.sharing.mark(call.principal.id, call.path["id"])

    async def unmark(self, call: Call) -> None:
        """Have it among them no more."""
        await self.sharing.unmark(call.principal.id, call.path["id"])

    async def report(self, call: Call[Nothing, NewReport]) -> None:
        """Report what somebody published to those who run this server. Again by the same person, it is said anew."""
        await self.sharing.report(call.principal.id, call.path["id"], call.body.reason, call.body.text)

    async def hide(self, call: Call) -> None:
        """Take a published character from everybody but its owner, whose further versions are not seen either."""
        await self.sharing.hide(call.principal, call.path["id"], client_of(call.request), hidden=True)

    async def show(self, call: Call) -> None:
        """Let it be seen again, or settle reports of one that was not hidden."""
        await self.sharing.hide(call.principal, call.path["id"], client_of(call.request), hidden=False)

    async def reports(self, call: Call[ReportQuery]) -> Page[Report]:
        """What was reported and not yet seen to, the newest first."""
        query = call.query
        rows = await self.sharing.reports(key_of(query.cursor, int, str), query.limit, settled=query.settled)
        page = page_of(rows, query.limit, lambda row: (row.created_at, row.id))
        return Page(items=[Report.of(row) for row in page.items], next=page.next)
