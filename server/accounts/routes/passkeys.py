"""`/api/account/passkeys`: making one, logging in with one, one's own.

What a step must know of the step before is a signed token in a cookie of its own, which is good once and for some minutes.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import asdict, dataclass
from typing import Annotated, Any, Literal

from pydantic import Field
from starlette.routing import BaseRoute

from pipeline.errors import InvalidRequest, LimitReached
from server.accounts.accounts import Accounts
from server.accounts.audit import client_of
from server.accounts.proofs.cookies import begun_cookie_of, delete_begun_cookie, set_begun_cookie
from server.accounts.proofs.passkeys import LONGEST_NAME, Passkey, Passkeys, Site
from server.accounts.proofs.tokens import Claims, Kind
from server.accounts.proofs.used_tokens import UsedTokens
from server.accounts.routes import bodies
from server.accounts.routes.entering import entered
from server.api.endpoint import Body, Call, Described, Endpoint, Nothing
from server.api.moments import Moment
from server.api.serving import api_routes
from server.errors import Conflict, Forbidden, NotFound, StorageError, Unauthorized
from server.services import Services

KIND: Kind = "passkey"
BEGUN_S = 5 * 60
"""How long somebody may take from asking for the options to showing the passkey."""


class Options(Described):
    """What the browser is asked with: `navigator.credentials.create({publicKey})`, or `get`."""

    options: dict[str, Any]


Binary = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]*$", max_length=16_000)]
"""Bytes in base64url, as browsers write them."""
Word = Annotated[str, Field(pattern=r"^[\w-]*$", max_length=64)]


class CredentialResponse(Body):
    """What the device signed. Which fields there are depends on whether the passkey was made or shown."""

    clientDataJSON: Binary
    attestationObject: Binary | None = None
    authenticatorData: Binary | None = None
    signature: Binary | None = None
    userHandle: Binary | None = None
    publicKey: Binary | None = None
    publicKeyAlgorithm: int | None = None
    transports: list[Word] | None = None


class Credential(Body):
    """What `toJSON` of the browser's `PublicKeyCredential` gives."""

    id: Binary
    rawId: Binary
    type: Literal["public-key"]
    response: CredentialResponse
    authenticatorAttachment: Word | None = None
    clientExtensionResults: dict[Word, bool] = Field(default_factory=dict)


class NewPasskey(Body):
    """What `navigator.credentials.create` gave, as JSON, and what its owner calls it."""

    credential: Credential
    name: Annotated[str, Field(max_length=LONGEST_NAME)] = ""


class ShownPasskey(Body):
    """What `navigator.credentials.get` gave, as JSON."""

    credential: Credential
    tokens: bool = False
    """For programs: answer tokens instead of setting a cookie."""


class PasskeyShown(Described):
    """A passkey as its owner sees it."""

    id: str
    name: str
    created_at: Moment
    used_at: Moment | None


class PasskeyList(Described):
    """A person's passkeys, the oldest first."""

    items: list[PasskeyShown]


def routes(services: Services) -> list[BaseRoute]:
    """The endpoints of `/api/account/passkeys`."""
    api = PasskeyApi(services.accounts, Passkeys(services.database), UsedTokens(services.database))
    at, common = "/api/account/passkeys", (InvalidRequest, Forbidden, LimitReached, StorageError)
    return api_routes(
        services,
        [
            Endpoint("GET", at, api.list_passkeys, (Forbidden,)),
            Endpoint("POST", f"{at}/options", api.begin_making, (*common, Unauthorized), secret=True),
            Endpoint("POST", at, api.add, (*common, Unauthorized), status=201),
            Endpoint("POST", f"{at}/login/options", api.begin_login, common, open=True),
            Endpoint("POST", f"{at}/login", api.log_in, (*common, Unauthorized), open=True),
            Endpoint("DELETE", f"{at}/{{id}}", api.remove, (NotFound, Forbidden, Conflict)),
        ],
    )


