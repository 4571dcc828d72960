"""What is remembered in one talk: kept in memory, asked for each answer, and changed by what the person orders.

Theory of operation. The profile is loaded once, when the talk begins, and again whenever the person's revision changed
(`Memory`). `known` is asked in the person's pause and waits for nothing but the first load, bounded. `write` hears the
person's final lines from the journal; an order changes the profile at once, and the database as soon as it takes it. The
answer to the order itself may be asked for before the journal tells of it, so `known` looks at the last words, too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol, TypeAlias

from pipeline.conversation.journal import Entry, ItemCorrected, ItemFinished, ItemRemoved, ItemSnapshot
from pipeline.conversation.known import Asked, Known
from pipeline.conversation.transcript import Item
from pipeline.memory.coming_back import LONGEST_QUOTED, OPEN_KINDS, Acquaintance, OpenThing
from pipeline.memory.commands import CorrectName, Forget, Remember, command_in, content, stands_in
from pipeline.memory.relevance import ordered
from pipeline.text.language import language_of
from server.memory.profile import Profile, Remembered
from server.memory.selection import fitting, overruled, words_in
from server.storage.ids import new_id

LOAD_S = 0.12
"""How long an answer or a greeting waits for the first load; all sources together have 0.15 s."""

OPEN_FOR_MS = 60 * 86_400_000
"""What was told longer ago than this is not asked about."""

LINES = 500
"""Of the person's, of which it is known which orders were done."""

HIDDEN_AMONG = 200
"""Newest items that are looked through for what else says what is forgotten: each takes some 20 µs."""

LEARN_EVERY = 30
"""After so many lines of the person's a long talk is read for facts."""

Action: TypeAlias = Literal["remembered", "forgotten", "corrected"]


class Changes(Protocol):
    """What changes the database, later, and tells the client then."""

    def remember(self, recall: Recall, facts: Sequence[Remembered], action: Action) -> None: ...

    def forget(
        self, recall: Recall, facts: Sequence[Remembered], lines: Collection[str], order: Forget | None = None
    ) -> None: ...

    def mark_asked(self, recall: Recall, fact: Remembered) -> None: ...

    def learn(self, recall: Recall) -> None: ...


@dataclass(frozen=True, slots=True)
class Talk:
    """Whose talk it is. `character`: who is talked to just now; `items`: the transcript's, which a character is shown.

    forget: takes what comes from items of these ids out of the talk's summary. tell: the client of a fact and what was done.
    """

    person_id: str
    conversation_id: str
    character: Callable[[], str]
    items: Callable[[], Sequence[Item]]
    forget: Callable[[Collection[str]], None]
    tell: Callable[[Remembered, Action], None]


