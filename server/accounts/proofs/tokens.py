"""Signed tokens (JWT): short proofs of who somebody is, each for one use only.

HMAC with SHA-256 and nothing else, whatever a token's header says. Times are compared with the server's wall clock. Where it
was set back, tokens from the future stay good: the signature says that they are ours, and locking everybody out for that
would help nobody. What a token is worth beyond its signature, the row of its log-in says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import jwt

from server.errors import Unauthorized
from server.storage.ids import Now, new_id, now_ms
from server.storage.signing_keys import SigningKeys

Kind: TypeAlias = Literal["login", "access", "refresh", "ticket", "reset", "verify", "passkey", "sign_on"]
"""login: what the page's cookie holds. ticket: opens one WebSocket. passkey, sign_on: remember, in the browser that began
it, how a log-in goes on. All from ticket on are good once."""

ISSUER, AUDIENCE, ALGORITHM = "kaikou", "kaikou", "HS256"

LEEWAY_S = 5
"""By how much the clocks of several servers may differ."""

REQUIRED = ["iss", "sub", "aud", "iat", "exp", "jti"]

LONGEST = 2048
"""Letters of a token that is looked at; ours have some 400."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says. person: whose; id: its own, by which one that is good once is known; grant: the log-in it is of.

    about: what else is to be remembered until it is shown.
    """

    person: str
    id: str
    grant: str
    expires_at: int
    about: Mapping[str, str] = field(default_factory=dict)


class Tokens:
    """Signs and verifies."""

    def __init__(self, keys: SigningKeys, now: Now = now_ms) -> None:
        self._keys, self._now = keys, now

    async def sign(
        self,
        kind: Kind,
        person: str,
        seconds: int,
        grant: str = "",
        id: str = "",
        about: Mapping[str, str] | None = None,
    ) -> str:
        """A token of that kind, good for so many seconds."""
        key = await self._keys.newest()
        issued = self._now() // 1000
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": person,
            "iat": issued,
            "exp": issued + seconds,
            "jti": id or new_id("tok", self._now()),
            "type": kind,
            "grant": grant,
            **({"about": dict(about)} if about else {}),
        }
        return jwt.encode(claims, key.secret, ALGORITHM, headers={"kid": key.id})

    async def verify(self, kind: Kind, token: str) -> Claims:
        """What a token of that kind says. Raises `Unauthorized` for another, a forged or an expired one."""
        try:
            named = jwt.get_unverified_header(token).get("kid") if len(token) <= LONGEST else None
            key = await self._keys.find(named) if isinstance(named, str) else None
            if key is None:
                raise _not_good()
            # Expiry is compared below: PyJWT asks the wall clock itself, and would refuse tokens from the future.
            options: Any = {"require": REQUIRED, "verify_exp": False, "verify_iat": False, "verify_nbf": False}
            claims = jwt.decode(
                token, key.secret, algorithms=[ALGORITHM], options=options, audience=AUDIENCE, issuer=ISSUER
            )
        except jwt.InvalidTokenError:
            raise _not_good() from None
        if claims.get("type") != kind or not isinstance(claims["exp"], int):
            raise _not_good()
        if self._now() >= (claims["exp"] + LEEWAY_S) * 1000:
            raise Unauthorized("This log-in has expired; log in again.", code="token_expired")
        return Claims(
            claims["sub"], claims["jti"], claims.get("grant", ""), claims["exp"] * 1000, claims.get("about", {})
        )


def _not_good() -> Unauthorized:
    return Unauthorized("This token is not, or no longer, good; log in again.", code="invalid_token")
