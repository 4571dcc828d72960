"""Sections of what listens: the server itself, and the audio endpoints."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr

from server.settings.section import Count, Positive, Section


class ServerSettings(Section):
    """Where it listens, and to whom."""

    host: str = Field(default="127.0.0.1", min_length=1)
    """Address to listen on; anything but this machine wants TLS and keys."""
    port: int = Field(default=7210, ge=0, le=65_535)
    """Port to listen on; 0 takes a free one."""
    ssl_certfile: Path | None = None
    """Certificate chain (PEM); with `ssl_keyfile` the server speaks https and wss."""
    ssl_keyfile: Path | None = None
    """Private key of the certificate (PEM)."""
    open: bool = False
    """Open the page in a browser once the server is ready."""
    log: str = Field(default="info", pattern="^(debug|info|warning|error)$")
    """How much is logged."""
    allowed_origins: tuple[str, ...] = ()
    """Further web origins (such as https://app.example.org) whose pages may use the API; "*" allows all."""
    api_keys: tuple[SecretStr, ...] = ()
    """Keys that clients must present, separated by commas; without any, no key is asked for."""
    client_secrets: Count = 1_000
    """Short-lived keys (`/v1/realtime/client_secrets`) that may exist at once."""
    message_bytes: Count = 24 * 1024 * 1024
    """The largest message a client may send."""


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