@dataclass(eq=False)
class Recall:
    """One talk's. `profile` is replaced as a whole; `loaded` is set once there is one.

    loading: held while the profile is read, so that an older state never replaces a newer one.
    """

    talk: Talk
    changes: Changes
    now: Callable[[], int]
    profile: Profile = field(default_factory=Profile)
    loaded: asyncio.Event = field(default_factory=asyncio.Event)
    loading: asyncio.Lock = field(default_factory=asyncio.Lock)
    _done: dict[str, None] = field(default_factory=dict)
    _hide_next: list[str] = field(default_factory=list)
    _coming: dict[str, Remembered] = field(default_factory=dict)
    _going: set[str] = field(default_factory=set)
    _words: dict[str, frozenset[str]] = field(default_factory=dict)
    _lines: int = 0

    # --- For an answer ------------------------------------------------------------------------------------------------

    async def known(self, asked: Asked) -> Sequence[Known]:
        """What helps to answer, the most important first, as much as fits. This is the talk's `Source`."""
        await self._load()
        order = command_in(asked.said)
        visible = {item.id for item in asked.items}
        facts = [fact for fact in self._facts("person") if fact.line_id not in visible and not overruled(fact, order)]
        names = [fact for fact in facts if fact.kind == "name"]
        others = ordered(asked.said, ((fact, self._telling(fact)) for fact in facts if fact.kind != "name"))
        own = ordered(asked.said, ((fact, self._telling(fact)) for fact in self._facts("character")))
        return fitting([*names, *others, *own], asked)

    async def come_back(self, language: str, *, ask: bool) -> Acquaintance | None:
        """What is known of who comes back; None for a stranger, and if it is not known in time.

        ask: whether the character may ask about what was open, which it then does not do again.
        """
        await self._load()
        if not self.loaded.is_set():
            return None
        facts, character = self._facts("person"), self.talk.character()
        last = self.profile.last_talks.get(character)
        if self.profile.state(character) == "off" or not (facts or last):
            return None
        name = next((fact.text for fact in facts if fact.kind == "name"), "")
        due = next((fact for fact in facts if ask and self._is_open(fact, language)), None)
        if due is None:
            return Acquaintance(name)
        self.changes.mark_asked(self, due)
        self._replace({due.id: replace(due, asked_at=self.now())})
        in_last = last is not None and last[0] == due.conversation_id
        return Acquaintance(name, OpenThing(due.quote, due.kind, in_last))

    # --- From the talk ------------------------------------------------------------------------------------------------

    async def write(self, entry: Entry) -> None:
        """Take what the journal tells; never waits for the database."""
        match entry:
            case ItemFinished() | ItemCorrected() if _is_final(entry.item) and entry.item.id not in self._done:
                self._done[entry.item.id] = None
                while len(self._done) > LINES:
                    del self._done[next(iter(self._done))]
                self._said(entry.item)
            case ItemRemoved():
                gone = [fact for fact in self.profile.facts if fact.line_id == entry.item_id]
                if gone:
                    self._forget(gone, [entry.item_id])
            case _:
                pass

    def refresh(self, profile: Profile, words: Mapping[str, frozenset[str]] | None = None) -> None:
        """The profile as it is now. What is gone from it is not shown to the character any more.

        words: by which its facts are compared, by their ids, see `words_in`.
        """
        self._words = dict(words or {})
        there = {fact.id for fact in profile.facts} | self._coming.keys() | profile.closed
        gone = [fact for fact in self.profile.facts if fact.id not in there]
        first = not self.loaded.is_set()
        self._show(profile)
        self.loaded.set()
        self._hide(gone, profile.forgotten if first else frozenset())

    def settled(self, facts: Collection[Remembered]) -> None:
        """The database has what was ordered of these facts, or never will."""
        for fact in facts:
            self._coming.pop(fact.id, None)
            self._going.discard(fact.id)

    # --- Inside -------------------------------------------------------------------------------------------------------

    def _show(self, profile: Profile) -> None:
        """The profile with what was ordered and is not in the database yet."""
        new = list(self._coming.values())
        topics = {(fact.topic, fact.character_id) for fact in new if fact.topic}
        gone = self._going | self._coming.keys()
        old = (fact for fact in profile.facts if fact.id not in gone and (fact.topic, fact.character_id) not in topics)
        self.profile = replace(profile, facts=[*new, *old])

    async def _load(self) -> None:
        if not self.loaded.is_set():
            try:
                async with asyncio.timeout(LOAD_S):
                    await self.loaded.wait()
            except TimeoutError:
                return

    def _telling(self, fact: Remembered) -> frozenset[str]:
        if fact.id not in self._words:
            self._words[fact.id] = words_in(fact)
        return self._words[fact.id]

    def _facts(self, about: Literal["person", "character"]) -> Sequence[Remembered]:
        return self.profile.known_to(self.talk.character(), about)

    def _is_open(self, fact: Remembered, language: str) -> bool:
        told_here = fact.character_id == self.talk.character()
        earlier = fact.conversation_id not in (None, self.talk.conversation_id)
        fresh = fact.asked_at is None and self.now() - fact.told_at < OPEN_FOR_MS
        sayable = len(fact.quote) <= LONGEST_QUOTED and language_of(fact.quote, language) == language.partition("-")[0]
        return fact.kind in OPEN_KINDS and told_here and earlier and fresh and sayable

    def _said(self, item: ItemSnapshot) -> None:
        """A line of the person's is final."""
        hide, self._hide_next = self._hide_next, []
        self._set_aside(lambda one: one.id in hide)
        learns = self.profile.state(self.talk.character()) == "on"
        self._lines += 1
        if learns and self._lines % LEARN_EVERY == 0:
            self.changes.learn(self)
        match command_in(item.text):
            case Forget() as order:
                self._forget_what(order, item)
            case Remember() as order if learns:
                self._remember(item, order, "remembered")
            case CorrectName() as order if learns:
                self._remember(item, Remember((order.fact,)), "corrected")
            case _:
                pass

    def _remember(self, item: ItemSnapshot, order: Remember, action: Action) -> None:
        character = self.talk.character()
        facts = [
            Remembered(
                id=new_id("fact", self.now()),
                about="person",
                character_id=character,
                shared=self.profile.shares(character),
                conversation_id=self.talk.conversation_id,
                line_id=item.id,
                kind=fact.kind,
                topic=fact.topic,
                text=fact.text,
                quote=fact.quote,
                source="asked",
                told_at=self.now(),
                valid_from=self.now(),
            )
            for fact in order.facts
        ]
        self._coming |= {fact.id: fact for fact in facts}
        self._show(self.profile)
        self.changes.remember(self, facts, action)

    def _forget_what(self, order: Forget, item: ItemSnapshot) -> None:
        facts = [fact for fact in self._facts("person") if order.means_fact(fact.text, fact.topic)]
        if order.wanted == "last":
            lines = [one.id for one in self.talk.items() if _is_persons(one) and one.id != item.id][-1:]
            facts = [fact for fact in self._facts("person") if fact.line_id in lines]
        else:
            lines = [
                one.id
                for one in self.talk.items()[-HIDDEN_AMONG:]
                if one.id != item.id and _is_shown(one) and order.means_line(one.text)
            ]
            lines = [] if order.wanted == "all" else lines
        self._hide_next.append(item.id)
        self._forget(facts, [*lines, item.id], order)

    def _forget(self, facts: Sequence[Remembered], lines: Collection[str], order: Forget | None = None) -> None:
        self._going |= {fact.id for fact in facts}
        self._show(self.profile)
        self._hide(facts, frozenset(lines) - frozenset(self._hide_next))
        self.changes.forget(self, facts, lines, order)

    def _hide(self, facts: Sequence[Remembered], lines: Collection[str]) -> None:
        """Let no character see the lines of facts that are forgotten, nor what else says the same."""
        texts = [content(fact.text) for fact in facts if fact.about == "person"]
        own = {fact.line_id for fact in facts if fact.conversation_id == self.talk.conversation_id} | set(lines)
        if not texts and not own:
            return
        own -= set(self._hide_next)
        newest = {item.id for item in self.talk.items()[-HIDDEN_AMONG:] if item.id not in self._hide_next}

        def is_hidden(item: Item) -> bool:
            if item.id in own or item.id not in newest:
                return item.id in own
            said = content(item.text)
            return any(stands_in(text, said) for text in texts)

        self._set_aside(is_hidden)

    def _set_aside(self, wanted: Callable[[Item], bool]) -> None:
        found = [item for item in self.talk.items() if item.type == "message" and wanted(item)]
        for item in found:
            item.aside = True
        if found:
            self.talk.forget([item.id for item in found])

    def _replace(self, changed: dict[str, Remembered]) -> None:
        facts = [changed.get(fact.id, fact) for fact in self.profile.facts]
        self.profile = replace(self.profile, facts=facts)


def fact_object(fact: Remembered) -> dict[str, Any]:
    """As the client is told."""
    return {"id": fact.id, "text": fact.text, "kind": fact.kind}


def _is_final(item: ItemSnapshot) -> bool:
    return (
        item.type == "message"
        and item.role == "user"
        and item.transcribed
        and not item.aside
        and bool(item.text.strip())
    )


def _is_persons(item: Item) -> bool:
    return item.type == "message" and item.role == "user" and not item.aside and bool(item.text.strip())


def _is_shown(item: Item) -> bool:
    return item.type == "message" and item.role in ("user", "assistant") and not item.aside
