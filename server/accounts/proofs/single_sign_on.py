"""Single sign-on with an OpenID Connect provider: where a person is sent, and who comes back. Knows nothing of accounts.

The code flow with PKCE, by Authlib. What is to be remembered until the person comes back (`Begun`) is the caller's to keep
where only that browser has it: it binds the answer to who asked (state), to this code (PKCE) and to this token (nonce).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.starlette_client import StarletteOAuth2App
from httpx2 import HTTPError
from joserfc.errors import JoseError

from pipeline.engines.within import within
from pipeline.errors import KaikouError
from server.settings.sign_on import SignOnSettings

logging.getLogger("authlib").setLevel(logging.WARNING)  # it writes code verifiers at debug

ANSWER_S = 10.0
"""How long the provider may take for each thing that it is asked for."""

MOST_ATTEMPTS_S = 3 * ANSWER_S

ALGORITHMS = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"}
)
"""How an id token may be signed: by a key of the provider's, never by none or by a secret that both know."""

LONGEST = 2_000
"""Letters of what a provider may send back in the address."""


class SignOnFailed(KaikouError):
    """The provider cannot be reached, or what came back from it is not what was asked for."""

    code = "sign_on_failed"


class SignOnRefused(SignOnFailed):
    """The provider, or the person there, said no."""

    code = "sign_on_refused"


@dataclass(frozen=True, slots=True)
class Begun:
    """A log-in that goes on at the provider: what must come back, and what proves that it was us who asked."""

    state: str
    nonce: str
    code_verifier: str
    redirect_uri: str


@dataclass(frozen=True, slots=True)
class SignedOn:
    """Who somebody is at the provider: issuer and subject; the rest, as it is written there, belongs to nobody for ever."""

    issuer: str
    subject: str
    email: str
    email_verified: bool
    name: str


class SingleSignOn:
    """One provider. Its addresses and keys are asked for when they are first needed."""

    def __init__(self, settings: SignOnSettings) -> None:
        self.name = settings.name
        secret = settings.client_secret
        self._app = StarletteOAuth2App(
            None,
            name="oidc",
            client_id=settings.client_id,
            client_secret=secret.get_secret_value() if secret else None,
            server_metadata_url=f"{settings.issuer.rstrip('/')}/.well-known/openid-configuration",
            client_kwargs={
                "scope": "openid email profile",
                "code_challenge_method": "S256",
                "timeout": ANSWER_S,
                "token_endpoint_auth_method": "client_secret_basic" if secret else "none",
            },
        )
        self._issuer = settings.issuer.rstrip("/")

    async def begin(self, redirect_uri: str) -> tuple[str, Begun]:
        """The address at the provider that the person is sent to, and what to remember. Raises `SignOnFailed`."""
        asked = await self._ask(self._begin(redirect_uri))
        return asked["url"], Begun(asked["state"], asked["nonce"], asked["code_verifier"], redirect_uri)

    async def finish(self, begun: Begun, answer: Mapping[str, str]) -> SignedOn:
        """Who came back with `answer`, the query of the address. Raises `SignOnFailed`, `SignOnRefused`."""
        if answer.get("state") != begun.state:
            raise SignOnFailed("This log-in was not begun in this browser. Begin it again.", code="sign_on_mismatch")
        if error := answer.get("error"):
            raise SignOnRefused(f"{self.name} did not log you in: {error[:100]}.")
        if issuer := answer.get("iss", ""):  # RFC 9207: against an answer of another provider
            self._check_issuer(issuer)
        code = answer.get("code", "")
        if not 0 < len(code) <= LONGEST:
            raise SignOnFailed(f"{self.name} sent no code back. Begin again.")
        claims = await self._ask(self._claims(begun, code))
        self._check_issuer(str(claims.get("iss", "")))
        return SignedOn(
            str(claims["iss"]),
            str(claims["sub"]),
            str(claims.get("email") or ""),
            claims.get("email_verified") is True,
            str(claims.get("name") or claims.get("preferred_username") or ""),
        )

    async def _begin(self, redirect_uri: str) -> dict[str, str]:
        await self._load()
        begun: dict[str, str] = await self._app.create_authorization_url(redirect_uri)
        return begun

    async def _claims(self, begun: Begun, code: str) -> dict[str, Any]:
        await self._load()
        token = await self._app.fetch_access_token(
            redirect_uri=begun.redirect_uri, code=code, code_verifier=begun.code_verifier
        )
        claims = await self._app.parse_id_token(token, nonce=begun.nonce)
        if not claims or not claims.get("sub"):
            raise SignOnFailed(f"{self.name} did not say who you are.")
        return dict(claims)

    async def _load(self) -> None:
        """The provider's addresses; of the ways to sign it names, those that prove something."""
        metadata = await self._app.load_server_metadata()
        self._check_issuer(str(metadata.get("issuer", "")))
        named = metadata.get("id_token_signing_alg_values_supported") or ["RS256"]
        metadata["id_token_signing_alg_values_supported"] = [name for name in named if name in ALGORITHMS] or ["RS256"]

    def _check_issuer(self, issuer: str) -> None:
        if issuer.rstrip("/") != self._issuer:
            raise SignOnFailed(f"What came from {self.name} is of another issuer than KAIKOU_OIDC_ISSUER.")

    async def _ask(self, asking: Any) -> Any:
        try:
            async with within(MOST_ATTEMPTS_S):
                return await asking
        except (AuthlibBaseError, JoseError) as error:
            raise SignOnFailed(f"{self.name} did not log you in. Begin again.") from error
        except (HTTPError, TimeoutError, ValueError, KeyError, RuntimeError) as error:
            raise SignOnFailed(
                f"{self.name} does not answer as a provider of OpenID Connect; try again later."
            ) from error
