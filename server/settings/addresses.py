"""Addresses as people write them: of servers that are asked, and of this one."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator

SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):/{1,2}", re.IGNORECASE)
NEAR_SUFFIXES = (".local", ".internal", ".lan", ".home", ".localhost", ".svc", ".test")
"""What names end with that only a local network knows."""
NAME = re.compile(r"[\w.-]*\w\.?|[0-9a-f:.]+(%\w+)?")
"""A name or an IPv4 address; an IPv6 address, perhaps with its interface."""
NUMBERS = re.compile(r"[\d.]+")
NOTHING = frozenset({"none", "null", "nil", "undefined", "false", "off"})
"""How programs and templates write that there is no value."""
VARIABLE = re.compile(r"\$\{?\w+\}?|%\w+%")
"""A variable whose value nobody put in."""
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


HttpUrl = Annotated[str, AfterValidator(_url("http", "https"))]
"""Where an HTTP API is; empty where none is set."""
RealtimeUrl = Annotated[str, AfterValidator(_url("ws", "wss", "http", "https"))]
"""Where an API over WebSockets is; empty where none is set."""
Host = Annotated[str, AfterValidator(_host)]
"""What to listen on."""
