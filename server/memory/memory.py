"""Memory as sessions and routes know it: who may have it, the talks that go on with it here, and what changes in them.

Talks hear of changes that were made elsewhere within `ASK_S`: each process asks the database once a second for the
revisions of the people who talk, in one statement, and not at all while nobody does.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

import structlog
from sqlalchemy.exc import IntegrityError

from pipeline.errors import LimitReached
from pipeline.memory.commands import Forget
from server.errors import StorageError
from server.identity.principal import Principal
from server.jobs.jobs import Jobs
from server.memory.forgetting import Forgetting
from server.memory.learning import LEARN
from server.memory.profile import Remembered
from server.memory.recall import Action, Recall, Talk
from server.memory.selection import words_in
from server.memory.store import FactStore, Revision

T = TypeVar("T")

log = structlog.get_logger("kaikou")

ASK_S = 1.0

AGAIN_S, ATTEMPTS = 0.5, 40
"""A talk is in the database a moment after its first line; until then nothing can be kept that was told in it."""

STOP_S = 5.0
"""How long changes that are still to be written may take when the server stops."""

MOST_CHANGES = 1_000
"""That wait to be written; further ones are lost, and logged."""


@dataclass
class Memory:
    """All talks of this process that remember. `written` waits until all of a talk that ended here is in the database."""

    store: FactStore
    jobs: Jobs
    written: Callable[[str], Awaitable[None]]
    _talks: dict[Recall, Revision | None] = field(default_factory=dict)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _soon: asyncio.Event = field(default_factory=asyncio.Event)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Talks hear of changes until the block ends; what they changed is written then."""
        watching = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching
            if self._tasks:
                _, late = await asyncio.wait(self._tasks, timeout=STOP_S)
                for task in late:
                    task.cancel()

    @property
    def talks(self) -> Collection[Recall]:
        """Those that go on here."""
        return list(self._talks)

    @staticmethod
    def allowed(principal: Principal) -> bool:
        """Whether anything is remembered in a talk that is kept: guests are gone some day, and nobody knows who they are."""
        return principal.role != "guest"

    def begin(self, talk: Talk) -> Recall:
        """Remember in this talk, until `end`. Its profile is loaded at once."""
        recall = Recall(talk, self, self.store.now)
        self._talks[recall] = None
        self._own(self._load(recall))
        return recall

    def end(self, recall: Recall) -> None:
        """The talk is over; once its last lines are written it is read for facts."""
        self._talks.pop(recall, None)
        self._own(self._learn_after(recall.talk))

    def changed(self) -> None:
        """Something was changed here: talks of this process hear of it now."""
        self._soon.set()

    # --- What talks change --------------------------------------------------------------------------------------------

    def remember(self, recall: Recall, facts: Sequence[Remembered], action: Action) -> None:
        """Keep what the person ordered."""
        self._own(self._remember(recall, facts, action))

    def forget(
        self, recall: Recall, facts: Sequence[Remembered], lines: Collection[str], order: Forget | None = None
    ) -> None:
        """Forget these, and what else the person's order means."""
        self._own(self._forget(recall, facts, lines, order))

    def mark_asked(self, recall: Recall, fact: Remembered) -> None:
        """Keep that the character asks how this stands, so that it asks but once."""
        self._own(self.store.mark_asked(recall.talk.person_id, fact.id))

    def learn(self, recall: Recall) -> None:
        """Read what was said so far for facts."""
        self._own(self._submit(recall.talk))

    # --- Inside -------------------------------------------------------------------------------------------------------

    def _own(self, work: Coroutine[Any, Any, None]) -> None:
        if len(self._tasks) >= MOST_CHANGES:
            work.close()
            log.error("too much waits to be remembered", changes=len(self._tasks))
            return
        task = asyncio.create_task(self._done(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _done(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception as error:  # noqa: BLE001 — the task's outermost frame: the talk does not depend on it
            reason = type(error).__name__  # the rest may be what was said
            log.error("what is remembered could not be changed", reason=reason)

    async def _load(self, recall: Recall) -> None:
        talk = recall.talk
        async with recall.loading:
            revision = (await self.store.revisions([talk.person_id]))[talk.person_id]
            profile = await self.store.profile(talk.person_id, talk.conversation_id)
            words = await asyncio.to_thread(lambda: {fact.id: words_in(fact) for fact in profile.facts})
            recall.refresh(profile, words)
            if recall in self._talks:
                self._talks[recall] = revision

    async def _remember(self, recall: Recall, facts: Sequence[Remembered], action: Action) -> None:
        talk = recall.talk
        try:
            for fact in await _once_kept(lambda: self.store.learn(talk.person_id, facts)) or ():
                talk.tell(fact, action)
        finally:
            recall.settled(facts)
        await self._load(recall)

    async def _forget(
        self, recall: Recall, facts: Sequence[Remembered], lines: Collection[str], order: Forget | None
    ) -> None:
        talk, character = recall.talk, recall.talk.character()
        told_here = {fact.line_id for fact in facts if fact.conversation_id == talk.conversation_id}
        keys = [(talk.conversation_id, line) for line in told_here | set(lines)]
        ids = [fact.id for fact in facts]
        forgetting = Forgetting(self.store)
        try:
            rows = await _once_kept(lambda: forgetting.ordered(talk.person_id, character, order, ids, keys))
            if rows is not None:
                gone = {fact.id: fact for fact in [*facts, *map(Remembered.of, rows)]}
                for fact in gone.values():
                    talk.tell(fact, "forgotten")
        finally:
            recall.settled(facts)
        await self._load(recall)

    async def _learn_after(self, talk: Talk) -> None:
        with suppress(TimeoutError):  # what is not written yet is read by the next catch-up
            await self.written(talk.conversation_id)
        await self._submit(talk)

    async def _submit(self, talk: Talk) -> None:
        try:
            await self.jobs.submit(LEARN, {"conversation": talk.conversation_id}, talk.person_id)
        except LimitReached:
            log.info("a talk is read for facts later", conversation=talk.conversation_id)

    async def _watch(self) -> None:
        failed = False
        while True:
            self._soon.clear()
            try:
                await self._refresh_changed()
                failed = False
            except StorageError as error:  # who talks goes on: the database will be there again
                if not failed:
                    log.warning("cannot ask what is remembered", error=error.message)
                failed = True
            with suppress(TimeoutError):
                async with asyncio.timeout(ASK_S):
                    await self._soon.wait()

    async def _refresh_changed(self) -> None:
        if not self._talks:
            return
        revisions = await self.store.revisions({recall.talk.person_id for recall in self._talks})
        for recall, known in list(self._talks.items()):
            newest = revisions.get(recall.talk.person_id, known)  # it may have begun meanwhile
            if known != newest and not recall.loading.locked():
                await self._load(recall)


async def _once_kept(change: Callable[[], Awaitable[T]]) -> T | None:
    """Do what needs the talk in the database, as soon as it is there; None if it never is."""
    for _attempt in range(ATTEMPTS):
        try:
            return await change()
        except IntegrityError:  # not yet, or somebody deleted it
            await asyncio.sleep(AGAIN_S)
    return None
