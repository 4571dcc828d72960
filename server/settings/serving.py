"""Sections of what listens: the server itself, and the audio endpoints."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, SecretStr, field_validator
from pydantic_core import PydanticCustomError

from server.settings.section import Count, Positive, Section
from server.settings.values.addresses import Host, RedisUrl
from server.settings.values.origins import Network, Origin, RootPath

LONGEST_KEY = 4096
"""Bytes. In base64 it is a third longer, and servers take lines of 8 KB."""


def _level(value: Any) -> Any:
    name = value.lower() if isinstance(value, str) else value
    return "warning" if name == "warn" else name


LogLevel = Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_level)]


class ServerSettings(Section):
    """Where it listens, and to whom."""

    host: Host = "127.0.0.1"
    """Address to listen on; anything but this machine wants TLS and keys."""
    port: int = Field(default=7210, ge=0, le=65_535)
    """Port to listen on; 0 takes a free one."""
    ssl_certfile: Path | None = None
    """Certificate chain (PEM); with `ssl_keyfile` the server speaks https and wss."""
    ssl_keyfile: Path | None = None
    """Private key of the certificate (PEM)."""
    open: bool = False
    """Open the page in a browser once the server is ready."""
    log: LogLevel = "info"
    """How much is logged."""
    allowed_origins: tuple[Origin, ...] = ()
    """Further web origins (such as https://app.example.org) whose pages may use the API; "*" allows all."""
    root_path: RootPath = ""
    """Path of a site (such as /kaikou) under which a proxy serves this server, whether it strips it or not."""
    trusted_proxies: tuple[Network, ...] = ("127.0.0.0/8", "::1/128")
    """Addresses and networks of proxies whose `X-Forwarded-…` and `Forwarded` headers are believed; "*" believes all."""
    api_keys: tuple[SecretStr, ...] = ()
    """Keys that clients must present, separated by commas or as a JSON list; without any, no key is asked for."""
    client_secrets: Count = 1_000
    """Short-lived keys (`/v1/realtime/client_secrets`) that may exist at once."""
    message_bytes: Count = 24 * 1024 * 1024
    """The largest message a client may send."""

    @field_validator("api_keys")
    @classmethod
    def _keys_that_can_be_sent(cls, keys: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        """Only runs where keys are set: a list of none would let everybody in."""
        for number, key in enumerate(keys, 1):
            if fault := _unsendable(key.get_secret_value()):
                raise PydanticCustomError("key", "{reason}", {"reason": f"key {number} of {len(keys)} {fault}"})
        if not keys:
            raise PydanticCustomError("key", "it names no key; leave it out to ask for none")
        return keys


def _unsendable(key: str) -> str:
    """Why no client could present `key`; empty if it could."""
    if not key.strip():
        return "is empty"
    if key != key.strip():
        return "begins or ends with a blank, which headers do not carry"
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in key):
        return "has a line break or another control character in it"
    if (size := len(key.encode())) > LONGEST_KEY:
        return f"is {size} bytes long; at most {LONGEST_KEY} fit a request's header"
    return ""


class AudioApiSettings(Section):
    """The endpoints of `/v1/audio`."""

    file_jobs: Count = 2
    """Files that are transcribed at once (`/v1/audio/transcriptions`)."""
    speech_jobs: Count = 8
    """Texts that are spoken at once (`/v1/audio/speech`)."""
    waiting_jobs: Count = 16
    """Files, and texts, that may wait for their turn; a further one is told to come back."""
    file_bytes: Count = 25 * 1024 * 1024
    """The largest file that is transcribed."""
    file_s: Positive = 7200.0
    """The longest file that is transcribed."""


class RateSettings(Section):
    """How often the API may be asked, in a minute; all of it may come at once."""

    prefix = "rate_"
    flat_names: ClassVar[Mapping[str, str]] = {"redis_url": "redis_url"}

    reads: int = Field(default=1_200, ge=0, le=10**9)
    """Requests of a person that read; 0 for any number."""
    writes: int = Field(default=300, ge=0, le=10**9)
    """Requests of a person that change something; 0 for any number."""
    costly: int = Field(default=60, ge=0, le=10**9)
    """Requests of a person that cost much, such as exports and samples of voices; 0 for any number."""
    address: int = Field(default=3_000, ge=0, le=10**9)
    """Requests from one address, whoever sends them; 0 for any number."""
    redis_url: RedisUrl | None = None
    """A Redis that several servers count in together, as redis://host:6379/0; without it each counts for itself."""
