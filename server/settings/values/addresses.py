"""Addresses as people write them: of servers that are asked, and of this one."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, SecretStr

SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):/{1,2}", re.IGNORECASE)
NEAR_SUFFIXES = (".local", ".internal", ".lan", ".home", ".localhost", ".svc", ".test")
"""What names end with that only a local network knows."""
NAME = re.compile(r"[\w.-]*\w\.?|[0-9a-f:.]+(%\w+)?")
"""A name or an IPv4 address; an IPv6 address, perhaps with its interface."""
DATABASE_NUMBER = re.compile(r"(/\d*)?")
NUMBERS = re.compile(r"[\d.]+")
NOTHING = frozenset({"none", "null", "nil", "undefined", "false", "off"})
"""How programs and templates write that there is no value."""
VARIABLE = re.compile(r"\$\{?\w+\}?|%\w+%")
"""A variable whose value nobody put in."""
BUCKET_URL = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/(?!\.{1,2}(/|$))[\w.-]+)*/?", re.ASCII)
MAILBOX = re.compile(r"[^\s<>@]+@[^\s<>@]+|[^<>@\x00-\x1f]*<[^\s<>@]+@[^\s<>@]+>")
"""An address of mail, perhaps with the name of who it is."""
PLACEHOLDER = re.compile(rf"{VARIABLE.pattern}|<[^>]+>|\{{\{{.*\}}\}}")
"""The same, or what some instructions leave to be filled in."""


def _url(plain: str, tls: str, *others: str) -> Callable[[str], str]:
    """A check of an address whose scheme is one of these; where it is left out, it is put in where only one is meant."""
    schemes = (plain, tls, *others)

    def check(value: str) -> str:
        if not value:
            return value
        if PLACEHOLDER.search(value):
            raise ValueError("it holds a placeholder: variables are not put in here; write the address itself")
        if re.search(r"\s", value):
            raise ValueError("an address holds no blank")
        written = SCHEME.match(value)
        scheme, rest = (written[1].lower(), value[written.end() :]) if written else ("", value.lstrip("/"))
        host, port = _host_and_port(rest)
        if not scheme:
            scheme = tls if not _is_near(host) and port in (None, 443) else plain if _is_near(host) else ""
        if scheme not in schemes:
            known = " or ".join(f"{one}://" for one in schemes[:2])
            raise ValueError(f"an address begins with {known}, such as {schemes[0]}://127.0.0.1:11434/v1")
        return f"{scheme}://{rest}"

    return check


def _host_and_port(rest: str) -> tuple[str, int | None]:
    """Raises `ValueError` where there is none."""
    try:
        parts = urlsplit(f"//{rest}")
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError(f"it is no address: {str(error)[:80].lower()}") from None
    if not host or not NAME.fullmatch(host):
        raise ValueError("it names no host")
    if host in NOTHING:
        raise ValueError(f"its host is {host!r}: leave it empty where none is meant")
    if NUMBERS.fullmatch(host) and not _is_ipv4(host):
        raise ValueError("it names no host: numbers alone are an address only as in 127.0.0.1")
    return host, port


def _is_ipv4(host: str) -> bool:
    try:
        ipaddress.IPv4Address(host)
    except ValueError:
        return False
    return True


def _is_near(host: str) -> bool:
    """Whether it is on this machine or a network of one's own, where servers of models speak plain HTTP."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "." not in host or host.endswith(NEAR_SUFFIXES)
    return address.is_private or address.is_loopback


def _host(value: str) -> str:
    if "://" in value or "/" in value:
        raise ValueError("a host is an address or a name alone, such as 127.0.0.1, without a scheme and a path")
    if value == "*":
        raise ValueError("write 0.0.0.0 for every address of this machine (:: with IPv6)")
    host = value[1:-1] if value.startswith("[") and value.endswith("]") else value
    if re.fullmatch(r"\[.*\]:\d+|[^:]*:\d+", host):
        raise ValueError("a host is written without its port, which KAIKOU_PORT or --port sets")
    return host


