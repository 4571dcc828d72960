"""What proxies before this server say of the connection that they pass on, believed where the proxy is a known one.

`X-Forwarded-For`, `-Proto`, `-Host`, `-Port` and `-Prefix`, and `Forwarded` (RFC 7239).
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from server.identity.warnings import WARNINGS, BoundedWarnings
from server.settings.serving import ServerSettings
from server.settings.values.origins import ANY, root_path

PUBLIC_HOSTS, UNTRUSTED = "kaikou.public_hosts", "kaikou.untrusted_proxy"
"""Where the scope keeps them: the hosts that browsers may know us by, and the proxy that was not believed."""

LONGEST = 4096
"""Letters of a header that are read; a chain of proxies is far shorter, and anybody can send 64 KB."""

PAIR = re.compile(r'(?<![\w-])([\w-]+)=("[^"]*"|[^;,\s]*)\s*([;,]?)')
"""A name, its value, and what follows: a comma begins the part of the next proxy."""

Element = dict[str, str]
"""One proxy's part of a `Forwarded` header."""


def public_hosts(connection: HTTPConnection) -> Sequence[str]:
    """The Host header, and what known proxies say of the one that they were asked with."""
    hosts: Sequence[str] = connection.scope.get(PUBLIC_HOSTS, ())
    return (connection.headers.get("host", ""), *hosts)


def untrusted_proxy(connection: HTTPConnection) -> str:
    """The address of a proxy that told of a host and was not believed; empty if there was none."""
    proxy: str = connection.scope.get(UNTRUSTED, "")
    return proxy


class ForwardedHeaders:
    """Puts client, scheme and path into the scope as they were before the proxies. Plain ASGI, around the application.

    The path is the one of the site, with `root_path` in front, whether the proxy strips that or passes it on.
    """

    def __init__(self, app: ASGIApp, server: ServerSettings) -> None:
        self._app, self._root = app, server.root_path
        self._trusted = TrustedProxies(server.trusted_proxies)
        self._warnings = BoundedWarnings()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            scope[WARNINGS] = self._warnings
            self._read(scope)
            if scope["type"] == "http" and scope["path"] == scope["root_path"] != "":
                query = scope["query_string"].decode("latin-1")
                address = f"{scope['root_path']}/{'?' if query else ''}{query}"
                await RedirectResponse(address, 308)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _read(self, scope: Scope) -> None:
        headers, peer = Headers(scope=scope), (scope.get("client") or ("", 0))[0]
        told = told_by_proxy(headers, self._trusted)
        root = self._root
        if peer in self._trusted:
            scope["client"] = (told.client, 0) if told.client else scope.get("client")
            scope[PUBLIC_HOSTS] = told.hosts(headers.get("host", ""))
            if told.scheme in ("http", "https"):
                scope["scheme"] = told.scheme.replace("http", "ws") if scope["type"] == "websocket" else told.scheme
            root = root or told.prefix
        elif told.host or told.port:
            scope[UNTRUSTED] = peer
        asked = scope["path"]
        path = "/" + asked.strip("/")  # `location /kaikou` with `proxy_pass …/` makes two slashes
        inside = path == root or path.startswith(f"{root}/")
        scope["root_path"] = root
        scope["path"] = f"{path if inside else root + path}{'/' if path == root and asked.endswith('/') else ''}"


class TrustedProxies:
    """The addresses whose headers are believed."""

    def __init__(self, networks: Sequence[str]) -> None:
        self._all = ANY in networks
        self._networks = [ipaddress.ip_network(network) for network in networks if network != ANY]

    def __contains__(self, host: str) -> bool:
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return self._all
        mapped = getattr(address, "ipv4_mapped", None)
        return self._all or any((mapped or address) in network for network in self._networks)


@dataclass(frozen=True, slots=True)
class Told:
    """What proxies say. Empty: nothing. prefix: the path that was stripped."""

    client: str = ""
    scheme: str = ""
    host: str = ""
    port: str = ""
    prefix: str = ""

    def hosts(self, asked: str) -> Sequence[str]:
        """Hosts that browsers may have asked; `asked` is what we were asked with.

        A port is told beside a host that has none, but some proxies tell that of another hop.
        """
        host = self.host or asked
        without_port = re.search(r":\d+$", host) is None
        return (host, f"{host}:{self.port}") if self.port.isdecimal() and without_port else (host,)


def told_by_proxy(headers: Headers, trusted: TrustedProxies) -> Told:
    """What the headers say of the first proxy, and of the nearest client that is no known proxy itself."""
    chain = [_host_of(part) for part in _parts(_nearest(headers, "x-forwarded-for"))]
    names = ("proto", "host", "port", "prefix")
    first = {name: next(_parts(_value(headers, f"x-forwarded-{name}")), "") for name in names}
    element = _nearest_stranger(list(_elements(headers)), trusted)
    strangers = (host for host in reversed(chain) if host not in trusted)
    return Told(
        client=next(strangers, chain[0] if chain else _host_of(element.get("for", ""))),
        scheme=(first["proto"] or element.get("proto", "")).lower(),
        host=first["host"] or element.get("host", ""),
        port=first["port"],
        prefix=_prefix(first["prefix"]),
    )


def _parts(value: str) -> Iterator[str]:
    """The values of a header, which each proxy adds to, or adds a header of its own."""
    return (part.strip(' "') for part in value.split(",") if part.strip(' "'))


def _value(headers: Headers, name: str) -> str:
    """All lines of a header as one; nothing if that is too long."""
    value = ",".join(headers.getlist(name))
    return value if len(value) <= LONGEST else ""


def _nearest(headers: Headers, name: str) -> str:
    """The same of a header that the nearest proxies write at the end of, however much anybody sent before."""
    value = ",".join(headers.getlist(name))
    return value if len(value) <= LONGEST else value[-LONGEST:].partition(",")[2]


def _elements(headers: Headers) -> Iterator[Element]:
    """What each proxy wrote into `Forwarded`, the first proxy first."""
    element: Element = {}
    for name, written, follows in PAIR.findall(_nearest(headers, "forwarded")):
        element[name.lower()] = written.strip('"')
        if follows == ",":
            yield element
            element = {}
    if element:
        yield element


def _nearest_stranger(elements: Sequence[Element], trusted: TrustedProxies) -> Element:
    """What the outermost of the known proxies wrote: further elements anybody could have sent."""
    for element in reversed(elements):
        if _host_of(element.get("for", "")) not in trusted:
            return element
    return elements[0] if elements else {}


def _host_of(node: str) -> str:
    """The address in `1.2.3.4:5`, `[::1]:5` or `::1`."""
    if node.startswith("["):
        return node[1:].partition("]")[0]
    return node.partition(":")[0] if node.count(":") == 1 else node


def _prefix(text: str) -> str:
    """A stripped path; none where it is not one that may be written into a page."""
    try:
        return root_path(text)
    except ValueError:
        return ""
