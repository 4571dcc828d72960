"""What all ways to come in end with: the cookie of the page, or the tokens of a program."""

from __future__ import annotations

from typing import Any

from server.accounts.accounts import Accounts, LoggedIn
from server.accounts.proofs.cookies import set_cookie
from server.accounts.routes import bodies
from server.api.endpoint import Call
from server.errors import Unauthorized
from server.identity.identity import Identity
from server.identity.principal import Principal


async def whoever_asks(identity: Identity, call: Call[Any, Any]) -> Principal | None:
    """Who asks at an endpoint that is open; None for somebody who shows nothing that is good."""
    try:
        return await identity.identify(call.request)
    except Unauthorized:
        return None


async def entered(accounts: Accounts, call: Call[Any, Any], who: LoggedIn, *, tokens: bool = False) -> bodies.Entered:
    """The answer to whoever came in."""
    person, logins = who.person, accounts.logins
    account = bodies.account_of(person, Principal(person.id, "login", person.role, None, who.login))
    if tokens:
        return bodies.Entered(account=account, tokens=bodies.tokens_of(await logins.pair(person.id, who.login)))
    set_cookie(call.reply, call.request, await logins.cookie(person.id, who.login), logins.seconds)
    return bodies.Entered(account=account)
