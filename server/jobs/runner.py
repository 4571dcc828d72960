"""What does the jobs of a process: DBOS, which takes jobs out of the queue, each for one process, and keeps their steps.

It is there once in a process, and runs on threads of its own; `Run` does a job.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

from dbos import DBOS

from pipeline.engines.within import within
from server.jobs.database import SCHEMA
from server.jobs.kind import JobKind
from server.jobs.looks import Looks, look_only
from server.jobs.run import Interrupted, JobFailed, Run
from server.jobs.store import APPLICATION, JSON, WORKFLOW, JobStore, told

VERSION = "1"
"""Of how jobs are kept, not of Kaikou: DBOS leaves jobs of another version alone, and would make one of our source."""

STOP_POLL_S = 0.1
"""How often a thread of DBOS's looks whether it shall end; left at 1 s the server would take that long to stop."""

MOST_STARTS = 20
"""After so many starts a job has failed: it may be what ends the server each time."""

PROGRESS_S = 0.25
"""How often a job's progress is written down at most."""

Tell: TypeAlias = Callable[[str, float, str], Awaitable[None]]


class Runner:
    """Does jobs from `launch` to `end`, which block and are called on a thread; all else is for the server's loop."""

    def __init__(
        self, store: JobStore, kinds: Mapping[str, JobKind], workers: int, tell: Tell, loop: asyncio.AbstractEventLoop
    ) -> None:
        self._store, self._kinds, self._workers, self._tell, self._loop = store, kinds, workers, tell, loop
        self._slots = asyncio.Semaphore(workers)
        self._looks = Looks(lambda: told(store.queued))
        self._runs: dict[str, Run] = {}
        self._ending = False

    @property
    def running(self) -> set[str]:
        """The jobs that are being done here."""
        return set(self._runs)

    def launch(self, executor_id: str) -> None:
        """Begin to do jobs, in the name of `executor_id`."""
        try:
            dbos = DBOS(
                config={
                    "name": APPLICATION,
                    "system_database_engine": self._store.engine,
                    "dbos_system_schema": SCHEMA,
                    "serializer": JSON,
                    "executor_id": executor_id,
                    "application_version": VERSION,
                    "run_migrations": False,
                    "use_listen_notify": False,
                    "enable_otlp": False,
                    "notification_listener_polling_interval_sec": STOP_POLL_S,
                    "scheduler_polling_interval_sec": 3600.0,  # it has nothing to do
                }
            )
            DBOS.workflow(name=WORKFLOW, max_recovery_attempts=MOST_STARTS)(self._workflow())
            self._store.make_queue(self._workers)
            DBOS.launch()
            # Else its threads would wait for a database that is gone, for ever, and the end of the process for them.
            dbos._sys_db._retry_connection_errors = False
            look_only(dbos, self._looks)
        except BaseException:
            self.end()
            raise

    def wake(self) -> None:
        """Look into the queue now: a job was put into it."""
        self._looks.wake()

    def interrupt(self, job_id: str) -> None:
        """Stop a job that is being done here."""
        if run := self._runs.get(job_id):
            run.interrupt()

    async def interrupt_all(self, seconds: float) -> bool:
        """Stop all jobs and begin none any more; whether they ended within so many seconds."""
        self._ending = True
        runs = list(self._runs.values())
        for run in runs:
            run.interrupt()
        tasks = [run.task for run in runs if run.task]
        _done, left = await asyncio.wait(tasks, timeout=seconds) if tasks else (set(), set())
        return not left

    def end(self) -> None:
        """Let DBOS's threads end."""
        DBOS.destroy(destroy_registry=True)

    def _workflow(self) -> Callable[[str, Mapping[str, Any]], Any]:
        """What DBOS calls for each job, on a thread of its own."""

        def job(kind: str, arguments: Mapping[str, Any]) -> Any:
            return self._do(kind, arguments)

        return job

    def _do(self, name: str, arguments: Mapping[str, Any]) -> Any:
        job_id, kind = DBOS.workflow_id, self._kinds.get(name)
        if (
            self._ending or kind is None or job_id is None
        ):  # a kind of a newer version is left to processes that know it
            raise Interrupted
        run = Run(self._loop)
        context = Context(job_id, DBOS.authenticated_user or "", run, self._tell)
        self._runs[job_id] = run
        try:
            return run.perform(lambda: self._bounded(kind, context, arguments))
        finally:
            self._runs.pop(job_id, None)
            self._looks.freed()

    async def _bounded(self, kind: JobKind, context: Context, arguments: Mapping[str, Any]) -> Any:
        if self._ending:  # it was taken in the moment in which all were interrupted
            raise asyncio.CancelledError
        # The queue keeps to the workers of the process that was started last; this one may be set to fewer.
        async with self._slots:
            try:
                async with within(kind.longest_s):
                    return await kind.function(context, arguments)
            except TimeoutError:
                raise JobFailed(f"It was not finished after {kind.longest_s:g} s.", code="job_too_long") from None
            except Exception as reason:  # a job's outermost frame
                raise JobFailed.by(reason, kind=kind.name, job=context.job_id) from reason


class Context:
    """See `JobContext`."""

    def __init__(self, job_id: str, person_id: str, run: Run, tell: Tell) -> None:
        self._job_id, self._person_id, self._run, self._tell = job_id, person_id, run, tell
        self._told_at = float("-inf")

    @property
    def job_id(self) -> str:
        return self._job_id

    @property
    def person_id(self) -> str:
        return self._person_id

    async def step(self, name: str, function: Callable[[], Awaitable[Any]], *, attempts: int = 1) -> Any:
        return await self._run.step(name, function, attempts)

    async def progress(self, fraction: float, text_key: str = "") -> None:
        now = asyncio.get_running_loop().time()
        if now - self._told_at >= PROGRESS_S:
            self._told_at = now
            await self._tell(self._job_id, min(1.0, max(0.0, fraction)), text_key)
