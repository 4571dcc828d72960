"""Which proxy stands between us and a server: the one rule for all our clients.

The variables are those of curl and most others: HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY, in capitals or small,
of which the small ones win; an empty one sets nothing. macOS and Windows have settings of their own, which count where
none of these is set. A SOCKS proxy also looks names up, since whoever needs one often cannot.
"""

from __future__ import annotations

import os
import re
import socket
import sys
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from urllib.parse import quote, unquote

from models.network.direct import Exemption, host_and_port, is_exempt
from models.network.direct import exemptions as exemptions_of
from pipeline.errors import SettingError

VARIABLES: Mapping[str, tuple[str, ...]] = {
    "http": ("http_proxy", "all_proxy"),
    "https": ("https_proxy", "all_proxy"),
    # A proxy that leads to https lets WebSockets through as well (RFC 6455, 4.1).
    "ws": ("ws_proxy", "https_proxy", "http_proxy", "all_proxy"),
    "wss": ("wss_proxy", "https_proxy", "all_proxy"),
}
"""By the scheme of an address: the variables that may name its proxy, the first one that does so counts."""
NO_PROXY = "no_proxy"
SCHEMES = {"http": "http", "https": "https", "socks": "socks5", "socks5": "socks5", "socks5h": "socks5"}
"""What proxies are spoken to with. Desktops write socks:// for the SOCKS that all proxies speak today."""
USUAL_PORTS = {"http": 80, "https": 443, "socks5": 1080}
OLD_SOCKS = ("socks4", "socks4a")
HOST = re.compile(r"[a-z0-9_](?:[a-z0-9._-]*[a-z0-9_])?\.?|\[[0-9a-f:.]+(?:%\w+)?\]", re.IGNORECASE)
SLASH_LOST = re.compile(r"[a-z0-9]+:/", re.IGNORECASE)
"""What http:/proxy.example begins with."""
NOTHING = frozenset({"", "none", "null", "direct", "direct://", "off", "false"})
"""How people and programs write that there is no proxy."""
LONGEST_HOST, LONGEST_LOGIN = 253, 4096
"""Letters: of a name (RFC 1035), and of what headers carry."""
SCRIPT = re.compile(r"\.(?:pac|dat)$", re.IGNORECASE)
"""What the address of a script that chooses the proxy ends with."""
QUOTES = "\"'"
BYTE_ORDER_MARK = "\ufeff"


class ProxyMistake(SettingError):
    """A variable names a proxy that cannot be used; the message says which, why, and what to write. It holds no password."""

    code = "invalid_proxy"


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy, and the variable that names it. scheme: http, https or socks5."""

    scheme: str
    host: str
    port: int
    variable: str
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)

    @property
    def url_with_login(self) -> str:
        """For a client; nobody else may see it."""
        scheme = "socks5h" if self.scheme == "socks5" else self.scheme
        user, password = (quote(part, safe="", errors="surrogateescape") for part in (self.user, self.password))
        login = f"{user}:{password}@" if user or password else ""
        return f"{scheme}://{login}{self.host}:{self.port}"

    def __str__(self) -> str:
        """For people."""
        return f"{self.scheme}://{self.host}:{self.port}"


@dataclass(frozen=True)
class Proxies:
    """What the environment says of proxies.

    named: the variables' values, by their names in small letters; spelled: those names as they were written. own_names:
    what this machine is called. bypassed: what the system's own settings say of a host.
    """

    named: Mapping[str, str] = field(default_factory=dict, repr=False)
    spelled: Mapping[str, str] = field(default_factory=dict)
    own_names: frozenset[str] = frozenset()
    bypassed: Callable[[str], bool] = field(default=lambda _host: False, repr=False)

    @classmethod
    def of(cls, environment: Mapping[str, str], own_names: frozenset[str] = frozenset()) -> Proxies:
        """What these variables say."""
        named, spelled = dict[str, str](), dict[str, str]()
        exempt = list[str]()
        known = {NO_PROXY, *(name for names in VARIABLES.values() for name in names)}
        for variable in sorted(environment):  # capitals first, so that small ones win
            name, value = variable.lower(), _unquoted(environment[variable])
            if name not in known or value.lower() in NOTHING:
                continue
            if name == NO_PROXY:  # whoever sets both in two ways means both
                exempt.append(value)
                value = ",".join(exempt)
            named[name], spelled[name] = value, variable
        return cls(named, spelled, own_names)

    def proxy_for(self, url: str) -> Proxy | None:
        """The proxy that leads to an address, None without. Raises `ProxyMistake` for one that cannot be used."""
        names = VARIABLES.get(url.partition("://")[0].lower(), ())
        name = next((name for name in names if name in self.named), None)
        if name is None or is_exempt(url, self._exemptions, self.own_names) or self.bypassed(host_and_port(url)[0]):
            return None
        return parsed(self.named[name], self.spelled[name])

    @property
    def leads_anywhere(self) -> bool:
        """Whether any proxy is named."""
        return bool(self.named.keys() - {NO_PROXY})

    def mistakes(self) -> Iterator[str]:
        """What is wrong with the variables, as sentences, whether or not a client needs them now."""
        for name in self.named:
            if name != NO_PROXY:
                try:
                    parsed(self.named[name], self.spelled[name])
                except ProxyMistake as mistake:
                    yield mistake.message

    def with_own(self, proxy: str, told_by: str, no_proxy: str = "") -> Proxies:
        """The same, but everything goes through `proxy`, as another program's settings ask for; empty: no change."""
        names = {name for names in VARIABLES.values() for name in names} if proxy else set()
        exempt = ",".join(filter(None, [self.named.get(NO_PROXY), no_proxy]))
        named = {**self.named, **dict.fromkeys(names, proxy), **({NO_PROXY: exempt} if exempt else {})}
        return replace(self, named=named, spelled={**self.spelled, **dict.fromkeys(names, told_by)})

    @cached_property
    def _exemptions(self) -> tuple[Exemption, ...]:
        return exemptions_of(self.named.get(NO_PROXY, ""))


