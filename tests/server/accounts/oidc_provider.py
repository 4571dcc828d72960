"""A provider of OpenID Connect on this machine, which can be told to do what a bad one would."""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from tests.loopback import serving_app

CLIENT = "kaikou"


@dataclass
class Provider:
    """Who logs in there, what has happened, and what is wrong with it. claims: laid over those of each id token."""

    url: str = ""
    person: dict[str, Any] = field(
        default_factory=lambda: {"sub": "7", "email": "Ann@example.org", "email_verified": True}
    )
    claims: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    refuses: str = ""
    signs_with: str = "RS256"
    foreign_key: bool = False
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    exchanges: int = 0
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}))

    async def discover(self, _request: Request) -> Response:
        return JSONResponse(
            {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/keys",
                "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
            }
            | self.metadata
        )

    async def authorize(self, request: Request) -> Response:
        asked = dict(request.query_params)
        back = {"state": asked["state"]}
        if self.refuses:
            back["error"] = self.refuses
        else:
            assert asked["code_challenge_method"] == "S256"
            back["code"] = secrets.token_urlsafe(16)
            self.codes[back["code"]] = asked
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(back)}", 302)

    async def token(self, request: Request) -> Response:
        self.exchanges += 1
        form = await request.form()
        asked = self.codes.pop(str(form.get("code")), None)
        verifier = hashlib.sha256(str(form.get("code_verifier")).encode()).digest()
        challenge = base64.urlsafe_b64encode(verifier).decode().rstrip("=")
        if asked is None or challenge != asked["code_challenge"] or form.get("redirect_uri") != asked["redirect_uri"]:
            return JSONResponse({"error": "invalid_grant"}, 400)
        now = int(time.time())
        about = {"iss": self.url, "aud": CLIENT, "iat": now, "exp": now + 60, "nonce": asked["nonce"]}
        return JSONResponse({"access_token": "at", "token_type": "Bearer", "id_token": self._signed(about)})

    def _signed(self, about: dict[str, Any]) -> str:
        claims = about | self.person | self.claims
        if self.signs_with == "none":
            parts = [
                base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
                for text in ('{"alg":"none"}', _json(claims))
            ]
            return ".".join([*parts, ""])
        key = RSAKey.generate_key(2048, {"kid": "one"}) if self.foreign_key else self.key
        return jwt.encode({"alg": self.signs_with, "kid": "one"}, claims, key, algorithms=[self.signs_with])

    async def keys(self, _request: Request) -> Response:
        return JSONResponse({"keys": [self.key.as_dict(private=False)]})


def _json(value: Any) -> str:
    import json

    return json.dumps(value)


@asynccontextmanager
async def a_provider() -> AsyncIterator[Provider]:
    """A provider that runs until the block ends."""
    provider = Provider()
    routes = [
        Route("/.well-known/openid-configuration", provider.discover),
        Route("/authorize", provider.authorize),
        Route("/token", provider.token, methods=["POST"]),
        Route("/keys", provider.keys),
    ]
    async with serving_app(Starlette(routes=routes)) as url:
        provider.url = url
        yield provider
