"""`/api/account/sign-on`: to the provider and back, and the links between its log-ins and accounts here."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Annotated, Any
from urllib.parse import quote

from pydantic import Field
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute

from pipeline.errors import KaikouError, LimitReached
from server.accounts.accounts import Accounts
from server.accounts.audit import client_of
from server.accounts.identities import Identities, Linked
from server.accounts.proofs.cookies import (
    begun_cookie_of,
    check_not_led_here,
    delete_begun_cookie,
    set_begun_cookie,
)
from server.accounts.proofs.single_sign_on import Begun, SignOnFailed, SingleSignOn
from server.accounts.proofs.tokens import Claims, Kind
from server.accounts.proofs.used_tokens import UsedTokens
from server.accounts.routes.entering import entered, whoever_asks
from server.api.endpoint import Call, Described, Endpoint
from server.api.moments import Moment
from server.api.serving import api_routes
from server.errors import Conflict, Forbidden, NotFound, StorageError, Unauthorized, as_told
from server.identity.identity import Identity
from server.identity.principal import Principal
from server.services import Services

KIND: Kind = "sign_on"
BEGUN_S = 15 * 60
"""How long somebody may take at the provider."""

VIEW = re.compile(r"#/[\w/-]{0,200}")
"""What of an address of our page may be returned to."""


class Leave(Described):
    """Where to come back to, and for what."""

    then: Annotated[str, Field(max_length=200)] = ""
    """The view of the page to come back to, such as #/history."""
    link: bool = False
    """Link the provider's log-in to the account that is logged in, instead of logging in."""


class LinkedIdentity(Described):
    """A log-in of a provider that is linked to an account."""

    issuer: str
    email: str
    linked_at: Moment


class LinkedIdentities(Described):
    """Those of one's own account."""

    items: list[LinkedIdentity]


class Issuer(Described):
    """Whose log-in it is."""

    issuer: Annotated[str, Field(min_length=1, max_length=500)]


def routes(services: Services) -> list[BaseRoute]:
    """The endpoints of `/api/account/sign-on`."""
    settings = services.settings.sign_on
    provider = SingleSignOn(settings) if settings.issuer else None
    accounts = services.accounts
    api = SignOnApi(accounts, services.identity, Identities(accounts), UsedTokens(services.database), provider)
    at = "/api/account/sign-on"
    back, html = f"{at}/callback", ("text/html",)
    failures = (NotFound, Forbidden, SignOnFailed, Unauthorized, LimitReached, StorageError)
    return api_routes(
        services,
        [
            Endpoint("GET", at, api.leave, failures, open=True, status=303, sends=html),
            Endpoint("GET", back, api.come_back, (NotFound, Forbidden), open=True, status=303, sends=html),
            Endpoint("GET", f"{at}/links", api.list_links, (Forbidden,)),
            Endpoint("DELETE", f"{at}/links", api.unlink, (Forbidden, NotFound, Conflict)),
        ],
    )


@dataclass(frozen=True)
class SignOnApi:
    """The endpoints and what they need."""

    accounts: Accounts
    identity: Identity
    identities: Identities
    used: UsedTokens
    provider: SingleSignOn | None

    async def leave(self, call: Call[Leave]) -> Response:
        """Go to the provider. The browser remembers what has to come back."""
        provider = self._there()
        await self.accounts.attempts.count("log_in", client_of(call.request))
        principal = await whoever_asks(self.identity, call)
        if call.query.link:
            check_not_led_here(call.request)
        if call.query.link and (principal is None or principal.kind != "login" or principal.role == "guest"):
            raise Unauthorized("Log in first.", code="login_required")
        url, begun = await provider.begin(f"{_page(call)}api/account/sign-on/callback")
        then = call.query.then if VIEW.fullmatch(call.query.then) else ""
        about = asdict(begun) | {"then": then, "link": "yes" if call.query.link else ""}
        person, grant = (principal.id, principal.grant) if principal else ("", "")
        token = await self.accounts.tokens.sign(KIND, person, BEGUN_S, grant, about=about)
        set_begun_cookie(call.reply, call.request, KIND, token, BEGUN_S, comes_back=True)
        return RedirectResponse(url, 303)

    async def come_back(self, call: Call) -> Response:
        """Come back from the provider: logged in, or to the page that says why not."""
        self._there()
        delete_begun_cookie(call.reply, call.request, KIND)
        try:
            then = await self._come_in(call)
        except Exception as error:  # noqa: BLE001 — the request's outermost frame: a person reads this, no program
            told = as_told(error, "sign-on failed")
            await self._note(call, told)
            return RedirectResponse(f"{_page(call)}#/account?problem={quote(told.code)}", 303)
        return RedirectResponse(f"{_page(call)}{then or '#/'}", 303)

    async def list_links(self, call: Call) -> LinkedIdentities:
        """The provider's log-ins that are linked to one's account."""
        self.accounts.check_on()
        return LinkedIdentities(items=[_shown(linked) for linked in await self.identities.of(call.principal.id)])

    async def unlink(self, call: Call[Issuer]) -> None:
        """Unlink a provider's log-in. The last way to come in stays."""
        self.accounts.check_on()
        await self.identities.unlink(call.principal.id, call.query.issuer, client_of(call.request))

    async def _come_in(self, call: Call[Any, Any]) -> str:
        """Log in, or link; the view to come back to."""
        claims = await self.accounts.tokens.verify(KIND, begun_cookie_of(call.request, KIND))
        await self.used.use(claims)
        about, client = dict(claims.about), client_of(call.request)
        then, link = about.pop("then", ""), about.pop("link", "")
        who = await self._there().finish(Begun(**about), call.request.query_params)
        # The page's own cookie does not come along from another site; who began may have logged out since.
        if link:
            began = await self.accounts.logins.principal(claims)
            await self.identities.link(began.id, who, client)
        else:
            guest = await self._still_there(claims)
            await entered(self.accounts, call, await self.identities.enter(who, guest, client))
        return then

    async def _still_there(self, claims: Claims) -> Principal | None:
        """Who began to log in, as a guest say, if they have not gone since."""
        try:
            return await self.accounts.logins.principal(claims) if claims.person else None
        except Unauthorized:
            return None

    async def _note(self, call: Call[Any, Any], error: KaikouError) -> None:
        try:
            await self.accounts.audit.write_alone("login_failed", "", client_of(call.request), why=error.code)
        except StorageError:
            return  # the person is told all the same

    def _there(self) -> SingleSignOn:
        self.accounts.check_on()
        if self.provider is None:
            raise NotFound("There is no single sign-on here; see the setting KAIKOU_OIDC_ISSUER.", code="sign_on_off")
        return self.provider


def _page(call: Call[Any, Any]) -> str:
    """The address of our page, with a slash at its end."""
    return f"{str(call.request.base_url).rstrip('/')}/"


def _shown(linked: Linked) -> LinkedIdentity:
    return LinkedIdentity(issuer=linked.issuer, email=linked.email, linked_at=linked.created_at)
