"""The part of `bench memory` about facts: of talks that were written for it, what is known afterwards, and what should be.

Each talk goes the way of a real one: its lines are kept as they come, orders in them are done at once, and it is read for
facts when it is over, by rules or by the language model that is given. Talks are in `talks.toml`.
"""

from __future__ import annotations

import tempfile
import tomllib
from collections.abc import Callable, Collection, Coroutine, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.conversation.journal import ItemFinished, ItemSnapshot
from pipeline.conversation.transcript import Item
from pipeline.engines.protocols import ChatModel
from pipeline.memory.commands import Forget
from server.characters.reading import load_characters
from server.history.keeping.keeper import Keeper
from server.history.keeping.kept import About
from server.memory.forgetting import Forgetting
from server.memory.learning import Learning
from server.memory.profile import Remembered
from server.memory.recall import Action, Recall, Talk
from server.memory.store import FactStore
from server.settings import Settings
from server.settings.keeping import StorageSettings
from server.storage.database import Database
from server.storage.opening import opened_database

TALKS = Path(__file__).parent / "talks.toml"
PERSON, CHARACTER = "owner", "philosopher"


@dataclass(frozen=True)
class Wanted:
    """A fact that should be known: its kind, and words that its text must have; of a name the name."""

    kind: str
    words: Sequence[str]

    def is_told_by(self, fact: Remembered) -> bool:
        """Whether a fact says it."""
        if fact.kind == "name":
            return [fact.kind, fact.text] == [self.kind, *self.words]
        return fact.kind == self.kind and all(word.casefold() in fact.text.casefold() for word in self.words)


@dataclass(frozen=True)
class WrittenTalk:
    """A talk of the fixture. lines: who said it ("user" or "assistant"), and what. unseen: written after the rules."""

    language: str
    trap: str
    lines: Sequence[tuple[str, str]]
    known: Sequence[Wanted]
    unseen: bool = False


@dataclass
class Score:
    """right: facts that should be known and are; wrong: that are known and should not be; missed: the other way round."""

    right: int = 0
    wrong: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)

    @property
    def precision(self) -> float:
        """How many of the facts that are known should be."""
        return self.right / ((self.right + len(self.wrong)) or 1)

    @property
    def recall(self) -> float:
        """How many of the facts that should be known are."""
        return self.right / ((self.right + len(self.missed)) or 1)

    def add(self, talk: WrittenTalk, facts: Sequence[Remembered]) -> None:
        """Count a talk."""
        left = list(facts)
        for wanted in talk.known:
            if told := next((fact for fact in left if wanted.is_told_by(fact)), None):
                left.remove(told)
                self.right += 1
            else:
                self.missed.append(f"{talk.trap}: {wanted.kind} {' '.join(wanted.words)}")
        self.wrong += [f"{talk.trap}: {fact.kind} {fact.text}" for fact in left]

    def __str__(self) -> str:
        counts = f"{self.right} right, {len(self.wrong)} wrong, {len(self.missed)} missed"
        return f"precision {self.precision:.2f}, recall {self.recall:.2f} ({counts})"


def written_talks() -> Sequence[WrittenTalk]:
    """All talks of the fixture."""
    roles = {">": "user", "<": "assistant"}
    return [
        WrittenTalk(
            talk["language"],
            talk["trap"],
            [(roles[line[0]], line[1:].strip()) for line in talk["lines"]],
            [Wanted(kind, words) for kind, *words in talk["known"]],
            talk.get("set") == "unseen",
        )
        for talk in tomllib.loads(TALKS.read_text("utf-8"))["talk"]
    ]


async def scored(
    talks: Sequence[WrittenTalk], model_of: Callable[[WrittenTalk], ChatModel | None] = lambda _talk: None
) -> Score:
    """How well is learnt from these talks, by the model that `model_of` gives, or by rules."""
    score = Score()
    with tempfile.TemporaryDirectory(prefix="kaikou-memory-") as folder:
        async with opened_database(StorageSettings(folder=Path(folder)), [PERSON]) as database:
            for talk in talks:
                score.add(talk, await _known_after(talk, database, model_of(talk)))
    return score


class _AtOnce:
    """Does what a talk orders when `done` is awaited."""

    def __init__(self, store: FactStore) -> None:
        self._store = store
        self._waiting: list[Callable[[], Coroutine[Any, Any, Any]]] = []

    def remember(self, recall: Recall, facts: Sequence[Remembered], _action: Action) -> None:
        self._waiting.append(lambda: self._store.learn(recall.talk.person_id, facts))

    def forget(
        self, recall: Recall, facts: Sequence[Remembered], lines: Collection[str], order: Forget | None = None
    ) -> None:
        talk, character = recall.talk, recall.talk.character()
        keys = [(talk.conversation_id, line) for line in lines]
        ids = [fact.id for fact in facts]
        self._waiting.append(lambda: Forgetting(self._store).ordered(talk.person_id, character, order, ids, keys))

    def mark_asked(self, recall: Recall, fact: Remembered) -> None:
        pass

    def learn(self, recall: Recall) -> None:
        pass

    async def done(self) -> None:
        for change in self._waiting:
            await change()
        self._waiting.clear()


def _talk(id: str, items: Sequence[Item]) -> Talk:
    return Talk(PERSON, id, lambda: CHARACTER, lambda: items, lambda _ids: None, lambda _fact, _action: None)


async def _known_after(talk: WrittenTalk, database: Database, model: ChatModel | None) -> Sequence[Remembered]:
    """What is known of somebody who has said nothing before but this."""
    store, about = FactStore(database), About(load_characters(Settings().characters.folder)[CHARACTER], talk.language)
    changes, items = _AtOnce(store), list[Item]()
    keeper = Keeper(database, every_s=0.001)
    async with keeper.running():
        opened = keeper.new(PERSON)
        kept = keeper.begin(opened, lambda: about, lambda _kept, _why: None)
        recall = Recall(_talk(opened.id, items), changes, store.now)
        recall.refresh(await store.profile(PERSON, opened.id))
        for number, (role, text) in enumerate(talk.lines):
            item = Item(f"item_{number}", role=role, text=text)  # type: ignore[arg-type]
            items.append(item)
            entry = ItemFinished(ItemSnapshot.of(item), None)
            await kept.write(entry)
            await recall.write(entry)
        kept.end("left")
        await keeper.written(opened.id)
    await changes.done()
    await Learning(store, lambda: nullcontext(model)).read(opened.id)
    facts = (await store.profile(PERSON)).known_to(CHARACTER)
    await Forgetting(store).forget(PERSON)
    return facts
