"""The keys of the settings: how clients present one, and whose it is."""

from __future__ import annotations

import binascii
import hmac
from base64 import urlsafe_b64decode
from collections.abc import Sequence

from starlette.requests import HTTPConnection

from server.identity.principal import Principal, holder_of
from server.settings.serving import ServerSettings

KEY_SUBPROTOCOL = "openai-insecure-api-key."
"""Browsers cannot set headers on a WebSocket: OpenAI's clients send the key as a subprotocol."""

ENCODED_SUBPROTOCOL, ENCODED_HEADER = "kaikou-key.", "x-kaikou-key"
"""How our page sends it: UTF-8 in base64url without padding, for in a subprotocol `/`, `=`, blanks, commas and all beyond
ASCII are errors of the browser's, and so is what is beyond Latin-1 in a header."""


def presented_key(connection: HTTPConnection) -> str:
    """The key that a client presents; empty if none.

    Our page's ways come first: a proxy that asks for a password of its own may send a bearer token of its own.
    """
    offered: Sequence[str] = connection.scope.get("subprotocols", ())
    in_subprotocol = (name for name in offered if name.startswith(ENCODED_SUBPROTOCOL))
    if encoded := _header(connection, ENCODED_HEADER) or next(in_subprotocol, "").removeprefix(ENCODED_SUBPROTOCOL):
        return _decoded(encoded)
    scheme, _, token = _header(connection, "authorization").partition(" ")
    if scheme.lower() == "bearer" and token:
        return token.strip()
    if key := _header(connection, "api-key"):
        return key
    in_subprotocol = (name for name in offered if name.startswith(KEY_SUBPROTOCOL))
    return _text(next(in_subprotocol, "").removeprefix(KEY_SUBPROTOCOL).encode("utf-8", "surrogateescape"))


def holder(server: ServerSettings, key: str) -> Principal | None:
    """Whose `key` of the settings this is; None if it is none of them."""
    given = key.encode()
    # All are compared, in constant time, so that the answer's delay says nothing about any of them.
    matches = [hmac.compare_digest(given, known.get_secret_value().encode()) for known in server.api_keys]
    return holder_of(key) if any(matches) else None


def _header(connection: HTTPConnection, name: str) -> str:
    return _text(connection.headers.get(name, "").encode("latin-1"))


def _text(sent: bytes) -> str:
    """What a client wrote: most write UTF-8, some one byte for each letter."""
    try:
        return sent.decode()
    except UnicodeDecodeError:
        return sent.decode("latin-1")


def _decoded(encoded: str) -> str:
    """What is encoded; empty if nothing is."""
    try:
        return urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()
    except (binascii.Error, ValueError):
        return ""
