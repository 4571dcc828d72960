"""Which hosts are reached directly: this machine, its neighbours in a private net, and those that NO_PROXY names."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from fnmatch import fnmatchcase
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeAlias
from urllib.parse import urlsplit

Address: TypeAlias = IPv4Address | IPv6Address

PORTS = {"http": 80, "ws": 80, "https": 443, "wss": 443}
NEIGHBOURS = (".local", ".lan", ".localhost", ".internal", ".ts.net")
PRIVATE_NETS = tuple(
    ip_network(net) for net in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
)
"""RFC 1918, 4193, and 6598, which meshes such as Tailscale use."""
PORT = re.compile(r"^[^:]+:\d{1,5}$")
ADDRESS = re.compile(r"[0-9a-f.]*(?:\d|:)")
"""What an address begins with, and few names."""
BRACKETS = re.compile(r"\[([0-9a-f:.]+)\]((?:/\d{1,3})?)(?::(\d{1,5}))?")
"""An IPv6 address or a range, such as [fd00::]/8, perhaps with a port."""
PARTIAL_ADDRESS = re.compile(r"(?:\d{1,3}\.){1,3}")
"""The beginning of an IPv4 address, as in 192.168."""


@dataclass(frozen=True, slots=True)
class Exemption:
    """One entry of NO_PROXY. pattern: a name in small letters, which stands for those below it too, or one with "*".

    network: in place of a name, addresses. port: the only one that is meant; 0 for all.
    """

    pattern: str = ""
    network: IPv4Network | IPv6Network | None = None
    port: int = 0

    def covers(self, host: str, port: int, address: Address | None) -> bool:
        """Whether this host is meant. address: the host, if it is one."""
        if self.port not in (0, port):
            return False
        if self.network is not None:
            return address is not None and address in self.network
        if "*" in self.pattern:
            return fnmatchcase(host, self.pattern)
        return host == self.pattern or (address is None and host.endswith(f".{self.pattern}"))


def exemptions(no_proxy: str) -> tuple[Exemption, ...]:
    """The entries of NO_PROXY, however they are separated. What cannot be understood exempts nothing, as in curl."""
    return tuple(_exemption(entry) for entry in re.split(r"[\s,;|]+", no_proxy.lower()) if entry)


def _exemption(entry: str) -> Exemption:
    entry = (entry.partition("://")[2] or entry).rstrip("/")
    if found := BRACKETS.fullmatch(entry):
        return Exemption(network=_network(found[1] + found[2]), pattern=found[1], port=int(found[3] or 0))
    if network := _network(entry):
        return Exemption(network=network)
    entry, _, port = entry.partition(":") if PORT.search(entry) else (entry, "", "0")
    if network := _network(entry):
        return Exemption(network=network, port=int(port))
    if PARTIAL_ADDRESS.fullmatch(entry):
        return Exemption(f"{entry}*", port=int(port))
    return Exemption(_plain(entry.removeprefix("*.").lstrip(".")), port=int(port))


def _network(entry: str) -> IPv4Network | IPv6Network | None:
    """An address or a range of them."""
    if not ADDRESS.match(entry):  # trying each name takes a second for some thousands
        return None
    try:
        return ip_network(entry, strict=False)
    except ValueError:
        return None


def is_this_machine(host: str, own_names: Collection[str] = ()) -> bool:
    """Whether a host is this machine. own_names: what the machine is called."""
    host = _plain(host)
    if host in ("localhost", "ip6-localhost", *own_names) or host.endswith(".localhost"):
        return True
    address = _address(host)
    return address is not None and (address.is_loopback or address.is_unspecified)


def is_neighbour(host: str) -> bool:
    """Whether a host is in a private net, by its address or its name."""
    host = _plain(host)
    if host.endswith(NEIGHBOURS) or (host and not set(host) & {".", ":"}):
        return True
    address = _address(host)
    return address is not None and (address.is_link_local or any(address in net for net in PRIVATE_NETS))


def no_proxy_leads_to(url: str) -> bool:
    """Whether the host is this machine or a neighbour in a private net, where no proxy of the environment leads."""
    host, _port = host_and_port(url)
    return is_this_machine(host) or is_neighbour(host)


def is_exempt(url: str, entries: Collection[Exemption], own_names: Collection[str] = ()) -> bool:
    """Whether the host of an address is reached directly, whatever proxies there are."""
    host, port = host_and_port(url)
    if is_this_machine(host, own_names) or is_neighbour(host):
        return True
    address = _address(host)
    return any(entry.covers(host, port, address) for entry in entries)


def host_and_port(url: str) -> tuple[str, int]:
    """In small letters, and the usual port where none is said; an empty host and 0 if this is no address."""
    try:
        parts = urlsplit(url)
        return _plain(parts.hostname or ""), parts.port or PORTS.get(parts.scheme, 0)
    except ValueError:
        return "", 0


def _plain(host: str) -> str:
    return host.lower().rstrip(".")


def _address(host: str) -> Address | None:
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address
