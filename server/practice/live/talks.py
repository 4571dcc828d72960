"""The practices that are talked in this process: begun in the database, kept at each turn, over when their talk ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

import structlog

from pipeline.practice.practice import Practice
from server.practice.live.live import Live, Rating
from server.practice.live.talk import Around, PracticeTalk

log = structlog.get_logger("kaikou")

STOP_S = 5.0
"""How long what is still to be written may take when the server stops."""

MOST_TASKS = 1_000

GOES_ON = frozenset({"continued_elsewhere", "server_stopped"})
"""Ends of a session after which its conversation is usually gone on with, and the practice with it."""

Report: TypeAlias = Callable[[str, str, str], Awaitable[None]]
"""Have the report made of a practice that is over, by its id, its person's, and its conversation's."""


WorkedIn: TypeAlias = Callable[[str, str, Rating], Awaitable[object]]
"""Count that a card of a person's (id of the person, of the card) was answered so."""


class Store(Protocol):
    """Where practices are kept, as far as talks need it."""

    async def begin(self, practice_id: str, person_id: str, conversation_id: str) -> Practice: ...

    async def get(self, person_id: str, id: str) -> Any: ...

    async def going_in(self, person_id: str, conversation_id: str) -> str | None: ...

    async def keep(
        self, practice_id: str, moves: Mapping[str, Any], corrections: Sequence[Mapping[str, Any]]
    ) -> None: ...

    async def finish(
        self, practice_id: str, moves: Mapping[str, Any], corrections: Sequence[Mapping[str, Any]]
    ) -> None: ...

    async def release(self, practice_id: str, conversation_id: str) -> None: ...


async def no_report(_practice_id: str, _person_id: str, _conversation_id: str) -> None:
    """None is made."""


async def no_card(_person_id: str, _card_id: str, _rating: Rating) -> None:
    """None is counted."""


@dataclass
class PracticeTalks:
    """All of this process."""

    store: Store
    report: Report = no_report
    worked_in: WorkedIn = no_card
    _tasks: dict[asyncio.Task[None], str] = field(default_factory=dict)
    _saving: set[PracticeTalk] = field(default_factory=set)
    _dirty: set[PracticeTalk] = field(default_factory=set)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """What talks decide is written when the block ends."""
        try:
            yield
        finally:
            if self._tasks:
                _, late = await asyncio.wait(self._tasks, timeout=STOP_S)
                for task in late:
                    task.cancel()

    def talk(self, around: Around) -> PracticeTalk:
        """A talk in which something may be practised, until `end`."""
        return PracticeTalk(around, self)

    def end(self, talk: PracticeTalk, ended: str) -> None:
        """The talk is over; so is its practice, unless it goes on elsewhere."""
        if talk.live and ended in GOES_ON and talk.live.was_said and not talk.live.over:
            id, live = talk.live.practice.id, talk.live
            self.own(self.store.keep(id, live.moves, list(talk.corrections)), id)
            talk.live = None
        talk.leave()

    async def going_in(self, person_id: str, conversation_id: str) -> str | None:
        """The practice that goes on in a conversation which somebody goes on with. Raises `StorageError`."""
        return await self.store.going_in(person_id, conversation_id)

    # --- What talks change --------------------------------------------------------------------------------------------

    async def begin(
        self, practice_id: str, person_id: str, conversation_id: str
    ) -> tuple[Practice, Mapping[str, Mapping[str, Any]]]:
        """The practice, and the moves of it that were kept. Raises `NotFound`, `Conflict`.

        What an earlier talk of it still has to write comes first, however slow the database is.
        """
        while writing := [task for task, id in self._tasks.items() if id == practice_id]:
            await asyncio.wait(writing)
        practice = await self.store.begin(practice_id, person_id, conversation_id)
        row = await self.store.get(person_id, practice_id)
        return practice, row.moves or {}

    def keep(self, talk: PracticeTalk) -> None:
        """Write what was decided so far; once more if it changes meanwhile."""
        if talk.live is None or not talk.live.was_said:
            return
        if talk in self._saving:
            self._dirty.add(talk)
            return
        self._saving.add(talk)
        live, corrections = talk.live, list(talk.corrections)
        self.own(self._keep(talk, live.practice.id, live.moves, corrections), live.practice.id)

    def finish(self, talk: PracticeTalk, live: Live) -> None:
        """It is over: write all of it, and have its report made. One in which nothing was said is ready again."""
        around, id = talk.around, live.practice.id
        if not live.was_said:
            self.own(self.store.release(id, around.conversation_id), id)
        else:
            self.own(self._finish(around, id, live.moves, list(talk.corrections)), id)

    def count(self, talk: PracticeTalk, card_id: str, rating: Rating) -> None:
        """A card that is due was answered: it is reviewed at once, for it may be reviewed elsewhere, too."""
        self.own(self._count(talk.around.person_id, card_id, rating))

    def own(self, work: Coroutine[Any, Any, None], practice_id: str = "") -> None:
        """Have it done beside the talk, which does not depend on it. practice_id: what it writes of, if anything."""
        if len(self._tasks) >= MOST_TASKS:
            work.close()
            log.error("too much of practices waits to be done", tasks=len(self._tasks))
            return
        task = asyncio.create_task(self._done(work))
        self._tasks[task] = practice_id
        task.add_done_callback(self._tasks.pop)

    # --- Inside -------------------------------------------------------------------------------------------------------

    async def _done(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception as error:  # noqa: BLE001 — the task's outermost frame: the talk does not depend on it
            reason = type(error).__name__  # the rest may be what was said
            log.error("something of a practice could not be done", reason=reason)

    async def _count(self, person_id: str, card_id: str, rating: Rating) -> None:
        await self.worked_in(person_id, card_id, rating)

    async def _keep(
        self, talk: PracticeTalk, id: str, moves: Mapping[str, Any], corrections: Sequence[Mapping[str, Any]]
    ) -> None:
        try:
            await self.store.keep(id, moves, corrections)
        finally:
            self._saving.discard(talk)
            if talk in self._dirty:
                self._dirty.discard(talk)
                self.keep(talk)

    async def _finish(
        self, around: Around, id: str, moves: Mapping[str, Any], corrections: Sequence[Mapping[str, Any]]
    ) -> None:
        await self.store.finish(id, moves, corrections)
        await self.report(id, around.person_id, around.conversation_id)
