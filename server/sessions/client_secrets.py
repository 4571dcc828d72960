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


@dataclass(frozen=True, slots=True)
class ClientSecret:
    """A key, until when it may start sessions (seconds since 1970), how they start, and who made it."""

    value: str
    expires_at: int
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

    def __init__(self, most: int, now: Callable[[], float] = time.time) -> None:
        self._most, self._now = most, now
        self._secrets: dict[str, ClientSecret] = {}

    async def create(self, seconds: int, session: SessionObject, model: str, maker: Principal) -> ClientSecret:
        now = self._now()
        self._secrets = {value: secret for value, secret in self._secrets.items() if secret.expires_at > now}
        if len(self._secrets) >= self._most:
            raise LimitReached("Too many client secrets are in force; wait until some expire.", code="too_many_secrets")
        secret = ClientSecret(PREFIX + secrets.token_hex(16), int(now + seconds), session, model, maker)
        self._secrets[secret.value] = secret
        return secret

    async def find(self, value: str) -> ClientSecret | None:
        secret = self._secrets.get(value)
        return secret if secret and secret.expires_at > self._now() else None
