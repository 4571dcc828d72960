"""What of a profile an answer gets, and how soon; talks hear of what others changed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Mapping
from dataclasses import asdict
from typing import Any

from pipeline.conversation.journal import ItemFinished, ItemSnapshot
from pipeline.conversation.known import Asked
from pipeline.conversation.transcript import Item
from server.errors import StorageError
from server.jobs.jobs import Jobs
from server.memory.forgetting import Forgetting
from server.memory.memory import Memory
from server.memory.profile import Choice, Profile, Remembered
from server.memory.recall import Recall, Talk
from server.memory.store import MOST_KNOWN, FactStore, Revision
from server.settings.keeping import JobSettings, StorageSettings
from server.storage.database import Database
from server.storage.tables.memory import memory_facts
from tests.server.history.kept import NOON, keep, keeping, said
from tests.server.memory.remembering import facts as facts_of
from tests.server.memory.remembering import learn


class Changes:
    """Counts what a talk orders."""

    def __init__(self) -> None:
        self.orders: list[tuple[str, list[str]]] = []

    def remember(self, _recall: Recall, facts: Any, action: Any) -> None:
        self.orders.append((action, [fact.text for fact in facts]))

    def forget(self, _recall: Recall, facts: Any, _lines: Any, _order: Any = None) -> None:
        self.orders.append(("forgotten", [fact.text for fact in facts]))

    def asked(self, _recall: Recall, fact: Any) -> None:
        self.orders.append(("asked", [fact.text]))

    def learn(self, _recall: Recall) -> None:
        self.orders.append(("learn", []))


def fact(text: str, **values: Any) -> Remembered:
    defaults: dict[str, Any] = {"about": "person", "character_id": "wizard", "shared": False, "conversation_id": None}
    defaults |= {"line_id": "", "kind": "other", "topic": "", "quote": text, "source": "rules", "told_at": NOON}
    return Remembered(**{"id": f"fact_{text}", "text": text, "valid_from": NOON, **defaults, **values})


def recall(profile: Profile, items: list[Item] | None = None, changes: Changes | None = None) -> Recall:
    talk = Talk("ann", "conv_1", lambda: "wizard", lambda: items or [], lambda _ids: None, lambda _fact, _action: None)
    made = Recall(talk, changes or Changes(), lambda: NOON)
    made.refresh(profile)
    return made


async def labels(made: Recall, said: str, tokens: int = 1_500, items: tuple[Item, ...] = ()) -> list[str]:
    return [known.label for known in await made.known(Asked(items, said, "en", tokens))]


async def test_the_name_comes_first_then_what_fits_what_was_said_then_what_was_told_last() -> None:
    facts = [fact("likes chess"), fact("lives in Rome"), fact("Ann", kind="name"), fact("sister is called Mia")]
    made = recall(Profile(facts))

    assert await labels(made, "My sister calls.") == ["Ann", "sister is called Mia", "likes chess", "lives in Rome"]
    assert await labels(made, "My sister calls.", tokens=60) == ["Ann", "sister is called Mia"]


async def test_what_the_model_sees_anyway_is_not_said_twice() -> None:
    made = recall(Profile([fact("likes chess", line_id="item_1"), fact("likes tea", line_id="item_0")]))

    assert await labels(made, "And?", items=(Item("item_1", text="I like chess."),)) == ["likes tea"]


async def test_what_the_character_said_of_itself_comes_as_its_own_words_and_only_to_it() -> None:
    own = fact("I live in a lighthouse.", about="character")
    others = fact("I live in a cave.", about="character", character_id="detective")
    made = recall(Profile([own, others, fact("likes chess")]))
    known = await made.known(Asked((), "Hello.", "en", 1_500))

    assert [one.text for one in known] == [
        "The person told you in an earlier talk (2027-01-15): likes chess. Their words: “likes chess”",
        "You yourself said in an earlier talk (2027-01-15): “I live in a lighthouse.” Stay true to it.",
    ]
    assert [one.quote for one in known] == ["likes chess", ""]


async def test_four_hundred_facts_are_recalled_in_less_than_twenty_milliseconds() -> None:
    words = "garden violin Berlin hiking nurse exam Friday tea marathon biscuit daughter rain piano".split()
    facts = [
        fact(f"likes {words[n % 13]} and {words[n % 7]} {n}", quote=f"I like {words[n % 11]} {n}") for n in range(400)
    ]
    made = recall(Profile(facts))
    await labels(made, "First of all.")
    began = time.thread_time()
    known = await labels(made, "What about my violin and the exam on Friday? " * 5)

    assert time.thread_time() - began < 0.02
    assert len(known) > 20


async def test_a_paused_talk_uses_what_is_known_forgets_when_told_to_and_learns_nothing() -> None:
    changes = Changes()
    made = recall(Profile([fact("likes chess")], {"wizard": Choice("paused")}), changes=changes)
    known = await labels(made, "Hello.")
    for number, line in enumerate(["Remember that I live in Rome.", "Forget that I like chess."]):
        await made.write(ItemFinished(ItemSnapshot.of(Item(f"item_{number}", text=line)), None))

    assert known == ["likes chess"]
    assert changes.orders == [("forgotten", ["likes chess"])]


async def test_orders_are_the_persons_alone() -> None:
    changes = Changes()
    made = recall(Profile(), changes=changes)
    for role in ("assistant", "system"):
        item = Item(f"item_{role}", role=role, text="Remember that I live in Rome.")  # type: ignore[arg-type]
        await made.write(ItemFinished(ItemSnapshot.of(item), None))
    aside = Item("item_aside", text="Remember that I live in Rome.", aside=True)
    await made.write(ItemFinished(ItemSnapshot.of(aside), None))

    assert changes.orders == []


async def test_what_says_the_same_is_not_shown_after_it_was_forgotten() -> None:
    items = [
        Item("item_1", text="I love the xylophone."),
        Item("item_2", role="assistant", text="Ah, you love the xylophone!"),
        Item("item_3", text="How are you?"),
        Item("item_4", text="Forget that I love the xylophone."),
    ]
    made = recall(Profile([fact("likes the xylophone", quote="I love the xylophone.")]), items)
    await made.write(ItemFinished(ItemSnapshot.of(items[3]), None))
    at_once = [item.id for item in items if not item.aside]
    await made.write(ItemFinished(ItemSnapshot.of(Item("item_5", text="And now?")), None))

    assert at_once == ["item_3", "item_4"]
    assert [item.id for item in items if not item.aside] == ["item_3"]


async def test_what_was_contradicted_is_not_hidden_as_what_was_forgotten_is() -> None:
    items = [Item("item_1", text="I live in Berlin."), Item("item_2", text="I love chess.")]
    berlin, chess = fact("lives in Berlin"), fact("loves chess")
    made = recall(Profile([berlin, chess]), items)
    made.refresh(Profile([fact("lives in Rome")], closed=frozenset({berlin.id})))

    assert [item.id for item in items if not item.aside] == ["item_1"]


async def test_what_is_too_much_to_be_known_is_still_shown_and_what_is_liked_is_hidden_when_forgotten(
    database: Database,
) -> None:
    store, items = FactStore(database), [Item("item_1", text="I like chess."), Item("item_2", text="I like tea.")]
    await store.learn("ann", [fact("likes chess", topic="like:chess"), fact("likes tea", topic="like:tea")])
    made = recall(await store.profile("ann"), items)
    async with database.write() as connection:
        facts = [fact(f"has {n}", told_at=NOON + 1) for n in range(MOST_KNOWN)]
        await connection.execute(memory_facts.insert(), [asdict(one) | {"person_id": "ann"} for one in facts])
    await Forgetting(store).forget("ann", ["fact_likes tea"])
    made.refresh(await store.profile("ann"))

    assert [item.id for item in items if not item.aside] == ["item_1"]


async def test_another_process_forgets_and_a_talk_here_does_not_know_it_any_more(
    database: Database, storage: StorageSettings
) -> None:
    store = FactStore(database)
    added = await store.add("ann", "plays the xylophone", None)
    here = Memory(store, Jobs(JobSettings(workers=0), storage), _written)
    async with here.running():
        talk = Talk("ann", "conv_1", lambda: "wizard", list, lambda _ids: None, lambda _fact, _action: None)
        made = here.begin(talk)
        await made.loaded.wait()
        before = await labels(made, "Hello.")
        await Forgetting(FactStore(database)).forget("ann", [added.id])
        async with asyncio.timeout(20):
            while made.profile.facts:
                await asyncio.sleep(0.05)
        after = await labels(made, "Hello.")

    assert (before, after) == (["plays the xylophone"], [])


async def _written(_conversation_id: str) -> None:
    """Nothing is written here."""


async def test_a_talk_that_begins_while_the_database_is_asked_for_changes_keeps_no_other_from_hearing_of_them(
    database: Database, storage: StorageSettings
) -> None:
    begun = list[Recall]()

    class Asked(FactStore):
        async def revisions(self, people: Collection[str]) -> Mapping[str, Revision]:
            found = await super().revisions(people)
            if not begun:
                begun.append(here.begin(talk_of("ben")))
            return found

    store = Asked(database)
    here = Memory(store, Jobs(JobSettings(workers=0), storage), _written)
    anns = here.begin(talk_of("ann"))
    async with here.running(), asyncio.timeout(20):
        await anns.loaded.wait()
        await store.add("ann", "plays the xylophone", None)
        here.changed()
        while not anns.profile.facts:
            await asyncio.sleep(0.01)

    assert [fact.text for fact in anns.profile.facts] == ["plays the xylophone"]


async def test_a_talk_hears_of_a_change_that_could_not_be_read_at_first(
    database: Database, storage: StorageSettings
) -> None:
    failures = [StorageError("The database is away.")]

    class Failing(FactStore):
        async def profile(self, person_id: str, conversation_id: str = "") -> Profile:
            if failures:
                raise failures.pop()
            return await super().profile(person_id, conversation_id)

    here = Memory(Failing(database), Jobs(JobSettings(workers=0), storage), _written)
    async with here.running(), asyncio.timeout(20):
        made = here.begin(talk_of("ann"))
        await made.loaded.wait()

    assert not failures


async def test_an_older_state_that_comes_late_replaces_no_newer_one(
    database: Database, storage: StorageSettings
) -> None:
    held, reading, asked = asyncio.Event(), asyncio.Event(), asyncio.Event()

    class Late(FactStore):
        async def revisions(self, people: Collection[str]) -> Mapping[str, Revision]:
            found = await super().revisions(people)
            asked.set()
            return found

        async def profile(self, person_id: str, conversation_id: str = "") -> Profile:
            found = await super().profile(person_id, conversation_id)
            if not reading.is_set():
                reading.set()
                await held.wait()
            return found

    store = Late(database)
    added = await store.add("ann", "plays the xylophone", None)
    here = Memory(store, Jobs(JobSettings(workers=0), storage), _written)
    async with here.running(), asyncio.timeout(20):
        made = here.begin(talk_of("ann"))
        await reading.wait()
        await Forgetting(store).forget("ann", [added.id])
        asked.clear()
        here.changed()
        await asked.wait()
        held.set()
        await made.loaded.wait()
        while made.profile.facts:
            await asyncio.sleep(0.01)

    assert made.profile.facts == []


async def test_all_is_forgotten_also_where_memory_is_off_what_holds_no_more_and_what_is_not_learnt_yet(
    database: Database, storage: StorageSettings
) -> None:
    store = FactStore(database, lambda: NOON + 60_000)
    items = [Item("item_1", text="I love hiking."), Item("item_2", text="Forget everything about me.")]
    async with keeping(database) as keeper:
        for line in ("I live in Berlin.", "I live in Rome."):
            await learn(database, await keep(keeper, said(line)))
        id = await keep(keeper, *(said(item.text, id=item.id) for item in items))
    await store.learn("ann", [fact("plays chess", character_id="philosopher")])
    await store.choose("ann", "wizard", Choice("off"))
    told = asyncio.Event()
    talk = Talk("ann", id, lambda: "wizard", lambda: items, lambda _ids: None, lambda _fact, _action: told.set())
    here = Memory(store, Jobs(JobSettings(workers=0), storage), _written)
    async with here.running(), asyncio.timeout(20):
        made = here.begin(talk)
        await made.loaded.wait()
        await made.write(ItemFinished(ItemSnapshot.of(items[1]), None))
        await told.wait()
    await store.choose("ann", "wizard", Choice("on"))
    await learn(database, id)

    assert await facts_of(database) == [("other", "plays chess", True)]


async def test_what_was_told_in_other_words_than_it_is_forgotten_with_is_not_shown() -> None:
    items = [Item("item_1", text="I'm from Rome."), Item("item_2", text="Forget where I'm from.")]
    made = recall(Profile(), items)
    await made.write(ItemFinished(ItemSnapshot.of(items[1]), None))

    assert [item.id for item in items if not item.aside] == ["item_2"]


async def test_the_name_that_was_told_first_of_all_is_still_known(database: Database) -> None:
    store = FactStore(database)
    async with database.write() as connection:
        facts = [fact("Ann", kind="name", told_at=NOON - 1), *(fact(f"likes {n}") for n in range(MOST_KNOWN))]
        rows = [asdict(one) | {"person_id": "ann"} for one in facts]
        await connection.execute(memory_facts.insert(), rows)

    assert (await store.profile("ann")).facts[0].text == "Ann"


def talk_of(person: str) -> Talk:
    return Talk(person, f"conv_{person}", lambda: "wizard", list, lambda _ids: None, lambda _fact, _action: None)
