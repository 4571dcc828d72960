"""Who is asking: every way to show it, in one place, for requests and sockets alike."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from starlette.requests import HTTPConnection

from server.errors import Unauthorized
from server.identity.auth import holder, presented_key
from server.identity.origins import check_not_rebound
from server.identity.principal import OWNER, Principal, holder_of
from server.settings.serving import ServerSettings


class Credentials(Protocol):
    """A way to show who one is, such as the cookie of a log-in."""

    async def principal(self, connection: HTTPConnection) -> Principal | None:
        """Who shows it; None if nothing of this kind is shown. Raises `Unauthorized` for what is not, or no longer, good."""
        ...


class Grants(Protocol):
    """The log-ins and keys of accounts, each of which can be revoked."""

    async def good(self, grants: Collection[str]) -> Collection[str]:
        """Those of `grants` that are still good."""
        ...


@dataclass(frozen=True)
class Identity:
    """Who may come in: with the `credentials` of an account, a key of the settings, or, where nobody is asked, anybody."""

    server: ServerSettings
    credentials: Sequence[Credentials] = ()
    login_required: bool = False
    grants: Grants | None = None

    async def identify(self, connection: HTTPConnection) -> Principal:
        """Who opens `connection`. Raises `Unauthorized`."""
        for way in self.credentials:
            if principal := await way.principal(connection):
                return principal
        return self.without_account(connection)

    async def check_grant(self, principal: Principal) -> None:
        """Raises `Unauthorized` if what `principal` showed some time ago was revoked since."""
        if principal.grant and self.grants and not await self.grants.good([principal.grant]):
            raise Unauthorized("Whoever made this key is logged out.", code="logged_out")

    def without_account(self, connection: HTTPConnection) -> Principal:
        """Who shows a key of the settings, or need not. Raises `Unauthorized`, `OriginDenied`."""
        key = presented_key(connection)
        if self.server.api_keys and (principal := holder(self.server, key)):
            return principal
        if self.login_required and not key:
            raise Unauthorized("Log in first.", code="login_required")
        if self.server.api_keys or self.login_required:
            raise Unauthorized("Incorrect API key provided. Ask whoever runs this server for one.")
        check_not_rebound(self.server, connection)
        return OWNER


def without_accounts(server: ServerSettings) -> Sequence[Principal]:
    """Everybody who may come in without an account."""
    return (OWNER, *(holder_of(key.get_secret_value()) for key in server.api_keys))
