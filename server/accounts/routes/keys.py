"""What somebody who is logged in gets for programs: keys, tickets for WebSockets; and what was written down about them."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.routing import BaseRoute

from server.accounts.accounts import Accounts
from server.accounts.audit import client_of
from server.accounts.routes import bodies
from server.api.endpoint import Call, Endpoint, Nothing
from server.api.paging import Page, PageQuery, key_of, page_of
from server.api.serving import api_routes
from server.errors import Conflict, Forbidden, NotFound
from server.identity.scopes import REALTIME
from server.services import Services


def routes(services: Services) -> list[BaseRoute]:
    """`/api/account/keys`, `/ticket` and `/audit`."""
    api = KeyApi(services.accounts)
    return api_routes(
        services,
        [
            Endpoint("GET", "/api/account/keys", api.list_keys),
            Endpoint(
                "POST",
                "/api/account/keys",
                api.make_key,
                (Conflict, Forbidden),
                status=201,
                secret=True,
                role="member",
            ),
            Endpoint("DELETE", "/api/account/keys/{id}", api.revoke_key, (NotFound,)),
            Endpoint("POST", "/api/account/ticket", api.ticket, (Forbidden,), scopes=(REALTIME,), secret=True),
            Endpoint("GET", "/api/account/audit", api.audit),
        ],
    )


@dataclass(frozen=True)
class KeyApi:
    """The endpoints and what they need."""

    accounts: Accounts

    async def list_keys(self, call: Call) -> list[bodies.Key]:
        """Your keys that are in force, the newest first."""
        return [bodies.key_of(key) for key in await self.accounts.keys.list(call.principal.id)]

    async def make_key(self, call: Call[Nothing, bodies.NewKey]) -> bodies.MadeKey:
        """A key for a program."""
        self.accounts.check_on()
        client = client_of(call.request)
        key, secret = await self.accounts.keys.make(call.principal.id, call.body.name, call.body.scopes, client)
        return bodies.MadeKey(key=bodies.key_of(key), secret=secret)

    async def revoke_key(self, call: Call) -> None:
        """Let a key be good no longer; conversations that go on with it end."""
        await self.accounts.keys.revoke(call.principal.id, call.path["id"], client_of(call.request))
        self.accounts.revocations.ask_now()

    async def ticket(self, call: Call) -> bodies.SocketTicket:
        """A ticket for one WebSocket, for programs in browsers of other origins."""
        self.accounts.check_on()
        if not call.principal.grant:
            raise Forbidden("A key of the settings needs no ticket; send it as it is.", code="no_ticket")
        return bodies.SocketTicket(ticket=await self.accounts.tickets.make(call.principal))

    async def audit(self, call: Call[PageQuery]) -> Page[bodies.AuditEntry]:
        """What happened to your account, the newest first."""
        return await audit_page(self.accounts, call.principal.id, call.query)


async def audit_page(accounts: Accounts, person: str | None, query: PageQuery) -> Page[bodies.AuditEntry]:
    """A page of the audit log, of one person or of all."""
    before = key_of(query.cursor, int)
    entries = await accounts.audit.list(person, before[0] if before else None, query.limit)
    return page_of([bodies.entry_of(entry) for entry in entries], query.limit, lambda entry: (entry.number,))
