"""Passkeys, made and shown by a device in software, on both databases."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from pipeline.errors import InvalidRequest, LimitReached
from server.accounts.proofs import passkeys as module
from server.accounts.proofs.passkeys import MOST, Passkey, Passkeys, Site
from server.errors import NotFound, Unauthorized
from server.storage.database import Database
from tests.server.accounts.soft_authenticator import Device

pytestmark = pytest.mark.skipif(not module.AVAILABLE, reason="webauthn has no package here")

SITE = Site("https://kaikou.example.org")


async def made(passkeys: Passkeys, person: str = "ann", site: Site = SITE) -> Device:
    device = Device(site.origin)
    options, challenge = await passkeys.begin_making(site, person, "ann@example.org")
    await passkeys.add(site, person, challenge, device.make(options))
    return device


async def logged_in(passkeys: Passkeys, device: Device, site: Site = SITE) -> str:
    options, challenge = passkeys.begin_login(site)
    return await passkeys.log_in(site, challenge, device.show(options))


async def test_a_passkey_says_whose_it_is(database: Database) -> None:
    passkeys = Passkeys(database)
    of_ann, of_ben = await made(passkeys, "ann"), await made(passkeys, "ben")

    assert [await logged_in(passkeys, device) for device in (of_ann, of_ben, of_ann)] == ["ann", "ben", "ann"]


async def test_one_that_does_not_count_its_uses_works_again_and_again(database: Database) -> None:
    passkeys = Passkeys(database)
    device = await made(passkeys)
    device.counts = False

    assert [await logged_in(passkeys, device) for _ in range(2)] == ["ann", "ann"]


async def test_a_copy_that_counts_behind_is_refused(database: Database) -> None:
    passkeys = Passkeys(database)
    device = await made(passkeys)
    copy = replace(device)
    await logged_in(passkeys, device)

    with pytest.raises(Unauthorized):
        await logged_in(passkeys, copy)


async def test_what_was_shown_once_is_good_once(database: Database) -> None:
    passkeys = Passkeys(database)
    device = await made(passkeys)
    options, challenge = passkeys.begin_login(SITE)
    shown = device.show(options)
    results = await asyncio.gather(*(passkeys.log_in(SITE, challenge, shown) for _ in range(5)), return_exceptions=True)

    assert sorted(type(result).__name__ for result in results) == ["Unauthorized"] * 4 + ["str"]


@pytest.mark.parametrize(
    "change",
    [
        {"origin": "https://evil.example"},
        {"unlocks": False},
        {"id": b"another"},
    ],
    ids=["for another page", "without unlocking", "of nobody"],
)
async def test_a_passkey_that_proves_too_little_logs_nobody_in(database: Database, change: dict[str, Any]) -> None:
    passkeys = Passkeys(database)
    device = replace(await made(passkeys), **change)

    with pytest.raises(Unauthorized):
        await logged_in(passkeys, device)


async def test_an_answer_to_another_challenge_is_refused(database: Database) -> None:
    passkeys = Passkeys(database)
    device = await made(passkeys)
    options, _ = passkeys.begin_login(SITE)

    with pytest.raises(Unauthorized):
        await passkeys.log_in(SITE, b"another" * 4, device.show(options))


@pytest.mark.parametrize(
    "credential",
    [
        {},
        {"rawId": 7},
        {"rawId": "!"},
        {"rawId": "A"},
        {"id": "x", "rawId": "eA", "type": "public-key", "response": {}},
    ],
    ids=str,
)
async def test_what_is_no_passkey_is_refused(database: Database, credential: dict[str, Any]) -> None:
    passkeys = Passkeys(database)
    await made(passkeys)

    with pytest.raises(Unauthorized):
        await passkeys.log_in(SITE, b"0" * 32, credential)
    with pytest.raises(InvalidRequest):
        await passkeys.add(SITE, "ann", b"0" * 32, credential)


async def test_one_that_is_too_long_is_not_read(database: Database) -> None:
    with pytest.raises(InvalidRequest):
        await Passkeys(database).log_in(SITE, b"0" * 32, {"rawId": "x" * 30_000})


async def test_a_person_sees_and_removes_their_own(database: Database) -> None:
    passkeys = Passkeys(database, now=lambda: 7)
    device = await made(passkeys)
    [of_ann] = await passkeys.all("ann")

    assert of_ann == Passkey(of_ann.id, "Passkey", 7, None)
    with pytest.raises(NotFound):
        await passkeys.remove("ben", of_ann.id)
    await passkeys.remove("ann", of_ann.id)
    with pytest.raises(Unauthorized):
        await logged_in(passkeys, device)


async def test_a_passkey_cannot_be_added_to_two_people(database: Database) -> None:
    passkeys = Passkeys(database)
    device = await made(passkeys, "ann")
    options, challenge = await passkeys.begin_making(SITE, "ben", "ben@example.org")

    with pytest.raises(InvalidRequest):
        await passkeys.add(SITE, "ben", challenge, device.make(options))


async def test_there_is_a_most(database: Database) -> None:
    passkeys = Passkeys(database)
    for _ in range(MOST):
        await made(passkeys)

    with pytest.raises(LimitReached):
        await passkeys.begin_making(SITE, "ann", "ann@example.org")


async def test_more_than_the_most_are_not_made_by_beginning_several_at_once(database: Database) -> None:
    passkeys, devices = Passkeys(database), [Device(SITE.origin) for _ in range(2)]
    for _ in range(MOST - 1):
        await made(passkeys)
    begun = [await passkeys.begin_making(SITE, "ann", "ann@example.org") for _ in devices]
    first, second = (device.make(options) for device, (options, _) in zip(devices, begun, strict=True))
    await passkeys.add(SITE, "ann", begun[0][1], first)

    with pytest.raises(LimitReached):
        await passkeys.add(SITE, "ann", begun[1][1], second)


@pytest.mark.parametrize("origin", ["http://127.0.0.1:7210", "http://[::1]:7210", "null", ""])
def test_an_address_without_a_name_is_refused_with_what_to_do(origin: str) -> None:
    with pytest.raises(InvalidRequest, match="localhost"):
        Passkeys(None).begin_login(Site(origin))  # type: ignore[arg-type]
