"""Signed links: right until they expire, on every server of one database, whatever happens to the keys meanwhile."""

from __future__ import annotations

import asyncio

import pytest

from server.errors import NotFound
from server.storage.database import Database
from server.storage.links import LONGEST_S, LONGEST_TOKEN, PURPOSE, Linked, Links
from server.storage.signing_keys import NEWEST_S, REPLACED_MS, SigningKeys

START = 1_800_000_000_000
DAY_MS = 24 * 3600 * 1000


class Clock:
    """The wall clock and the monotonic one, moved together by the test."""

    def __init__(self) -> None:
        self.ms = START

    def now(self) -> int:
        return self.ms

    def monotonic(self) -> float:
        return self.ms / 1000


def server(database: Database, clock: Clock) -> Links:
    keys = SigningKeys(database, PURPOSE, 1000 * LONGEST_S, clock.now, clock.monotonic)
    return Links(keys, clock.now)


async def code_of(links: Links, token: str) -> str:
    with pytest.raises(NotFound) as told:
        await links.opened(token)
    return told.value.code


async def test_a_link_says_what_it_is_to_on_every_server_of_the_database(database: Database) -> None:
    clock = Clock()
    token = await server(database, clock).token("files/1", "audio/ogg", "Größe 录音.ogg", 60)
    linked = Linked("files/1", "audio/ogg", "Größe 录音.ogg", START + 60_000)
    assert await server(database, clock).opened(token) == linked
    assert token.isascii()


async def test_a_link_is_good_until_the_moment_it_expires(database: Database) -> None:
    clock = Clock()
    links = server(database, clock)
    token = await links.token("a", "audio/ogg", "a", 60)
    clock.ms += 59_999
    await links.opened(token)
    clock.ms += 1
    assert await code_of(links, token) == "link_expired"


async def test_no_link_is_good_for_longer_than_a_week(database: Database) -> None:
    links = server(database, Clock())
    linked = await links.opened(await links.token("a", "audio/ogg", "a", 10**9))
    assert linked.expires_at == START + 7 * DAY_MS


async def test_a_link_with_any_letter_changed_is_none(database: Database) -> None:
    links = server(database, Clock())
    token = await links.token("a", "audio/ogg", "a", 60)
    changed = {token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :] for at in range(len(token))}
    assert {await code_of(links, one) for one in changed} == {"link_invalid"}


@pytest.mark.parametrize("token", ["", ".", "..", "a.b.c", "é.ü.ß", "sign_x", "." * 500, "\0.a.b"])
async def test_what_is_no_link_is_told_as_such(database: Database, token: str) -> None:
    links = server(database, Clock())
    await links.token("a", "audio/ogg", "a", 60)
    assert await code_of(links, token) == "link_invalid"


async def test_a_name_as_long_as_any_file_has_it_fits(database: Database) -> None:
    token = await server(database, Clock()).token("files/" + "x" * 120, "audio/ogg", "录" * 255, 60)
    assert len(token) < LONGEST_TOKEN


async def test_keys_are_replaced_and_what_they_signed_stays_good_until_it_expires(database: Database) -> None:
    clock = Clock()
    links = server(database, clock)
    await links.token("a", "audio/ogg", "a", 60)
    clock.ms += REPLACED_MS
    old = await links.token("old", "audio/ogg", "a", LONGEST_S)
    clock.ms += 1 + int(NEWEST_S * 1000)
    new = await links.token("new", "audio/ogg", "a", LONGEST_S)
    clock.ms += LONGEST_S * 1000 - 2 - int(NEWEST_S * 1000)
    other = server(database, clock)
    await other.token("another", "audio/ogg", "a", 60)
    assert old.partition(".")[0] != new.partition(".")[0]
    assert [(await other.opened(token)).key for token in (old, new)] == ["old", "new"]


async def test_keys_go_when_all_they_signed_has_expired(database: Database) -> None:
    clock = Clock()
    await server(database, clock).token("a", "audio/ogg", "a", 60)
    for _ in range(5):
        clock.ms += REPLACED_MS + 1
        await server(database, clock).token("a", "audio/ogg", "a", 60)
    keys = SigningKeys(database, PURPOSE, 1000 * LONGEST_S, clock.now, clock.monotonic)
    await keys.newest()
    assert len(keys._known) == 3


async def test_servers_that_start_together_sign_with_the_same_key(database: Database) -> None:
    clock = Clock()
    servers = [SigningKeys(database, PURPOSE, 0, clock.now, clock.monotonic) for _ in range(4)]
    first = {key.id for key in await asyncio.gather(*(keys.newest() for keys in servers))}
    clock.ms += REPLACED_MS + 1
    second = {key.id for key in await asyncio.gather(*(keys.newest() for keys in servers))}
    assert (len(first), len(second), len(first | second)) == (1, 1, 2)


async def test_keys_of_another_purpose_open_nothing(database: Database) -> None:
    clock = Clock()
    tokens = Links(SigningKeys(database, "tokens", DAY_MS, clock.now, clock.monotonic), clock.now)
    assert await code_of(server(database, clock), await tokens.token("a", "audio/ogg", "a", 60)) == "link_invalid"