@dataclass(frozen=True)
class PasskeyApi:
    """The endpoints and what they need."""

    accounts: Accounts
    passkeys: Passkeys
    used: UsedTokens

    async def list_passkeys(self, call: Call) -> PasskeyList:
        """One's own passkeys."""
        self.accounts.check_on()
        return PasskeyList(items=[_shown(passkey) for passkey in await self.passkeys.all(call.principal.id)])

    async def begin_making(self, call: Call[Nothing, bodies.Confirm]) -> Options:
        """Begin making a passkey; the account's password is asked for once more, if it has one."""
        self.accounts.check_passkeys()
        person = await self.accounts.recovery.confirm(call.principal, call.body.password, client_of(call.request))
        options, challenge = await self.passkeys.begin_making(_site(call), person.id, person.email or person.name)
        return await self._begun(call, person.id, options, challenge)

    async def add(self, call: Call[Nothing, NewPasskey]) -> PasskeyShown:
        """Keep the passkey that the device made."""
        self.accounts.check_passkeys()
        claims = await self._going_on(call)
        if claims.person != call.principal.id:
            raise Unauthorized("Another account began to make this passkey; begin again.", code="invalid_token")
        credential = call.body.credential.model_dump(exclude_none=True)
        made = await self.passkeys.add(_site(call), call.principal.id, _bytes(claims), credential, call.body.name)
        await self.accounts.audit.write_alone(
            "passkey_added", call.principal.id, client_of(call.request), passkey=made.id
        )
        return _shown(made)

    async def remove(self, call: Call) -> None:
        """Forget a passkey. The last way to come in stays."""
        self.accounts.check_on()
        id = str(call.path["id"])
        await self.passkeys.remove(call.principal.id, id)
        await self.accounts.audit.write_alone("passkey_removed", call.principal.id, client_of(call.request), passkey=id)

    async def begin_login(self, call: Call) -> Options:
        """Begin to log in with a passkey; whose it is, the passkey says."""
        self.accounts.check_passkeys()
        await self.accounts.attempts.count("log_in", client_of(call.request))
        options, challenge = self.passkeys.begin_login(_site(call))
        return await self._begun(call, "", options, challenge)

    async def log_in(self, call: Call[Nothing, ShownPasskey]) -> bodies.Entered:
        """Log in with the passkey that was shown."""
        self.accounts.check_passkeys()
        client, claims = client_of(call.request), await self._going_on(call)
        try:
            id = await self.passkeys.log_in(
                _site(call), _bytes(claims), call.body.credential.model_dump(exclude_none=True)
            )
        except Unauthorized:
            await self.accounts.audit.write_alone("login_failed", "", client, why="passkey")
            raise
        person = await self.accounts.people.get(id)
        if person is None:  # it is being deleted
            raise Unauthorized("This account is gone.", code="logged_out")
        who = await self.accounts.log_in_as(person, client, "passkey")
        return await entered(self.accounts, call, who, tokens=call.body.tokens)

    async def _begun(self, call: Call[Any, Any], person: str, options: dict[str, Any], challenge: bytes) -> Options:
        about = {"challenge": urlsafe_b64encode(challenge).decode()}
        token = await self.accounts.tokens.sign(KIND, person, BEGUN_S, about=about)
        set_begun_cookie(call.reply, call.request, KIND, token, BEGUN_S)
        return Options(options=options)

    async def _going_on(self, call: Call[Any, Any]) -> Claims:
        """What was begun in this browser; it is good no longer."""
        claims = await self.accounts.tokens.verify(KIND, begun_cookie_of(call.request, KIND))
        await self.used.use(claims)
        delete_begun_cookie(call.reply, call.request, KIND)
        return claims


def _site(call: Call[Any, Any]) -> Site:
    """The page that asks, which the layer below has found to be ours; programs may name it likewise."""
    return Site(call.request.headers.get("origin") or str(call.request.base_url).rstrip("/"))


def _bytes(claims: Claims) -> bytes:
    return urlsafe_b64decode(claims.about["challenge"])


def _shown(passkey: Passkey) -> PasskeyShown:
    return PasskeyShown(**asdict(passkey))
