"""Origins of web pages, paths of a site and addresses of proxies as people write them, in the one form that is compared.

Each function raises `ValueError` with what is wrong, as the end of a sentence.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

DEFAULT_PORTS = {"http": 80, "https": 443}
OF_SOCKETS = {"ws": "http", "wss": "https"}
"""The scheme of the page that opens such a socket."""

ANY, OPAQUE = "*", "null"
"""Every origin; and what browsers send for pages without one, such as files and sandboxed frames."""

PATH = re.compile(r"(/[A-Za-z0-9._~-]+)*")
"""A path of a site. It is written into the page, so that nothing may be in it that means something there."""

LONGEST_NAME = 253
"""Letters of a host's name (RFC 1035)."""

SHOWN = 100
"""Letters of a mistake that are shown."""


def web_origin(text: str) -> str:
    """The origin that `text` is, as browsers write it: no slash, no capitals, no port that goes without saying."""
    text = text.strip()
    if text.lower() in (ANY, OPAQUE, "file://"):
        return text.lower()
    shown = repr(text[:SHOWN])
    if "://" not in text:
        raise ValueError(f"{shown} is no origin; write it with its scheme, such as https://app.example.org")
    try:
        parts = urlsplit(text)
        scheme, host, port = OF_SOCKETS.get(parts.scheme, parts.scheme), _host(parts.hostname or ""), parts.port
    except ValueError:
        raise ValueError(f"{shown} is no origin, such as https://app.example.org or http://10.0.0.2:8080") from None
    port_shown = f":{port}" if port is not None and port != DEFAULT_PORTS.get(scheme) else ""
    origin = f"{scheme}://{host}{port_shown}"
    if parts.path not in ("", "/") or parts.query or parts.fragment or parts.username is not None:
        raise ValueError(f"{shown} is more than an origin; write {origin}")
    return origin


def root_path(text: str) -> str:
    """The path of a site that `text` is: with a slash in front and none behind; empty for the site's root."""
    path = "/" + text.strip().strip("/") if text.strip().strip("/") else ""
    if PATH.fullmatch(path) is None or {".", ".."} & {*path.split("/")}:
        raise ValueError(f"{text[:SHOWN]!r} is no path of a site, such as /kaikou")
    return path


def network(text: str) -> str:
    """The network that `text` is; an address is a network of one. Or all of them."""
    if text.strip() == ANY:
        return ANY
    try:
        return str(ipaddress.ip_network(text.strip(), strict=False))
    except ValueError:
        raise ValueError(f"{text[:SHOWN]!r} is no address and no network, such as 172.16.0.0/12") from None


def _host(name: str) -> str:
    """A host as browsers write it. Raises `ValueError` for what is none."""
    if ":" in name:
        return f"[{ipaddress.IPv6Address(name)}]"
    if len(name) > LONGEST_NAME:  # Python takes long to find that in other alphabets
        raise ValueError(name)
    written = name if name.isascii() else name.encode("idna").decode("ascii")
    if re.fullmatch(r"[a-z0-9._~-]+", written) is None:
        raise ValueError(name)
    return written


def _told(parse: Callable[[str], str]) -> AfterValidator:
    """`parse` as a validator, whose error is shown as it is."""

    def validated(text: str) -> str:
        try:
            return parse(text)
        except ValueError as error:
            raise PydanticCustomError("address", "{reason}", {"reason": str(error)}) from None

    return AfterValidator(validated)


Origin = Annotated[str, _told(web_origin)]
RootPath = Annotated[str, _told(root_path)]
Network = Annotated[str, _told(network)]
