"""The part of a server that does jobs: it launches the runner, beats, submits what recurs, and ends in time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING

import structlog

from server.errors import StorageError, as_told
from server.jobs.kind import JobKind
from server.jobs.opened import OpenedStore
from server.jobs.recurring import Due, Recurring
from server.jobs.replica import Replica
from server.storage.ids import new_id

if TYPE_CHECKING:
    from server.jobs.runner import Runner
    from server.jobs.store import JobStore

log = structlog.get_logger("kaikou")

BEAT_S = 2.0
"""How often this process says that it lives, looks after the others and after jobs that were cancelled."""

RETRY_BEATS = 5
"""After so many beats it is tried again where the database of jobs could not be used."""

END_S, LAST_S = 3.0, 5.0
"""How long the functions of jobs may take to end when the server does, and the database to be told so."""

_working: list[Worker] = []
"""At most one: DBOS is there once in a process."""


class Worker:
    """Does the jobs of `kinds`, `workers` at once."""

    def __init__(
        self,
        opened: OpenedStore,
        kinds: Mapping[str, JobKind],
        workers: int,
        recurring: Recurring,
        beat_s: float = BEAT_S,
    ) -> None:
        self._opened, self._kinds, self._workers, self._recurring = opened, kinds, workers, recurring
        self._beat_s = beat_s
        self._replica = Replica(new_id("exec"))
        self._runner: Runner | None = None

    @asynccontextmanager
    async def running(self, submit: Callable[[Due], Awaitable[object]]) -> AsyncIterator[None]:
        """Jobs are done until the block ends, from when the database can be used on; `submit` puts one into the queue.

        Raises `RuntimeError` if another server of this process does jobs.
        """
        if _working:
            raise RuntimeError("Another server of this process does jobs: give all but one jobs_workers=0.")
        _working.append(self)
        keeper = asyncio.create_task(self._keep(submit))
        try:
            yield
        finally:
            keeper.cancel()
            with suppress(asyncio.CancelledError):
                await keeper
            await self._end()
            _working.remove(self)

    def wake(self) -> None:
        """A job was submitted here: begin it at once, if it can be."""
        if self._runner:
            self._runner.wake()

    def interrupt(self, job_id: str) -> None:
        """Stop a job if it is done here, since it was cancelled."""
        if self._runner:
            self._runner.interrupt(job_id)

    async def _keep(self, submit: Callable[[Due], Awaitable[object]]) -> None:
        failing = False
        while True:
            try:
                await self._beat()
                for due in self._recurring.due():
                    await submit(due)
                    self._recurring.submitted(due)
            except Exception as error:  # noqa: BLE001 — the worker's outermost frame
                failure = as_told(error, "the jobs' worker failed")
                if not failing:
                    log.warning("no jobs are done", reason=failure.message, cause=str(failure.__cause__)[:300])
                failing = True
                await asyncio.sleep(self._beat_s * RETRY_BEATS)
            else:
                if failing:
                    log.info("jobs are done again")
                failing = False
                await asyncio.sleep(self._beat_s)

    async def _beat(self) -> None:
        running = self._runner.running if self._runner else set()
        for job_id in await self._opened.call(lambda store: self._replica.beat(store, running)):
            self.interrupt(job_id)
        if self._runner is None:
            self._runner = await self._opened.call(partial(self._launch, asyncio.get_running_loop()))

    def _launch(self, loop: asyncio.AbstractEventLoop, store: JobStore) -> Runner:
        from server.jobs.runner import Runner

        runner = Runner(store, self._kinds, self._workers, self._tell, loop)
        runner.launch(self._replica.executor_id)
        return runner

    async def _tell(self, job_id: str, fraction: float, text_key: str) -> None:
        with suppress(StorageError):  # a job does not fail because nobody can see how far it is
            await self._opened.call(lambda store: store.tell_progress(job_id, fraction, text_key))

    async def _end(self) -> None:
        if (runner := self._runner) is None:
            return
        ended = await runner.interrupt_all(END_S)

        def end(store: JobStore) -> None:
            runner.end()
            if ended:  # else others wait until this process does not live any more
                store.remove_executor(self._replica.executor_id)

        try:
            await self._opened.call(end, LAST_S)
        except StorageError as failure:
            log.warning("jobs that go on wait until this process is known to be dead", reason=failure.message)
