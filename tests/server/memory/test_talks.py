"""What is remembered in talks over a real socket: orders, what the next answer is given, coming back, forgetting."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx2
import pytest

from server.history.clean_up import CleanUp
from server.identity.principal import OWNER
from server.memory.forgetting import Forgetting
from server.memory.memory import Memory
from server.memory.store import Filter
from server.storage.tables.conversations import conversations, lines
from tests.server.accounts.people import browser, register
from tests.server.accounts.test_guests import kept
from tests.server.accounts.test_guests import say as say_as
from tests.server.accounts.test_revocation import cookie_of
from tests.server.memory.remembering import Model, dump, learn
from tests.server.talking import Talk, talking
from tests.serving import Serving, serving

pytestmark = pytest.mark.asyncio


@asynccontextmanager
async def remembering(model: Model | None = None, **flags: Any) -> AsyncIterator[tuple[Serving, Model]]:
    model = model or Model("I see.")
    async with serving(instead={"chat_model": model}, **flags) as server:
        yield server, model


@asynccontextmanager
async def known_in(server: Serving, model: str = "philosopher") -> AsyncIterator[Talk]:
    """A talk that knows what is remembered: a busy machine may need longer for that than an answer waits."""
    async with talking(server, model, extensions="kaikou") as talk:
        for recall in memory_of(server).talks:
            await recall.loaded.wait()
        yield talk


async def say(talk: Talk, text: str) -> str:
    """Have a typed line answered; what the character said."""
    since = len(talk.events)
    await talk.write(text)
    await talk.ask()
    done = await talk.until("response.done", since)
    return str(done["response"]["output"][0]["content"][0]["transcript"])


async def greeted(talk: Talk) -> str:
    since = len(talk.events)
    await talk.connection.send({"type": "kaikou.greet"})  # type: ignore[arg-type]
    done = await talk.until("response.done", since)
    return str(done["response"]["output"][0]["content"][0]["transcript"])


async def remembered(talk: Talk, text: str, action: str = "remembered") -> dict[str, Any]:
    return await talk.until(
        "kaikou.remembered", where=lambda event: (event["fact"]["text"], event["action"]) == (text, action)
    )


def memory_of(server: Serving) -> Memory:
    memory: Memory = server.app.state.services.memory
    return memory


async def clean_up(server: Serving) -> None:
    """What was deleted cannot be undone any more, and is removed."""
    services, store = server.app.state.services, memory_of(server).store
    later = store.now() + 60_000
    await Forgetting(replace(store, now=lambda: later)).remove()
    await CleanUp(services.database, services.objects, services.exports, now=lambda: later).remove()


async def test_an_order_is_kept_told_and_known_to_the_next_talk() -> None:
    async with remembering() as (server, model):
        async with known_in(server) as talk:
            await say(talk, "Remember that I'm allergic to nuts.")
            told = await remembered(talk, "is allergic to nuts")
        async with known_in(server) as talk:
            await say(talk, "What should I eat?")
            known = model.seen
            used = await talk.until("kaikou.context")
        async with known_in(server, "wizard") as talk:
            await say(talk, "What should I eat?")
            others = model.seen

    assert told["fact"]["kind"] == "other"
    assert "is allergic to nuts. Their words: “I'm allergic to nuts”" in known
    assert used["used"] == [{"kind": "memory", "id": told["fact"]["id"], "label": "is allergic to nuts"}]
    assert "nuts" not in others


async def test_a_name_that_is_put_right_counts_from_the_answer_to_it_on() -> None:
    async with remembering() as (server, model):
        async with known_in(server) as talk:
            await say(talk, "Remember that my name is Anna.")
            await remembered(talk, "Anna")
        async with known_in(server) as talk:
            await say(talk, "Hello.")
            before = model.seen
            await say(talk, "My name is not Anna but Hannah.")
            at_once = model.seen
            await remembered(talk, "Hannah", "corrected")
        async with known_in(server) as talk:
            await say(talk, "Hello.")
            after = model.seen

    assert "The person's name is Anna." in before
    assert "The person's name is Anna." not in at_once
    assert "The person's name is Hannah." in after
    assert "Anna." not in after


async def test_what_is_forgotten_by_voice_is_in_no_answer_and_nowhere_in_the_database() -> None:
    async with remembering() as (server, model):
        async with known_in(server) as talk:
            first = await talk.until("kaikou.keeping")
            await say(talk, "Remember that my parrot is called Xyzzy.")
            await remembered(talk, "parrot is called Xyzzy")
        async with known_in(server) as talk:
            second = await talk.until("kaikou.keeping")
            await say(talk, "Hello there.")
            before = model.seen
            await say(talk, "Please forget that my parrot is called Xyzzy.")
            await remembered(talk, "parrot is called Xyzzy", "forgotten")
            await say(talk, "What else is new?")
            after = model.seen
        async with httpx2.AsyncClient(base_url=server.http) as client:
            for told in (first, second):
                await client.delete(f"/api/conversations/{told['conversation_id']}")
        await clean_up(server)
        left = await dump(memory_of(server).store.database)

    assert "Xyzzy" in before
    assert "Xyzzy" not in after
    assert "Xyzzy" not in left


async def test_what_is_deleted_on_the_page_is_gone_from_talks_that_go_on_and_comes_back_when_that_is_undone() -> None:
    async with remembering() as (server, model), httpx2.AsyncClient(base_url=server.http) as client:
        added = (await client.post("/api/memory", json={"text": "plays the xylophone"})).json()["data"]
        async with known_in(server) as talk:
            await say(talk, "Hello.")
            before = model.seen
            await client.delete(f"/api/memory/{added['id']}")
            gone = await until_shown(talk, model, "xylophone", shown=False)
            await client.post(f"/api/memory/{added['id']}/restore")
            back = await until_shown(talk, model, "xylophone", shown=True)

    assert "xylophone" in before
    assert (gone, back) == (True, True)


async def until_shown(talk: Talk, model: Model, word: str, *, shown: bool) -> bool:
    """Whether an answer is soon given the word, or not any more."""
    for _attempt in range(20):
        await say(talk, "And now?")
        if (word in model.seen) == shown:
            return True
        await asyncio.sleep(0)
    return False


async def test_somebody_who_comes_back_is_greeted_by_name_and_asked_once_about_what_was_open() -> None:
    async with remembering() as (server, _model):
        async with known_in(server, "philosopher") as talk:
            stranger = await greeted(talk)
            await say(talk, "Remember that my name is Ann.")
            await say(talk, "Remember that I want to learn the cello.")
            await remembered(talk, "wants to learn the cello")
        async with known_in(server, "philosopher") as talk:
            friend = await greeted(talk)
        async with known_in(server, "philosopher") as talk:
            again = await greeted(talk)
        async with talking(server, "philosopher") as talk:
            stock = await greeted_stock(talk)

    assert stranger.startswith("Come in, sit down")
    assert friend == (
        "Good to hear from you again, Ann. Last time you said: “I want to learn the cello.” How is that going?"
    )
    assert again == "Good to hear from you again, Ann. What has been on your mind lately?"
    assert stock


async def greeted_stock(talk: Talk) -> bool:
    """A client without extensions has no memory, and is told nothing of it."""
    await talk.write("Hello.")
    await talk.ask()
    return not any(type.startswith("kaikou.") for type in talk.types)


async def test_with_memory_off_nothing_is_used_and_nothing_learnt() -> None:
    async with remembering() as (server, model), httpx2.AsyncClient(base_url=server.http) as client:
        await client.post("/api/memory", json={"text": "plays the xylophone"})
        await client.put("/api/memory/choices", json={"character_id": "philosopher", "state": "off", "shared": False})
        async with known_in(server, "philosopher") as talk:
            first = await greeted(talk)
            await say(talk, "Remember that I'm allergic to nuts.")
            off = model.seen
        async with known_in(server, "wizard") as talk:
            await say(talk, "Hello.")
            on = model.seen
        listed = (await client.get("/api/memory")).json()["data"]["items"]

    assert first.startswith("Come in, sit down")
    assert "xylophone" not in off
    assert "xylophone" in on
    assert [fact["text"] for fact in listed] == ["plays the xylophone"]


async def test_nothing_is_learnt_later_from_what_somebody_said_as_a_guest() -> None:
    async with serving(accounts="optional") as server, browser(server) as ann:
        await ann.post("/api/account/guest")
        await say_as(server, cookie_of(ann), "I live in Berlin.")
        await kept(server, ann)
        (talk,) = (await ann.get("/api/conversations")).json()["data"]["items"]
        await register(ann, "ann@example.org")
        learnt = await learn(memory_of(server).store.database, talk["id"])

    assert learnt == 0


async def test_of_a_guest_nothing_is_remembered() -> None:
    async with serving(accounts="optional") as server, browser(server) as guest:
        await guest.post("/api/account/guest")
        await say_as(server, cookie_of(guest), "Remember that I'm allergic to nuts.")
        await kept(server, guest)
        rows = await dump(memory_of(server).store.database, [conversations, lines])

    assert "nuts" not in rows
    assert memory_of(server).allowed(OWNER)


async def test_what_is_told_in_passing_is_learnt_in_the_background_once_the_talk_is_over() -> None:
    async with remembering(jobs_workers=2) as (server, _model):
        async with known_in(server) as talk:
            await say(talk, said := "I live in Lisbon, and I have a sister called Marta.")
        async with asyncio.timeout(30):
            while not (known := await memory_of(server).store.listed(OWNER.id, Filter(), None, 10)):
                await asyncio.sleep(0.05)

    assert all(fact.quote in said for fact in known)
    assert {"Lisbon", "Marta"} <= set(" ".join(fact.text for fact in known).replace(".", "").split())
