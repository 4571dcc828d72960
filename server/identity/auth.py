"""Who uses the API, and whether they may: keys where the operator set some, web origins always."""

from __future__ import annotations

import hmac
from collections.abc import Sequence

from starlette.requests import HTTPConnection

from server.errors import Unauthorized
from server.identity.principal import OWNER, Principal, holder_of
from server.settings.serving import ServerSettings

KEY_SUBPROTOCOL = "openai-insecure-api-key."
"""Browsers cannot set headers on a WebSocket: OpenAI's clients send the key as a subprotocol."""


def presented_key(connection: HTTPConnection) -> str:
    """The key that a client presents: bearer token, `api-key` header or subprotocol; empty if none."""
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return token.strip()
    if key := connection.headers.get("api-key"):
        return key
    offered: Sequence[str] = connection.scope.get("subprotocols", ())
    return next((name.removeprefix(KEY_SUBPROTOCOL) for name in offered if name.startswith(KEY_SUBPROTOCOL)), "")


def identify(server: ServerSettings, key: str) -> Principal:
    """Whose `key` this is; the owner of this machine where the operator wants none. Raises `Unauthorized`."""
    if not server.api_keys:
        return OWNER
    given = key.encode()
    # All are compared, in constant time, so that the answer's delay says nothing about any of them.
    matches = [hmac.compare_digest(given, known.get_secret_value().encode()) for known in server.api_keys]
    if not any(matches):
        raise Unauthorized("Incorrect API key provided. Ask whoever runs this server for one.")
    return holder_of(key)


LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})


def origin_allowed(server: ServerSettings, connection: HTTPConnection) -> bool:
    """Whether the web page that opens this connection, if it is one, may: ours, or one that the settings name.

    Without this, any page that a person visits could talk to a server on their machine.
    """
    origin, host = connection.headers.get("origin"), connection.headers.get("host", "")
    if origin is None or "*" in server.allowed_origins or origin in server.allowed_origins:
        return True
    # A foreign name that was made to point at this machine sends itself as both Origin and Host.
    name = host.rpartition(":")[0] if not host.endswith("]") and ":" in host else host
    rebound = server.host in ("127.0.0.1", "localhost", "::1") and name not in LOOPBACK
    return origin.partition("://")[2] == host and not rebound