def from_environment() -> Proxies:
    """What this process was told, and the system's own settings where it was told nothing."""
    proxies = Proxies.of(os.environ, _own_names())
    if proxies.leads_anywhere or sys.platform not in ("darwin", "win32"):
        return proxies
    return with_system_settings(proxies, urllib.request.getproxies(), _bypassed)


@cache
def _bypassed(host: str) -> bool:
    """Whether the system's settings exempt a host. Windows looks names up for it: once for each host, no more."""
    return bool(urllib.request.proxy_bypass(host))


def with_system_settings(proxies: Proxies, told: Mapping[str, str], bypassed: Callable[[str], bool]) -> Proxies:
    """The same with what macOS or Windows tell, by scheme; of a SOCKS proxy they do as of one of HTTP."""
    named = {f"{scheme}_proxy": url for scheme, url in told.items() if scheme != "socks"}
    if socks := told.get("socks"):
        named["all_proxy"] = f"socks://{socks.partition('://')[2] or socks}"
    there = Proxies.of({**named, NO_PROXY: proxies.named.get(NO_PROXY, "")}, proxies.own_names)
    return replace(there, spelled=dict.fromkeys(there.spelled, "the system's settings"), bypassed=bypassed)


def _own_names() -> frozenset[str]:
    name = socket.gethostname().lower()
    return frozenset({name, name.partition(".")[0], f"{name.partition('.')[0]}.local"} - {""})


def parsed(value: str, variable: str) -> Proxy:
    """The proxy that `variable` names. Raises `ProxyMistake`.

    A name and a password may hold any characters: what stands before the last "@" is the login, percent-encoded or not.
    """
    scheme, given, rest = _unquoted(value).partition("://")
    scheme, rest = (scheme.lower(), rest) if given else ("http", scheme)
    if scheme in OLD_SOCKS:
        raise ProxyMistake(f"{variable} names a proxy of SOCKS 4, which cannot be used. Is it socks5://host:port?")
    if scheme not in SCHEMES:
        raise ProxyMistake(f"{variable} names no kind of proxy that can be used. Write {_EXAMPLES}.")
    if SCRIPT.search(rest) and "/" in rest:
        raise ProxyMistake(f"{variable} names a script that chooses the proxy, which is not run. Write {_EXAMPLES}.")
    login, _, place = rest.rpartition("@")
    place = "" if SLASH_LOST.match(place) else re.split(r"[/?#]", place, maxsplit=1)[0]
    host, port = _host_and_port(place, USUAL_PORTS[SCHEMES[scheme]])
    is_host = HOST.fullmatch(host) and not host.isdecimal() and len(host) <= LONGEST_HOST
    if not is_host or not 0 < port < 65_536 or len(login) > LONGEST_LOGIN:
        raise ProxyMistake(f"{variable} is not the address of a proxy. Write {_EXAMPLES}.")
    user, _, password = login.partition(":")
    return Proxy(SCHEMES[scheme], host.lower(), port, variable, unquote(user), unquote(password))


_EXAMPLES = "http://host:port, or socks5://host:port"


def _host_and_port(place: str, usual: int) -> tuple[str, int]:
    host, colon, port = place.rpartition(":")
    if not colon or place.endswith("]"):
        return place, usual
    if not port:
        return host, usual
    return host, int(port) if port.isascii() and port.isdecimal() and len(port) < 6 else 0


def _unquoted(value: str) -> str:
    """Without what files of variables leave around a value: blanks, line ends, a pair of quotes."""
    value = value.strip().strip(BYTE_ORDER_MARK).strip()
    if len(value) > 1 and value[0] == value[-1] and value[0] in QUOTES:
        value = value[1:-1].strip()
    return value
