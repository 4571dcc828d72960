"""What is learnt from talks that are over, on both databases."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import delete, update

from pipeline.engines.protocols import ChatEvent, ChatRequest
from server.jobs.kind import JobContext
from server.memory.forgetting import Forgetting
from server.memory.learning import LEFT_MS, Learning
from server.memory.profile import Choice
from server.memory.store import FactStore, Filter
from server.storage.database import Database
from server.storage.ids import now_ms
from server.storage.tables.accounts import people
from server.storage.tables.conversations import conversations, lines
from tests.server.history.kept import NOON, answered, keep, keeping, said
from tests.server.memory.remembering import Model, facts, learn


async def talk(database: Database, *told: str, person: str = "ann", character: str = "wizard") -> str:
    """A talk in which the person said these lines, each answered by something about the character."""
    entries = [entry for line in told for entry in (said(line), answered("I live in a lighthouse and love rain."))]
    async with keeping(database) as keeper:
        return await keep(keeper, *entries, person=person, character=character)


async def test_what_a_person_says_of_themselves_is_learnt_with_its_quote_its_line_and_its_time(
    database: Database,
) -> None:
    id = await talk(database, "Hello! My name is Ann.", "I live in Berlin. What about you?", "Is it nice there?")
    await learn(database, id)
    rows = await FactStore(database).listed("ann", Filter(), None, 10)

    assert await facts(database) == [("name", "Ann", True), ("other", "lives in Berlin", True)]
    assert {row.quote for row in rows} == {"I live in Berlin.", "My name is Ann."}
    assert {row.conversation_id for row in rows} == {id}
    assert all(row.line_id.startswith("item_") and row.told_at == row.valid_from > 0 for row in rows)
    assert {(row.about, row.character_id, row.source) for row in rows} == {("person", "wizard", "rules")}


async def test_no_line_is_read_twice_and_a_fact_that_is_told_again_is_there_once(database: Database) -> None:
    first = await talk(database, "I live in Berlin.")
    second = await talk(database, "You know, I live in Berlin.")
    learnt = [await learn(database, id) for id in (first, first, second)]
    (row,) = await FactStore(database).listed("ann", Filter(), None, 10)

    assert (learnt, row.conversation_id) == ([1, 0, 1], second)


async def test_a_contradiction_closes_the_old_fact_and_can_be_undone(database: Database) -> None:
    store = FactStore(database)
    for line in ("I live in Berlin.", "I live in Rome."):
        await learn(database, await talk(database, line))
    closed = await facts(database)
    rows = {row.text: row for row in await store.listed("ann", Filter(), None, 10)}
    await Forgetting(store).restore("ann", rows["lives in Berlin"].id)

    assert closed == [("other", "lives in Berlin", False), ("other", "lives in Rome", True)]
    assert rows["lives in Berlin"].closed_by == rows["lives in Rome"].id
    assert await facts(database) == [("other", "lives in Berlin", True), ("other", "lives in Rome", False)]


async def test_where_memory_is_paused_or_off_nothing_is_learnt_not_even_later(database: Database) -> None:
    store = FactStore(database)
    talks = [await talk(database, "I live in Berlin.", character=who) for who in ("wizard", "detective")]
    await store.choose("ann", "wizard", Choice("paused"))
    await store.choose("ann", "detective", Choice("off"))
    for id in talks:
        await learn(database, id)
    for who in ("wizard", "detective"):
        await store.choose("ann", who, Choice("on"))
    for id in talks:
        await learn(database, id)

    assert await facts(database) == []


async def test_facts_belong_to_a_person_and_a_character_unless_they_are_shared(database: Database) -> None:
    store = FactStore(database)
    await learn(database, await talk(database, "I live in Berlin."))
    await store.choose("ann", "detective", Choice(shared=True))
    await learn(database, await talk(database, "I love hiking.", character="detective"))
    profile = await store.profile("ann")

    assert {fact.text for fact in profile.known_to("wizard")} == {"likes hiking", "lives in Berlin"}
    assert [fact.text for fact in profile.known_to("philosopher")] == ["likes hiking"]
    assert (await store.profile("ben")).facts == []


async def test_a_language_models_fact_needs_a_quote_that_stands_in_the_persons_own_line(database: Database) -> None:
    id = await talk(database, "I  adore\nthe sea.", "My mother calls me Annie.")
    model = Model(
        {
            "facts": [
                {"line": 1, "kind": "like", "text": "adores the sea", "quote": "I adore the sea"},
                {"line": 1, "kind": "like", "text": "loves rain", "quote": "love rain"},
                {"line": 2, "kind": "other", "text": "adores the sea too", "quote": "I adore the sea"},
                {"line": 2, "kind": "name", "text": "Susan", "quote": "calls me Annie"},
                {"line": 9, "kind": "name", "text": "Annie", "quote": "calls me Annie"},
                {"line": 1, "kind": "other", "text": "is a spy", "quote": "I"},
                {"line": 1, "kind": "other", "text": "is a thief", "quote": "ore the s"},
                {"line": 2, "kind": "other", "text": "\n\u202e!", "quote": "mother calls"},
            ]
        }
    )
    await learn(database, id, model)

    assert await facts(database) == [("like", "adores the sea", True)]
    assert "[1] I adore the sea." in model.seen
    assert "lighthouse" not in model.seen


async def test_no_answer_of_a_language_model_takes_long_to_read(database: Database) -> None:
    id = await talk(database, "I live in Berlin.")
    began = time.thread_time()
    await learn(database, id, Model("{" * 39_000))
    took = time.thread_time() - began
    await learn(database, await talk(database, "I love tea."), Model("{" * 200_000))

    assert took < 1.5
    assert await facts(database) == [("like", "likes tea", True), ("other", "lives in Berlin", True)]


async def test_another_name_is_no_name_said_again_whatever_the_language_model_says(database: Database) -> None:
    await learn(database, await talk(database, "I am Ann."), _says(1, "Ann", "I am Ann", kind="name"))
    model = _says(1, "Bob", "call me Bob", {"same": [[1, 1]], "closes": []}, kind="name")
    await learn(database, await talk(database, "Well, call me Bob."), model)

    assert await facts(database) == [("name", "Ann", False), ("name", "Bob", True)]


async def test_the_language_model_is_shown_known_facts_only_to_be_compared_with_new_ones(database: Database) -> None:
    await learn(database, await talk(database, "I take my tea black."), _says(1, "takes tea black", "my tea black"))
    model = _says(1, "takes tea with milk", "with milk now", {"same": [], "closes": [[1, 1], [7, 1]]})
    await learn(database, await talk(database, "I take it with milk now."), model)

    assert await facts(database) == [("like", "takes tea black", False), ("like", "takes tea with milk", True)]
    assert "black" not in model.asked[0].messages[-1].text
    assert "[1] takes tea black" in model.asked[1].messages[-1].text


async def test_a_language_model_that_answers_nonsense_leaves_it_to_the_rules(database: Database) -> None:
    model = Model("Sure! Here are the facts: they seem nice.", '{"facts": "none"}')
    await learn(database, await talk(database, "I live in Berlin."), model)

    assert await facts(database) == [("other", "lives in Berlin", True)]


async def test_what_the_character_said_of_itself_is_kept_apart_and_given_to_it_alone(database: Database) -> None:
    await learn(database, await talk(database, "I live in Berlin."), Model({"facts": []}))
    profile = await FactStore(database).profile("ann")

    assert [fact.quote for fact in profile.known_to("wizard", "character")] == ["I live in a lighthouse and love rain."]
    assert profile.known_to("wizard") == []
    assert profile.known_to("detective", "character") == []


def _says(line: int, text: str, quote: str, *more: object, kind: str = "like") -> Model:
    return Model({"facts": [{"line": line, "kind": kind, "text": text, "quote": quote}]}, *more)


async def test_what_was_told_later_holds_whatever_is_read_first(database: Database) -> None:
    older, newer = [await talk(database, line) for line in ("I live in Berlin.", "I live in Rome.")]
    async with database.write() as connection:
        earlier = update(lines).where(lines.c.conversation_id == older)
        await connection.execute(earlier.values(created_at=lines.c.created_at - 60_000))
    for id in (newer, older):
        await learn(database, id)

    assert await facts(database) == [("other", "lives in Berlin", False), ("other", "lives in Rome", True)]


async def test_what_was_said_while_memory_was_off_is_not_learnt_when_it_is_on_before_the_talk_ends(
    database: Database,
) -> None:
    at = NOON
    store = FactStore(database, lambda: at)
    await store.choose("ann", "", Choice("off"))
    id = await talk(database, "I live in Berlin.")
    at = NOON + 60_000
    await store.choose("ann", "", Choice("on"))
    await learn(database, id)
    async with keeping(database, lambda: NOON + 120_000) as keeper:
        await learn(database, await keep(keeper, said("I love hiking.")))

    assert await facts(database) == [("like", "likes hiking", True)]


@pytest.mark.parametrize("meanwhile", ["paused", "all forgotten"])
async def test_what_is_chosen_while_a_talk_is_read_counts(database: Database, meanwhile: str) -> None:
    store = FactStore(database, lambda: NOON + 60_000)

    class Slow(Model):
        async def reply(self, request: ChatRequest) -> AsyncIterator[ChatEvent]:
            if meanwhile == "paused":
                await store.choose("ann", "wizard", Choice("paused"))
            else:
                await Forgetting(store).forget("ann")
            async for event in super().reply(request):
                yield event

    told = {"line": 1, "kind": "other", "text": "lives in Berlin", "quote": "I live in Berlin."}
    await learn(database, await talk(database, "I live in Berlin."), Slow({"facts": [told]}))

    assert await facts(database) == []


async def test_of_whoever_is_deleted_while_a_talk_is_read_nothing_is_learnt(database: Database) -> None:
    class Leaving(Model):
        async def reply(self, request: ChatRequest) -> AsyncIterator[ChatEvent]:
            async with database.write() as connection:
                await connection.execute(delete(people).where(people.c.id == "ann"))
            async for event in super().reply(request):
                yield event

    id = await talk(database, "I live in Rome.")
    learnt = await learn(database, id, Leaving("nonsense"))

    assert (learnt, await facts(database)) == (0, [])


async def test_a_talk_that_cannot_be_read_keeps_no_other_from_being_learnt_from(database: Database) -> None:
    for line in ("I live in Rome.", "My name is Ann."):
        await talk(database, line)
    async with database.write() as connection:
        await connection.execute(update(conversations).values(ended_at=now_ms() - 2 * LEFT_MS))
    faults = [ValueError("nobody can read this")]

    @contextmanager
    def models() -> Iterator[None]:
        if faults:
            raise faults.pop()
        yield None

    learning = Learning(FactStore(database), models)
    learnt = [await learning.catch_up(Steps(), {}) for _ in range(2)]

    assert learnt == [{"learnt": 1}, {"learnt": 0}]
    assert len(await facts(database)) == 1


class Steps(JobContext):
    """Does each step once."""

    job_id, person_id = "job", "system"

    async def step(self, name: str, function: Callable[[], Awaitable[Any]], *, attempts: int = 1) -> Any:
        return await function()

    async def progress(self, fraction: float, text_key: str = "") -> None:
        pass
