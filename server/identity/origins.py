"""Which web pages may talk to this server: its own, and those of origins that the settings name.

Without this, any page that a person visits could talk to a server on their machine.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from server.errors import OriginDenied
from server.identity.forwarded import public_hosts, untrusted_proxy
from server.identity.warnings import warn
from server.settings.serving import ServerSettings
from server.settings.values.origins import ANY, DEFAULT_PORTS, SHOWN, web_origin


def check_origin(server: ServerSettings, connection: HTTPConnection) -> None:
    """Raises `OriginDenied` if it is a web page that opens this connection, and it may not; the log says what to set."""
    origin = connection.headers.get("origin")
    if origin is None or named_in_settings(server, origin) or is_own(server, connection, origin):
        return
    shown = origin[:SHOWN]
    told = {"origin": shown, "host": connection.headers.get("host", "")[:SHOWN]}
    if known_by := _canonical(origin):
        told["set"] = f"KAIKOU_ALLOWED_ORIGINS={','.join([*server.allowed_origins, known_by])}"
    if proxy := untrusted_proxy(connection):
        told["or_set"] = f"KAIKOU_TRUSTED_PROXIES={proxy}"
    warn(connection, "a page of another origin was refused", **told)
    raise OriginDenied(
        f"Pages of the origin {shown} may not use this server. Whoever runs it can allow them: "
        f"KAIKOU_ALLOWED_ORIGINS={shown}"
    )


def check_not_rebound(server: ServerSettings, connection: HTTPConnection) -> None:
    """Raises `OriginDenied` if it may be a page whose name was made to point at this machine, and that reads.

    Its browser takes it for a page of ours: it sends no `Origin` with a GET, and every header that the page likes. What
    no page can set are `Host` and `Sec-Fetch-Site`; browsers send the latter over https and to this machine only.
    """
    host, origin = connection.headers.get("host", ""), connection.headers.get("origin")
    reached_by_name = host != "" and is_loopback(server.host) and _is_foreign_name(_name(host))
    if not reached_by_name or server.ssl_certfile is not None or "sec-fetch-site" in connection.headers:
        return
    if origin is not None and (named_in_settings(server, origin) or is_own(server, connection, origin)):
        return
    if any(named_in_settings(server, f"{scheme}://{host}") for scheme in DEFAULT_PORTS):
        return
    shown = host[:SHOWN]
    told = {"host": shown}
    if known_by := _canonical(f"https://{host}"):
        told["set"] = f"KAIKOU_ALLOWED_ORIGINS={','.join([*server.allowed_origins, known_by])}"
    warn(connection, "a request by a name that is not known was refused", **told)
    raise OriginDenied(
        f"This server does not go by the name {shown}. Whoever runs it can allow it: KAIKOU_ALLOWED_ORIGINS=https://{shown}"
    )


def named_in_settings(server: ServerSettings, origin: str) -> bool:
    """Whether the settings name the origin, or all."""
    return not {ANY, _canonical(origin)}.isdisjoint(server.allowed_origins)


def is_own(server: ServerSettings, connection: HTTPConnection, origin: str) -> bool:
    """Whether a page of `origin` came from this server, by the address that it was asked at.

    The scheme is not compared: only a proxy that says so tells us that a browser speaks https to it.
    """
    own = _canonical(origin)
    scheme = own.partition("://")[0]
    if scheme not in DEFAULT_PORTS:
        return False
    host = connection.headers.get("host", "")
    # A foreign name that was made to point at this machine sends itself as both Origin and Host. Over https it cannot:
    # it would have to have a certificate, and a proxy with one is the operator's.
    rebound = is_loopback(server.host) and scheme == "http" and _is_foreign_name(_name(host))
    return not rebound and any(_canonical(f"{scheme}://{public}") == own for public in public_hosts(connection))


def is_loopback(host: str) -> bool:
    """Whether an address, or a name, is always this machine."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return f".{host.lower().removesuffix('.')}".endswith(".localhost")


def is_address(host: str) -> bool:
    """Whether it is an address, not a name."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _is_foreign_name(host: str) -> bool:
    """Whether somebody could make it point at this machine: a name, for an address is what it is."""
    return not is_address(host) and not is_loopback(host)


def _canonical(origin: str) -> str:
    """The origin as it is compared; empty if it is none."""
    try:
        return web_origin(origin)
    except ValueError:
        return ""


def _name(host: str) -> str:
    """The name or address in a Host header."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
