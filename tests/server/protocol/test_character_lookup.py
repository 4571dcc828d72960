"""Characters that are kept elsewhere: finding one takes a moment, or fails, and happens when another one is asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from pipeline.characters.character import Character
from server.protocol.connection import FIND_S
from tests.loop_clock import LoopClock
from tests.server.socketless import CHARACTERS, connected, update


class Elsewhere:
    """Characters in a database that may be away or silent; `asked` is what was looked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.away = self.silent = False

    async def everyone(self, person_id: str) -> Sequence[Character]:
        return await CHARACTERS.everyone(person_id)

    async def find(self, name: str, person_id: str) -> Character:
        self._ask(name)
        return await CHARACTERS.find(name, person_id)

    async def get(self, id: str, person_id: str) -> Character:
        self._ask(id)
        if self.silent:
            await asyncio.Event().wait()
        return await CHARACTERS.get(id, person_id)

    async def draft(self, id: str, person_id: str) -> Character:
        self._ask(id)
        return await CHARACTERS.draft(id, person_id)

    def _ask(self, name: str) -> None:
        self.asked.append(name)
        if self.away:
            raise OSError("The database is away.")


async def test_a_character_is_looked_up_when_another_one_is_asked_for() -> None:
    characters = Elsewhere()
    async with connected(characters=characters) as client:
        await client.send(update(kaikou={"character": "detective"}))
        await client.send(update(instructions="Be kind."))
        await client.send(update(kaikou={"character": None}))
        await client.send({"type": "kaikou.greet"})

    assert characters.asked == ["detective", "wizard"]


async def test_an_update_whose_character_cannot_be_found_changes_nothing() -> None:
    characters = Elsewhere()
    async with connected(characters=characters) as client:
        before = client.connection.object
        await client.send(update(kaikou={"character": "nobody"}))
        characters.away = True
        await client.send(update(kaikou={"character": "detective"}))
        assert client.connection.object is before
    errors = [(event["error"]["code"], event["error"]["param"]) for event in client.events if event["type"] == "error"]
    assert errors == [("invalid_value", "session.kaikou.character"), ("internal_error", None)]


async def test_a_lookup_that_never_ends_is_given_up_and_told() -> None:
    characters, clock = Elsewhere(), LoopClock()
    async with connected(characters=characters) as client:
        characters.silent = True
        sending = asyncio.create_task(client.send(update(kaikou={"character": "detective"})))
        await asyncio.sleep(0)
        clock.advance(3_600.0)  # the process stood still, and what finds it perhaps as well
        await asyncio.sleep(0.01)
        early = sending.done()
        clock.advance(FIND_S)
        await sending
        await asyncio.sleep(0)
    assert not early
    assert [event["error"]["code"] for event in client.events if event["type"] == "error"] == ["internal_error"]
