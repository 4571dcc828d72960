"""What an account's owner may show at the door: a ticket or a bearer token of a program, or the cookie of the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import HTTPConnection

from server.accounts.api_keys import PREFIX, ApiKeys
from server.accounts.logins import Logins
from server.accounts.proofs.cookies import check_not_forged, cookie_of
from server.accounts.proofs.tokens import Tokens
from server.accounts.proofs.used_tokens import UsedTokens
from server.identity.auth import presented_key
from server.identity.principal import Principal
from server.settings.serving import ServerSettings

JWT_BEGINS = "eyJ"
"""How `{"` begins in base64: what is no key of ours and no key of the settings."""

TICKET_SUBPROTOCOL, TICKET_S = "kaikou-ticket.", 30
"""How a ticket is sent with a WebSocket, which browsers set no headers on; for how long it is good."""


@dataclass(frozen=True)
class Ticket:
    """A ticket for one WebSocket. What stands in an address or a subprotocol may be logged on its way: it is good once."""

    tokens: Tokens
    used: UsedTokens
    logins: Logins
    keys: ApiKeys

    async def make(self, principal: Principal) -> str:
        """A ticket for whoever shows what can be revoked."""
        return await self.tokens.sign("ticket", principal.id, TICKET_S, principal.grant)

    async def principal(self, connection: HTTPConnection) -> Principal | None:
        offered: Sequence[str] = connection.scope.get("subprotocols", ())
        ticket = next((name for name in offered if name.startswith(TICKET_SUBPROTOCOL)), "")
        if not ticket:
            return None
        claims = await self.tokens.verify("ticket", ticket.removeprefix(TICKET_SUBPROTOCOL))
        await self.used.use(claims)
        if claims.grant.startswith("apikey_"):
            return await self.keys.principal_of(claims.grant)
        return await self.logins.principal(claims)


@dataclass(frozen=True)
class ProgramKey:
    """A key of a program, sent wherever a key can be."""

    keys: ApiKeys

    async def principal(self, connection: HTTPConnection) -> Principal | None:
        key = presented_key(connection)
        return await self.keys.principal(key) if key.startswith(PREFIX) else None


@dataclass(frozen=True)
class AccessToken:
    """A program's token, sent wherever a key can be."""

    tokens: Tokens
    logins: Logins

    async def principal(self, connection: HTTPConnection) -> Principal | None:
        token = presented_key(connection)
        if not token.startswith(JWT_BEGINS) or token.count(".") != 2:
            return None
        return await self.logins.principal(await self.tokens.verify("access", token))


@dataclass(frozen=True)
class PageCookie:
    """The cookie, where no key is sent beside it."""

    server: ServerSettings
    tokens: Tokens
    logins: Logins

    async def principal(self, connection: HTTPConnection) -> Principal | None:
        token = cookie_of(connection)
        if not token or presented_key(connection):
            return None
        check_not_forged(self.server, connection)
        return await self.logins.principal(await self.tokens.verify("login", token))
