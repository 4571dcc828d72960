"""Keeps conversations while they go on: once in a while it writes what changed in all of them, in one transaction.

The conversations never wait for it. When the database does not take something it is tried again, less and less often, and
whoever talks is told; what changes meanwhile is written with it. A server that is killed loses what `EVERY_S` and one
transaction take.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress

import structlog
from sqlalchemy.exc import IntegrityError

from server.errors import StorageError
from server.history.keeping.kept import About, KeptConversation, Opened
from server.history.keeping.writers import Writers
from server.history.keeping.writing import write_changes
from server.storage.database import Database
from server.storage.ids import Now, new_id, now_ms

log = structlog.get_logger("kaikou")

EVERY_S = 0.5
"""How long changes are gathered before they are written."""

LATE_S = 3.0
"""After so long a time for one transaction whoever talks is told that nothing is kept just now."""

LONGEST_PAUSE_S = 15.0
"""Between two attempts, when the database does not take what is written."""

STOP_S = 8.0
"""How long the last lines may take to be written when the server stops."""

MOST_AT_ONCE = 200
"""Conversations in one transaction, so that others who write to the database have their turn."""


class Keeper:
    """What is kept by this server. `id` names it to the others on the same database."""

    def __init__(
        self,
        database: Database,
        *,
        every_s: float = EVERY_S,
        late_s: float = LATE_S,
        now: Now = now_ms,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.database, self.now, self._clock = database, now, clock
        self.id = new_id("server", now())
        self._every_s, self._late_s = every_s, late_s
        self._open: dict[Opened, KeptConversation] = {}
        self._changed, self._closing, self._wrote = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._failures = 0
        self._writers = Writers(database, self.id)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """What was begun is written until the block ends, and what is left then."""
        tasks = [asyncio.create_task(self._run()), asyncio.create_task(self._writers.run())]
        try:
            yield
        finally:
            self._closing.set()
            self._changed.set()
            _, late = await asyncio.wait(tasks[:1], timeout=STOP_S)
            if late:
                log.error("the last lines of conversations could not be kept", conversations=len(self._open))
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            await self._writers.leave()

    def begin(self, opened: Opened, about: Callable[[], About], tell: Callable[[bool, str], None]) -> KeptConversation:
        """Keep this conversation from now on, until `KeptConversation.end`; its journal calls `KeptConversation.write`."""
        kept = KeptConversation(opened, about, tell, self._clock, self._changed.set)
        self._open[opened] = kept
        return kept

    def new(self, person_id: str) -> Opened:
        """A conversation that begins now. Nothing of it is kept before something was said."""
        at = self.now()
        return Opened(new_id("conv", at), person_id, at)

    def keeps(self, conversation_id: str, person_id: str) -> bool:
        """Whether something of that person's conversation may still have to be written here."""
        return any(opened.id == conversation_id and opened.person_id == person_id for opened in self._open)

    async def written(self, conversation_id: str) -> None:
        """Wait until all of a conversation that ended here is written. Raises `TimeoutError`."""
        async with asyncio.timeout(STOP_S):
            while any(opened.id == conversation_id for opened in self._open):
                self._wrote.clear()
                await self._wrote.wait()

    # --- Writing ------------------------------------------------------------------------------------------------------

    async def _run(self) -> None:
        while not self._closing.is_set() or any(kept.changed for kept in self._open.values()):
            await self._changed.wait()
            await self._pause(self._every_s)
            self._changed.clear()
            for batch in self._batches():
                if not await self._write(batch):
                    if self._closing.is_set():
                        return
                    await self._pause(min(LONGEST_PAUSE_S, self._every_s * 2**self._failures))
                    self._changed.set()
                    break
            self._forget_ended()

    def _batches(self) -> Sequence[Sequence[KeptConversation]]:
        changed = [kept for kept in self._open.values() if kept.changed]
        most = 1 if self._failures else MOST_AT_ONCE  # one that cannot be written holds up none of the others
        return [changed[start : start + most] for start in range(0, len(changed), most)]

    async def _write(self, batch: Sequence[KeptConversation]) -> bool:
        """Whether these were written, or need not be any more."""
        changes = [kept.changes() for kept in batch]
        writing = asyncio.create_task(write_changes(self.database, changes, self.id))
        try:
            _, late = await asyncio.wait({writing}, timeout=self._late_s)
            if late:
                self._tell("storage_slow")
            lost = await writing
        except IntegrityError:  # somebody's account is gone
            return self._refused(batch, "person_gone")
        except StorageError as error:
            return self._failed(batch, error)
        except Exception as error:  # noqa: BLE001 — the writer's outermost frame: one conversation ends no other's
            log.error("a conversation cannot be written", reason=type(error).__name__)  # the rest may be what was said
            return self._refused(batch, "failed")
        finally:
            writing.cancel()
        self._failures = 0
        for kept, written in zip(batch, changes, strict=True):
            if reason := lost.get(kept.opened):
                log.info("a conversation is not kept any more", conversation=kept.opened.id, reason=reason)
                kept.give_up(reason)
            else:
                kept.written(written)
        return True

    def _refused(self, batch: Sequence[KeptConversation], reason: str) -> bool:
        """One of them can never be written. Which one shows when each is written by itself."""
        self._failures += 1
        if len(batch) > 1:
            return False
        batch[0].give_up(reason)
        return True

    def _failed(self, batch: Sequence[KeptConversation], error: StorageError) -> bool:
        for kept in batch:  # the others come first now: it may be this one that the database does not take
            self._open[kept.opened] = self._open.pop(kept.opened)
        self._failures = min(self._failures + 1, 10)
        if self._failures == 1:
            cause = type(error.__cause__).__name__  # its words may be what was said
            log.error("conversations are not kept just now", reason=error.message, cause=cause)
        self._tell(error.code)
        return False

    def _tell(self, reason: str) -> None:
        for kept in self._open.values():
            kept.tell(reason)

    def _forget_ended(self) -> None:
        for opened in [opened for opened, kept in self._open.items() if kept.over]:
            del self._open[opened]
        self._wrote.set()

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._closing.wait()
