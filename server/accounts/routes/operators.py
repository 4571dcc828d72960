"""The endpoints of operators: people, how much they have, and the audit log of all."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.routing import BaseRoute

from server.accounts.accounts import Accounts
from server.accounts.audit import client_of
from server.accounts.operators import Usage
from server.accounts.people import Person
from server.accounts.routes import bodies
from server.accounts.routes.keys import audit_page
from server.api.endpoint import Call, Endpoint, Nothing
from server.api.paging import Page, PageQuery, key_of, page_of
from server.api.serving import api_routes
from server.errors import Forbidden, NotFound
from server.services import Services


def routes(services: Services) -> list[BaseRoute]:
    """`/api/people` and `/api/audit`."""
    api = OperatorApi(services.accounts)
    return api_routes(
        services,
        [
            Endpoint("GET", "/api/people", api.list_people, role="operator"),
            Endpoint("PATCH", "/api/people/{id}", api.change_person, (NotFound, Forbidden), role="operator"),
            Endpoint("GET", "/api/audit", api.audit, role="operator"),
        ],
    )


@dataclass(frozen=True)
class OperatorApi:
    """The endpoints and what they need."""

    accounts: Accounts

    async def list_people(self, call: Call[PageQuery]) -> Page[bodies.PersonSeen]:
        """Everybody who has an account or came as a guest, and how much they have here."""
        before = key_of(call.query.cursor, str)
        found = await self.accounts.operators.list(before[0] if before else None, call.query.limit)
        return page_of([_seen(*one) for one in found], call.query.limit, lambda person: (person.id,))

    async def change_person(self, call: Call[Nothing, bodies.PersonChange]) -> bodies.PersonSeen:
        """Suspend somebody, let them in again, or, as the owner, make them an operator or a member."""
        id, sent, client = call.path["id"], call.body, client_of(call.request)
        changed = await self.accounts.operators.change(call.principal, id, sent.role, sent.suspended, client)
        self.accounts.revocations.ask_now()
        return _seen(changed, await self.accounts.operators.usage(id))

    async def audit(self, call: Call[PageQuery]) -> Page[bodies.AuditEntry]:
        """What happened to all accounts, the newest first."""
        return await audit_page(self.accounts, None, call.query)


def _seen(person: Person, usage: Usage) -> bodies.PersonSeen:
    return bodies.PersonSeen(
        id=person.id,
        role=person.role,
        name=person.name,
        email=person.email,
        created_at=person.created_at,
        seen_at=person.seen_at,
        suspended=person.suspended_at is not None,
        usage=bodies.Usage(conversations=usage.conversations, files=usage.files, file_bytes=usage.file_bytes),
    )
