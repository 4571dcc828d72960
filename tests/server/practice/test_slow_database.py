"""Talks while the database is slow: what an earlier talk of a practice still writes comes before the next one begins."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.conversation.journal import ItemFinished, ItemSnapshot
from pipeline.conversation.known import Asked
from pipeline.conversation.transcript import Item
from pipeline.practice.practice import PracticeStep
from server.practice.live.talk import Around, PracticeTalk
from server.practice.live.talks import PracticeTalks
from server.practice.store import PracticeStore
from server.storage.database import Database
from tests.server.practice.practising import a_practice

STEPS = (PracticeStep("order", "点", ("What can I get you?",)), PracticeStep("pay", "付钱", ("Card or cash?",)))


class SlowStore(PracticeStore):
    """Writes nothing of a talk before `ready` is set."""

    ready: asyncio.Event

    async def keep(self, practice_id: str, moves: Mapping[str, Any], corrections: Sequence[Mapping[str, Any]]) -> None:
        await self.ready.wait()
        await super().keep(practice_id, moves, corrections)

    async def finish(
        self, practice_id: str, moves: Mapping[str, Any], corrections: Sequence[Mapping[str, Any]]
    ) -> None:
        await self.ready.wait()
        await super().finish(practice_id, moves, corrections)

    async def release(self, practice_id: str, conversation_id: str) -> None:
        await self.ready.wait()
        await super().release(practice_id, conversation_id)


async def slow(database: Database) -> tuple[SlowStore, PracticeTalks, str]:
    store = SlowStore(database)
    object.__setattr__(store, "ready", asyncio.Event())
    practice = a_practice(store, steps=STEPS, opening="Hello.")
    await store.create("ann", practice)
    return store, PracticeTalks(store), practice.id


def talk_of(talks: PracticeTalks, items: list[Item]) -> PracticeTalk:
    return talks.talk(Around("ann", "conv_1", lambda: items, lambda _event: None))


async def heard(talk: PracticeTalk, items: list[Item], said: str) -> None:
    """The person says something if it is not empty, and hears what comes next."""
    assert talk.live
    if said:
        items.append(Item(f"item_{len(items)}", text=said))
        known = talk.live.known(Asked(items, said, "en", 1_000))[0].say
    else:
        known = talk.opening()
    items.append(Item(f"item_{len(items)}", role="assistant", text=known))
    await talk.write(ItemFinished(ItemSnapshot.of(items[-1]), None))


async def begun_late(talk: PracticeTalk, store: SlowStore, id: str) -> None:
    """Begin while what was before is not written yet; it must be, first."""
    beginning = asyncio.create_task(talk.take(id))
    for _turn in range(50):
        await asyncio.sleep(0)
    assert not beginning.done()
    store.ready.set()
    await beginning


async def test_a_talk_that_is_gone_on_with_knows_what_was_decided_last(database: Database) -> None:
    store, talks, id = await slow(database)
    items: list[Item] = []
    async with talks.running():
        talk = talk_of(talks, items)
        await talk.take(id)
        await heard(talk, items, "")
        await heard(talk, items, "I would like a coffee, please.")
        talks.end(talk, "continued_elsewhere")
        later = talk_of(talks, items)
        await begun_late(later, store, id)

        assert later.live
        assert later.live.event()["step"] == "pay"
        talks.end(later, "")


async def test_what_is_left_and_taken_again_goes_on(database: Database) -> None:
    store, talks, id = await slow(database)
    items: list[Item] = []
    async with talks.running():
        talk = talk_of(talks, items)
        await talk.take(id)
        await talk.take(None)
        await begun_late(talk, store, id)
        silent = (await store.get("ann", id)).state
        await heard(talk, items, "")
        await heard(talk, items, "I would like a coffee, please.")
        store.ready.clear()
        await talk.take(None)
        await begun_late(talk, store, id)

        assert (silent, (await store.get("ann", id)).state) == ("going", "going")
        talks.end(talk, "")
    assert (await store.get("ann", id)).state == "over"
