from __future__ import annotations

import re

import pytest

from pipeline.errors import LimitReached
from server.identity.principal import OWNER, Principal
from server.protocol.session_object import SessionObject
from server.sessions.client_secrets import ClientSecretsInMemory

NOON = 1_700_000_000.5


class Clock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


SESSION = SessionObject(instructions="Be kind.")


async def test_a_secret_is_found_by_its_value_with_what_it_was_made_for(clock: Clock) -> None:
    secrets = ClientSecretsInMemory(10, clock, clock)
    secret = await secrets.create(60, SESSION, "wizard", OWNER)

    assert await secrets.find(secret.value) is secret
    assert (secret.expires_at, secret.session, secret.model) == (1_700_000_060, SESSION, "wizard")
    assert re.fullmatch("ek_[0-9a-f]{32}", secret.value)


async def test_no_two_secrets_are_equal(clock: Clock) -> None:
    secrets = ClientSecretsInMemory(100, clock, clock)

    assert len({(await secrets.create(60, SESSION, "", OWNER)).value for _ in range(100)}) == 100


@pytest.mark.parametrize("value", ["", "ek_", "ek_0123456789abcdef0123456789abcdef", "sk-key"])
async def test_what_was_not_made_is_not_found(clock: Clock, value: str) -> None:
    secrets = ClientSecretsInMemory(10, clock, clock)
    await secrets.create(60, SESSION, "", OWNER)

    assert await secrets.find(value) is None


@pytest.mark.parametrize(("after", "found"), [(59, True), (59.5, False), (60, False), (10_000, False)])
async def test_a_secret_starts_sessions_until_it_expires(clock: Clock, after: float, found: bool) -> None:
    secrets = ClientSecretsInMemory(10, clock, clock)
    secret = await secrets.create(60, SESSION, "", OWNER)
    clock.now += after

    assert (await secrets.find(secret.value) is not None) == found


async def test_a_secret_may_start_several_sessions(clock: Clock) -> None:
    secrets = ClientSecretsInMemory(10, clock, clock)
    secret = await secrets.create(60, SESSION, "", OWNER)

    assert [await secrets.find(secret.value) for _ in range(2)] == [secret, secret]


async def test_only_so_many_are_in_force_and_expired_ones_make_room(clock: Clock) -> None:
    secrets = ClientSecretsInMemory(2, clock, clock)
    short, long = await secrets.create(10, SESSION, "", OWNER), await secrets.create(60, SESSION, "", OWNER)
    with pytest.raises(LimitReached) as caught:
        await secrets.create(60, SESSION, "", OWNER)
    clock.now += 10
    third = await secrets.create(60, SESSION, "", OWNER)

    assert caught.value.code == "too_many_secrets"
    assert [await secrets.find(secret.value) for secret in (short, long, third)] == [None, long, third]


async def test_who_comes_with_a_secret_acts_on_the_account_of_the_one_who_made_it(clock: Clock) -> None:
    secret = await ClientSecretsInMemory(1, clock, clock).create(60, SESSION, "", Principal("key_1", "key"))

    assert secret.principal == Principal("key_1", "client_secret")


@pytest.mark.parametrize("set_by", [-3_600.0, 3_600.0])
async def test_a_clock_that_is_set_neither_ends_a_secret_nor_keeps_it_for_longer(clock: Clock, set_by: float) -> None:
    wall = Clock()
    secrets = ClientSecretsInMemory(1, clock, wall)
    secret = await secrets.create(60, SESSION, "", OWNER)
    wall.now += set_by
    clock.now += 59
    before = await secrets.find(secret.value)
    clock.now += 1

    assert (before, await secrets.find(secret.value)) == (secret, None)
    assert await secrets.create(60, SESSION, "", OWNER), "the one that expired makes room"
