"""The store of jobs for the server's event loop: opened when it is first needed, asked on threads of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar

from pipeline.engines.within import within
from server.errors import StorageError
from server.jobs.database import jobs_error
from server.settings.keeping import StorageSettings

if TYPE_CHECKING:
    from server.jobs.store import JobStore

T = TypeVar("T")

CALL_S = 15.0
"""How long the database may take for what is asked of it."""

CLOSE_S = 3.0
"""How long the end waits for what is asked of it yet, and nobody waits for any more."""

THREADS = 4
"""Of its own, so that a disk that hangs stops nothing else."""


class OpenedStore:
    """`failure` is why the last call did not succeed, if it did not."""

    def __init__(self, storage: StorageSettings) -> None:
        self._storage = storage
        self._threads = ThreadPoolExecutor(THREADS, "jobs")
        self._asked: set[Future[Any]] = set()
        self._opening = Lock()
        self._store: JobStore | None = None
        self._closing = False
        self.failure: StorageError | None = None

    async def call(self, ask: Callable[[JobStore], T], within_s: float = CALL_S) -> T:
        """What `ask` gets from the store. Raises `StorageError`, `LimitReached`."""
        try:
            async with within(within_s):
                asked = self._threads.submit(self._ask, ask)
                self._asked.add(asked)
                asked.add_done_callback(self._asked.discard)
                answer = await asyncio.wrap_future(asked)
        except TimeoutError as reason:
            self.failure = jobs_error(reason)
            raise self.failure from reason
        except StorageError as failure:
            self.failure = failure
            raise
        self.failure = None
        return answer

    async def close(self) -> None:
        """Give the connections back; does not wait for long for a thread that the disk holds."""
        self._closing = True
        if self._store:
            with suppress(TimeoutError):
                async with within(CLOSE_S):
                    await asyncio.gather(*map(asyncio.wrap_future, self._asked), return_exceptions=True)
            with suppress(StorageError):  # the end of the process gives them back
                await self.call(lambda store: store.close(), CLOSE_S)
        self._threads.shutdown(wait=False)

    def _ask(self, ask: Callable[[JobStore], T]) -> T:
        # DBOS takes 0.3 s to be imported: the start does not wait for it, and who has no jobs never does.
        from server.jobs.store import JobStore, told

        with self._opening:
            if self._store is None:
                self._store = told(partial(JobStore, self._storage))
        if not self._closing:
            told(self._store.check_file)
        return told(partial(ask, self._store))
