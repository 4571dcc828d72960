"""Background work: what is submitted is done once, here or in another process on the same database, also after a crash."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from hashlib import blake2b
from typing import Any, Literal

from pipeline.errors import LimitReached
from server.errors import NotFound
from server.jobs.kind import SYSTEM, Job, JobContext, JobKind
from server.jobs.opened import OpenedStore
from server.jobs.recurring import Recurring
from server.jobs.watching import Watching
from server.jobs.worker import BEAT_S, Worker
from server.settings.keeping import JobSettings, StorageSettings
from server.storage.ids import LETTERS, Now, new_id, now_ms

WATCHES = 8
"""Jobs that a person may watch at once."""

DAY_S = 86_400

KEPT_DAYS = 7
"""For how long finished jobs are kept: until then their keys are known."""


class Jobs:
    """The jobs of one server. Kinds are declared before `running`."""

    def __init__(
        self, settings: JobSettings, storage: StorageSettings, now: Now = now_ms, beat_s: float = BEAT_S
    ) -> None:
        self._settings, self._now = settings, now
        self._kinds: dict[str, JobKind] = {}
        self._recurring = Recurring(now)
        self._opened = OpenedStore(storage)
        self._worker = Worker(self._opened, self._kinds, settings.workers, self._recurring, beat_s)
        self._watches = Counter[str]()
        self._watching = Watching(self._opened)
        self.every(DAY_S / 4, JobKind("jobs.clean_up", self._clean_up))

    def declare(self, kind: JobKind) -> None:
        """Let jobs of this kind be submitted and done."""
        if kind.name in self._kinds:
            raise ValueError(f"There are two kinds of jobs called {kind.name}.")
        self._kinds[kind.name] = kind

    def every(self, seconds: float, kind: JobKind) -> None:
        """Declare a kind of which one job is done in each interval of so many seconds, by one process for all."""
        if seconds >= KEPT_DAYS * DAY_S:
            raise ValueError("A job must be kept until its interval is over, or it is done twice.")
        self.declare(kind)
        self._recurring.add(seconds, kind.name)

    @property
    def state(self) -> Literal["ok", "unavailable"]:
        """Whether jobs are kept and done, as far as is known."""
        return "unavailable" if self._opened.failure else "ok"

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Jobs are done until the block ends; with `workers` 0 they are only submitted, for other processes."""
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self._opened.close)
            stack.push_async_callback(self._watching.end)
            if self._settings.workers:
                await stack.enter_async_context(
                    self._worker.running(lambda due: self.submit(due.kind, {}, SYSTEM, due.interval))
                )
            stack.callback(self.drain)
            yield

    def drain(self) -> None:
        """Let those who watch jobs go: the server ends."""
        self._watching.drain()

    async def submit(self, kind: str, arguments: Mapping[str, Any], person_id: str, key: str | None = None) -> str:
        """Have a job done; its id. With the same `key` of the same person it is the same job, also when that is finished.

        Raises `LimitReached`, `JobRunning`, `StorageError`.
        """
        declared = self._kinds.get(kind)
        if declared is None:
            raise ValueError(f"No kind of jobs is called {kind}.")
        job_id = new_id("job", self._now()) if key is None else keyed_id(kind, person_id, key)
        most = None if person_id == SYSTEM else self._settings.most
        await self._opened.call(lambda store: store.submit(job_id, declared, arguments, person_id, most))
        self._worker.wake()
        return job_id

    async def status(self, job_id: str, person_id: str) -> Job:
        """How a job of the person's is. Raises `NotFound`, `StorageError`."""
        found = await self._opened.call(lambda store: store.find(job_id, person_id))
        if found is None:
            raise _no_job()
        return found

    async def find_all(self, job_ids: Collection[str]) -> Mapping[str, Job]:
        """Those of the jobs that are there, whosever they are, by their ids. Raises `StorageError`."""
        return await self._opened.call(lambda store: store.find_all(job_ids))

    async def cancel(self, job_id: str, person_id: str) -> Job:
        """Let a job not be done, or not to its end; what is finished stays so. Raises `NotFound`, `StorageError`."""
        job = await self.status(job_id, person_id)
        if job.finished:
            return job
        await self._opened.call(lambda store: store.cancel(job_id))
        self._worker.interrupt(job_id)
        return await self.status(job_id, person_id)

    async def watch(self, job_id: str, person_id: str, again_s: float = float("inf")) -> AsyncGenerator[Job, None]:
        """The job as it is, and again whenever it changed or did not for `again_s`, until it is finished or the server ends.

        Raises `NotFound`, `LimitReached` where the person watches too many, `StorageError`.
        """
        if self._watches[person_id] >= WATCHES:
            raise LimitReached(f"At most {WATCHES} jobs can be watched at once.")
        self._watches[person_id] += 1
        clock = asyncio.get_running_loop().time
        try:
            told, told_at = None, 0.0
            job: Job | None = await self.status(job_id, person_id)
            while not self._watching.draining:
                if job is None:
                    raise _no_job()
                if job != told or clock() - told_at >= again_s:
                    told, told_at = job, clock()
                    yield job
                if job.finished:
                    return
                job = await self._watching.next(job_id)
        finally:
            self._watches[person_id] -= 1
            self._watches += Counter()  # forgets those who watch nothing

    async def remove_all(self, person_id: str) -> None:
        """Remove a person's jobs with all that they made and told, also those that run. Raises `StorageError`."""
        await self._opened.call(lambda store: store.remove_person(person_id))

    async def _clean_up(self, context: JobContext, _arguments: Mapping[str, Any]) -> Any:
        """Remove jobs that were finished long ago."""
        before_ms = self._now() - KEPT_DAYS * DAY_S * 1000

        async def remove() -> int:
            return await self._opened.call(lambda store: store.remove_finished(before_ms))

        return {"removed": await context.step("remove", remove)}


def _no_job() -> NotFound:
    return NotFound("There is no job of that id.")


def keyed_id(kind: str, person_id: str, key: str) -> str:
    """The id of the job that a person submits with a key, of the same form as other ids."""
    written = "\0".join((kind, person_id, key)).encode()
    value = int.from_bytes(blake2b(written, digest_size=17, person=b"kaikou jobs").digest())
    return f"job_{''.join(LETTERS[value >> shift & 31] for shift in range(125, -1, -5))}"