def _s3_endpoint(value: str) -> str:
    """Raises `ValueError` where everybody on the way could read what is kept."""
    value = _url("http", "https")(value)
    if "@" in value:
        raise ValueError("keys do not belong into it: set KAIKOU_S3_ACCESS_KEY and KAIKOU_S3_SECRET_KEY")
    if value.startswith("http://") and not _is_near(_host_and_port(value.partition("://")[2])[0]):
        raise ValueError("a server that is neither on this machine nor on its network is asked by https://")
    return value


def _bucket_url(value: str) -> str:
    if value and not BUCKET_URL.fullmatch(value):
        raise ValueError("it is written as s3://bucket or s3://bucket/prefix")
    return value


def _page_url(value: str) -> str:
    value = _url("http", "https")(value)
    if set(value) & set("@?#"):
        raise ValueError("it is the address of the page alone, such as https://kaikou.example.org")
    return value.rstrip("/")


def _issuer(value: str) -> str:
    value = _url("http", "https")(value)
    if set(value) & set("@?#") or (value.startswith("http://") and not _is_loopback(value)):
        raise ValueError("an issuer is an address such as https://login.example.org")
    return value


def _is_loopback(url: str) -> bool:
    return _host_and_port(url.partition("://")[2])[0] in ("localhost", "127.0.0.1", "::1")


def _mail_host(value: str) -> str:
    if value and not NAME.fullmatch(value):
        raise ValueError(
            "a host is a name or an address alone, such as mail.example.org; KAIKOU_MAIL_PORT has its port"
        )
    return value


def _mailbox(value: str) -> str:
    if value and not MAILBOX.fullmatch(value):
        raise ValueError("it is written as kaikou@example.org or Kaikou <kaikou@example.org>")
    return value


def _redis_url(written: SecretStr) -> SecretStr:
    """Raises `ValueError`, which does not tell what is written: a password may be in any part of it."""
    try:
        parts = urlsplit(written.get_secret_value())
        tcp = bool(parts.scheme in ("redis", "rediss") and parts.hostname and parts.port != 0)
    except ValueError:
        raise ValueError("it is no address: of a password, letters such as # / ? are written as %23 %2F %3F") from None
    if not ((tcp and DATABASE_NUMBER.fullmatch(parts.path)) or (parts.scheme == "unix" and len(parts.path) > 1)):
        raise ValueError("it is written as redis://host:6379/0, rediss://host:6379/0 or unix:///path")
    return written


HttpUrl = Annotated[str, AfterValidator(_url("http", "https"))]
"""Where an HTTP API is; empty where none is set."""
RealtimeUrl = Annotated[str, AfterValidator(_url("ws", "wss", "http", "https"))]
"""Where an API over WebSockets is; empty where none is set."""
S3Endpoint = Annotated[str, AfterValidator(_s3_endpoint)]
"""Where an S3 server is; empty for Amazon's."""
BucketUrl = Annotated[str, AfterValidator(_bucket_url)]
"""An S3 bucket, perhaps with a prefix of keys in it; empty where none is set."""
PageUrl = Annotated[str, AfterValidator(_page_url)]
"""Where a page of ours is, as people reach it; empty where none is set."""
Issuer = Annotated[str, AfterValidator(_issuer)]
"""Where a provider of OpenID Connect is; empty where none is set."""
RedisUrl = Annotated[SecretStr, AfterValidator(_redis_url)]
"""Where a Redis is."""
MailHost = Annotated[str, AfterValidator(_mail_host)]
"""Which machine sends mail; empty for none."""
Mailbox = Annotated[str, AfterValidator(_mailbox)]
"""Who mail comes from; empty where none is set."""
Host = Annotated[str, AfterValidator(_host)]
"""What to listen on."""
