"""What `run.py doctor` says of who may reach this server: keys, origins of pages, proxies that are believed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from pydantic import SecretStr

from server.identity.origins import is_loopback
from server.settings.serving import ServerSettings
from server.settings.values.origins import ANY

SHORTEST_KEY = 16
"""Letters. Shorter ones can be tried out by whoever reaches the server."""

TOKEN = re.compile(r"[-!#$%&'*+.^_`|~0-9A-Za-z]+")
"""What browsers take for a subprotocol (RFC 9110, section 5.6.2), as OpenAI's clients in browsers send keys."""


def findings(server: ServerSettings) -> Iterator[str]:
    """What is allowed and hardly meant, or does not work everywhere. What is wrong ends the start by itself."""
    if not is_loopback(server.host) and not server.api_keys:
        yield f"Whoever reaches {server.host} may use this server: set KAIKOU_API_KEYS."
    if ANY in server.allowed_origins and not server.api_keys:
        yield 'Every web page that somebody visits may use this server: KAIKOU_ALLOWED_ORIGINS="*" wants KAIKOU_API_KEYS.'
    if ANY in server.trusted_proxies:
        yield 'Anybody may say who they are: KAIKOU_TRUSTED_PROXIES="*" is for a server that only a proxy can reach.'
    for origin in server.allowed_origins:
        if origin.startswith("http://") and not is_loopback(urlsplit(origin).hostname or ""):
            yield f"Browsers lend no microphone to pages of {origin}: it wants https."
    yield from _of_keys(server.api_keys)


def _of_keys(keys: Sequence[SecretStr]) -> Iterator[str]:
    """Keys are told by their place, and never shown."""
    for number, secret in enumerate(keys, 1):
        key = secret.get_secret_value()
        if len(key) < SHORTEST_KEY:
            yield f"Key {number} of KAIKOU_API_KEYS is short; {SHORTEST_KEY} letters or more cannot be tried out."
        if not key.isascii():
            yield f"Key {number} of KAIKOU_API_KEYS has letters beyond ASCII, which many clients cannot send; the page can."
        elif TOKEN.fullmatch(key) is None:
            yield (
                f"Key {number} of KAIKOU_API_KEYS has signs such as / or = in it, which other pages, with OpenAI's clients, "
                "cannot send; programs and our page can."
            )
