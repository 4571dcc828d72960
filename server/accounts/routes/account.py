"""`/api/account`: who am I, register, log in, log out."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.routing import BaseRoute

from pipeline.errors import LimitReached
from server.accounts.accounts import Accounts, Registration
from server.accounts.audit import client_of
from server.accounts.people import EmailTaken
from server.accounts.proofs.cookies import delete_cookie, set_cookie
from server.accounts.proofs.passkeys import AVAILABLE as PASSKEYS
from server.accounts.routes import bodies
from server.accounts.routes.entering import entered, whoever_asks
from server.accounts.routes.profile import endpoints as profile_endpoints
from server.accounts.routes.questions import endpoints as question_endpoints
from server.api.endpoint import Call, Endpoint, Nothing
from server.api.serving import api_routes
from server.errors import Forbidden, StorageError, Unauthorized
from server.identity.identity import Identity
from server.services import Services


def routes(services: Services) -> list[BaseRoute]:
    """The endpoints of `/api/account`. Those that are open are how one comes in."""
    sign_on = services.settings.sign_on
    has_sign_on = services.accounts.mode != "off" and sign_on.issuer != ""
    api = AccountApi(services.accounts, services.identity, sign_on.name if has_sign_on else None)
    entering = (Unauthorized, Forbidden, LimitReached, StorageError)
    return api_routes(
        services,
        [
            Endpoint("GET", "/api/account", api.show, (StorageError,), open=True),
            Endpoint("POST", "/api/account/register", api.register, (EmailTaken, *entering), open=True, status=201),
            Endpoint("POST", "/api/account/guest", api.come_as_guest, entering, open=True, status=201),
            Endpoint("POST", "/api/account/login", api.log_in, entering, open=True),
            Endpoint("POST", "/api/account/refresh", api.refresh, (Unauthorized, Forbidden, StorageError), open=True),
            Endpoint("POST", "/api/account/logout", api.log_out, (StorageError,), open=True),
            Endpoint("POST", "/api/account/logout-everywhere", api.log_out_everywhere, (Forbidden,)),
            *profile_endpoints(services.accounts),
            *question_endpoints(services.accounts),
        ],
    )


@dataclass(frozen=True)
class AccountApi:
    """The endpoints and what they need."""

    accounts: Accounts
    identity: Identity
    sign_on: str | None

    async def show(self, call: Call) -> bodies.Me:
        """Who asks, and how one can come in."""
        accounts, principal = self.accounts, await whoever_asks(self.identity, call)
        if principal and principal.scopes is not None and "account:read" not in principal.scopes:
            principal = None  # a key that was made for other things does not tell whose it is
        person = await accounts.people.get(principal.id) if principal else None
        if principal and principal.role == "guest" and await accounts.logins.prolong(principal.grant):
            # A guest who comes back now and then has nothing but the cookie to be known by.
            cookie = await accounts.logins.cookie(principal.id, principal.grant)
            set_cookie(call.reply, call.request, cookie, accounts.logins.seconds)
        return bodies.Me(
            mode=accounts.mode,
            registration=accounts.settings.registration,
            owner_missing=await accounts.owner_code() != "",
            mail=accounts.mails.configured,
            password=bodies.PasswordRules(),
            passkeys=accounts.mode != "off" and PASSKEYS,
            questions=accounts.mode != "off" and accounts.settings.security_questions,
            sign_on=self.sign_on,
            account=bodies.account_of(person, principal) if person and principal else None,
        )

    async def register(self, call: Call[Nothing, bodies.Register]) -> bodies.Entered:
        """Make an account and log in. A guest keeps what they have."""
        sent = call.body
        wanted = Registration(sent.email, sent.password, sent.name, sent.phone, sent.code)
        who = await self.accounts.register(wanted, await whoever_asks(self.identity, call), client_of(call.request))
        return await entered(self.accounts, call, who, tokens=sent.tokens)

    async def come_as_guest(self, call: Call) -> bodies.Entered:
        """Come in without an account, where `mode` is optional. What a guest has is theirs again when they register."""
        principal = await whoever_asks(self.identity, call)
        known = await self.accounts.people.get(principal.id) if principal else None
        if principal and known:  # two tabs that open at once, say
            return bodies.Entered(account=bodies.account_of(known, principal))
        return await entered(self.accounts, call, await self.accounts.come_as_guest(client_of(call.request)))

    async def log_in(self, call: Call[Nothing, bodies.LogIn]) -> bodies.Entered:
        """Log in with e-mail address and password."""
        who = await self.accounts.log_in(call.body.email, call.body.password, client_of(call.request))
        return await entered(self.accounts, call, who, tokens=call.body.tokens)

    async def refresh(self, call: Call[Nothing, bodies.Refresh]) -> bodies.Tokens:
        """New tokens for a refresh token. One that comes a second time was stolen, and ends the log-in."""
        self.accounts.check_on()
        return bodies.tokens_of(await self.accounts.logins.refresh(call.body.refresh_token, client_of(call.request)))

    async def log_out(self, call: Call) -> None:
        """End this log-in; nothing happens where there is none."""
        principal = await whoever_asks(self.identity, call)
        if principal and principal.kind == "login":
            await self.accounts.log_out(principal, client_of(call.request))
        delete_cookie(call.reply, call.request)

    async def log_out_everywhere(self, call: Call) -> None:
        """End all log-ins of the account, this one too."""
        self.accounts.check_on()
        await self.accounts.log_out_everywhere(call.principal, client_of(call.request))
        delete_cookie(call.reply, call.request)
