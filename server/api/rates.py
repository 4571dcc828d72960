"""How often something may be done: a bucket that holds a burst and refills steadily, known by the moment it is full again.

That moment is all that is kept for each bucket (the generic cell rate algorithm): one step decides, and tells at once how
much is left and when more is. Durations are by a clock that nobody sets; with Redis, by Redis's own, for all servers alike.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from typing import Any, Protocol

import structlog
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from pipeline.engines.within import within
from pipeline.errors import SettingError
from server.errors import RateReached

log = structlog.get_logger("kaikou")

MOST_BUCKETS = 100_000
"""Kept in memory, about 20 MB. Only whoever asks from very many addresses comes near it."""

REDIS_S = 0.5
"""How long a request waits for Redis."""

WITHOUT_REDIS_S = 5.0
"""How long each server counts for itself once Redis has failed."""

CONNECTIONS = 20

STEP = """
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local full = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now) + tonumber(ARGV[2])
local ahead = full - now
if ahead <= tonumber(ARGV[1]) then
  redis.call('SET', KEYS[1], string.format('%.6f', full), 'PX', math.ceil(ahead * 1000))
end
return string.format('%.6f', ahead)
"""
"""`Buckets.fill_ahead` in Redis, in one step. ARGV: the window and what one costs, in seconds."""


@dataclass(frozen=True, slots=True)
class Rate:
    """`count` times in `window_s`, all at once if so wished. `name` tells clients and counters which rate it is."""

    name: str
    count: int
    window_s: float = 60.0

    @property
    def each_s(self) -> float:
        """How long one takes to refill."""
        return self.window_s / self.count

    def left(self, ahead_s: float) -> int:
        """How many more may come at once."""
        return max(0, int((self.window_s - ahead_s) / self.each_s + 1e-6))


@dataclass(frozen=True, slots=True)
class Spent:
    """What is left of a rate after one more."""

    rate: Rate
    left: int
    full_s: float
    """When all of it is there again."""

    @property
    def headers(self) -> dict[str, str]:
        """As draft-ietf-httpapi-ratelimit-headers says it."""
        rate = self.rate
        return {
            "RateLimit-Policy": f'"{rate.name}";q={rate.count};w={ceil(rate.window_s)}',
            "RateLimit": f'"{rate.name}";r={self.left};t={ceil(self.full_s)}',
        }


class Buckets(Protocol):
    """Where the buckets are. `close` gives back what they hold."""

    async def fill_ahead(self, key: str, rate: Rate) -> float:
        """How many seconds from now the bucket is full again with one more taken. More than the window: it was not taken."""
        ...

    async def close(self) -> None: ...


class BucketsInMemory:
    """The buckets of one server."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, most: int = MOST_BUCKETS) -> None:
        self._clock, self._most = clock, most
        self._full: dict[str, float] = {}

    async def fill_ahead(self, key: str, rate: Rate) -> float:
        now = self._clock()
        ahead = max(self._full.get(key, 0.0), now) + rate.each_s - now
        if ahead <= rate.window_s:
            if key not in self._full and len(self._full) >= self._most:
                self._make_room(now)
            self._full[key] = now + ahead
        return ahead

    async def close(self) -> None:
        """There is nothing to give back."""

    def _make_room(self, now: float) -> None:
        """Forget the buckets that are full, else the half that is fullest."""
        kept = {key: full for key, full in self._full.items() if full > now}
        if len(kept) > self._most // 2:
            kept = dict(sorted(kept.items(), key=lambda one: one[1])[-(self._most // 2) :])
        self._full = kept


class BucketsInRedis:
    """The buckets of all servers on one Redis; while that fails, each server's own."""

    def __init__(self, url: str, clock: Callable[[], float] = time.monotonic) -> None:
        try:
            pool: Any = BlockingConnectionPool.from_url(url, max_connections=CONNECTIONS, retry=Retry(NoBackoff(), 0))
            pool.make_connection()  # nothing is sent; else unknown parameters are told with the first request only
        except (ValueError, TypeError, RedisError):
            raise SettingError(
                "redis_url (KAIKOU_REDIS_URL) has a parameter that Redis's client does not take."
            ) from None
        self._redis: Any = Redis.from_pool(pool)
        self._step: Any = self._redis.register_script(STEP)
        self._meanwhile, self._clock, self._again = BucketsInMemory(clock), clock, 0.0

    async def fill_ahead(self, key: str, rate: Rate) -> float:
        if self._clock() >= self._again:
            try:
                async with within(REDIS_S):
                    return float(await self._step(keys=[f"kaikou:rate:{key}"], args=[rate.window_s, rate.each_s]))
            except (RedisError, OSError, TimeoutError) as error:
                if self._clock() >= self._again:  # of many that wait, one says so
                    reason = str(error)[:200] or type(error).__name__
                    log.warning("Redis does not answer; each server counts rates for itself", error=reason)
                self._again = self._clock() + WITHOUT_REDIS_S
        return await self._meanwhile.fill_ahead(key, rate)

    async def close(self) -> None:
        """Give the connections back."""
        await self._redis.aclose()


async def spend(buckets: Buckets, rate: Rate, who: str) -> Spent:
    """Take one of `rate` for `who`. Raises `RateReached`, which says when to come back."""
    ahead = await buckets.fill_ahead(f"{rate.name}:{who}", rate)
    if ahead > rate.window_s:
        spent = Spent(rate, 0, ahead - rate.each_s)
        raise RateReached(
            f"Too often: at most {rate.count} in {rate.window_s:g} s.", ahead - rate.window_s, spent.headers
        )
    return Spent(rate, rate.left(ahead), ahead)
