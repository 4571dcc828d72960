"""How often each person, and each address, may ask the API."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from starlette.requests import HTTPConnection

from server.api.endpoint import Endpoint
from server.api.rates import Buckets, BucketsInMemory, BucketsInRedis, Rate, spend
from server.identity.principal import Principal
from server.settings.serving import RateSettings


@dataclass(frozen=True)
class Limits:
    """The rates of the settings and where they are counted."""

    settings: RateSettings
    buckets: Buckets

    async def count_address(self, connection: HTTPConnection) -> dict[str, str]:
        """One more request from this address. Headers that tell what is left. Raises `RateReached`."""
        return await self._count("address", self.settings.address, address_of(connection))

    async def count_person(self, endpoint: Endpoint, principal: Principal) -> dict[str, str]:
        """One more request of this person. Headers that tell what is left. Raises `RateReached`."""
        if endpoint.costly:
            return await self._count("costly", self.settings.costly, principal.id)
        if endpoint.changes:
            return await self._count("writes", self.settings.writes, principal.id)
        return await self._count("reads", self.settings.reads, principal.id)

    async def _count(self, name: str, count: int, who: str) -> dict[str, str]:
        return (await spend(self.buckets, Rate(name, count), who)).headers if count else {}


def limits_of(settings: RateSettings) -> Limits:
    """What the settings say."""
    url = settings.redis_url
    return Limits(settings, BucketsInRedis(url.get_secret_value()) if url else BucketsInMemory())


def address_of(connection: HTTPConnection) -> str:
    """Where the client is; of an IPv6 address the network, since whoever has one has all in it."""
    host = connection.client.host if connection.client else ""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    return str(address.ipv4_mapped or ipaddress.ip_network((address, 64), strict=False))
