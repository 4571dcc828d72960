"""Short-lived keys for browsers: `POST /v1/realtime/client_secrets` makes one, a connection with it starts as it says."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from pipeline.errors import LimitReached
from server.identity.principal import Principal, by_client_secret
from server.protocol.session_object import SessionObject

PREFIX = "ek_"
"""What browser clients insist on."""

_GOES_ON_IN_SLEEP = getattr(time, "CLOCK_BOOTTIME", getattr(time, "CLOCK_MONOTONIC", None))
"""Linux; macOS, whose CLOCK_MONOTONIC goes on, unlike what `time.monotonic` reads there. Windows has none of them."""


def elapsed_s() -> float:
    """Seconds that pass while the machine sleeps, too, and that nobody can set back or forward."""
    return time.monotonic() if _GOES_ON_IN_SLEEP is None else time.clock_gettime(_GOES_ON_IN_SLEEP)


@dataclass(frozen=True, slots=True)
class ClientSecret:
    """A key, until when it may start sessions, how they start, and who made it.

    expires_at: in seconds since 1970, for the client. until: by `elapsed_s`, which counts.
    """

    value: str
    expires_at: int
    until: float
    session: SessionObject
    model: str
    maker: Principal

    @property
    def principal(self) -> Principal:
        """Who comes with it."""
        return by_client_secret(self.maker)


class ClientSecrets(Protocol):
    """The keys in force. Making and finding one may take a moment: servers that share them keep them elsewhere."""

    async def create(self, seconds: int, session: SessionObject, model: str, maker: Principal) -> ClientSecret:
        """A key for `seconds`. Raises `LimitReached` when too many are in force."""
        ...

    async def find(self, value: str) -> ClientSecret | None:
        """The key called `value`, if it is in force."""
        ...


class ClientSecretsInMemory:
    """They die with the server, as they would within minutes anyway."""

    def __init__(
        self, most: int, elapsed: Callable[[], float] = elapsed_s, now: Callable[[], float] = time.time
    ) -> None:
        self._most, self._elapsed, self._now = most, elapsed, now
        self._secrets: dict[str, ClientSecret] = {}

    async def create(self, seconds: int, session: SessionObject, model: str, maker: Principal) -> ClientSecret:
        elapsed, now = self._elapsed(), self._now()
        self._secrets = {value: secret for value, secret in self._secrets.items() if secret.until > elapsed}
        if len(self._secrets) >= self._most:
            raise LimitReached("Too many client secrets are in force; wait until some expire.", code="too_many_secrets")
        expires_at = int(now + seconds)
        until = elapsed + expires_at - now
        secret = ClientSecret(PREFIX + secrets.token_hex(16), expires_at, until, session, model, maker)
        self._secrets[secret.value] = secret
        return secret

    async def find(self, value: str) -> ClientSecret | None:
        secret = self._secrets.get(value)
        return secret if secret and secret.until > self._elapsed() else None
