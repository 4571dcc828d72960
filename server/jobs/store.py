"""Jobs as DBOS keeps them. All of it blocks, and is called on threads of `Jobs`."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping
from threading import Lock
from typing import Any, TypeVar

import structlog
from dbos import DBOS, DBOSClient, DBOSPortableJSONSerializer, WorkflowStatus, error
from sqlalchemy import delete, exists, insert, literal, select, update
from sqlalchemy.exc import SQLAlchemyError

from pipeline.errors import LimitReached
from server.api.moments import iso
from server.errors import UNEXPECTED
from server.jobs.database import FILE, SCHEMA, Tables, jobs_error, jobs_url, open_engine
from server.jobs.kind import Job, JobKind, JobRunning, JobsGone, State
from server.settings.keeping import StorageSettings
from server.storage.database import POSTGRESQL

T = TypeVar("T")

log = structlog.get_logger("kaikou")

APPLICATION, WORKFLOW, QUEUE = "kaikou", "job", "jobs"
"""Names in DBOS's tables. There is one workflow for all kinds; a job's kind is its first argument."""

POLL_S = 0.5
"""How often a process looks for jobs that others have put into the queue, which takes 0.3 ms of processor time."""

JSON = DBOSPortableJSONSerializer()
"""Instead of pickled Python objects, which could do anything when they are read."""

STATES: Mapping[str, State] = {
    "DELAYED": "queued",
    "ENQUEUED": "queued",
    "PENDING": "running",
    "SUCCESS": "done",
    "ERROR": "failed",
    "MAX_RECOVERY_ATTEMPTS_EXCEEDED": "failed",
    "CANCELLED": "cancelled",
}
UNFINISHED = [name for name, state in STATES.items() if state in ("queued", "running")]
FINISHED = [name for name in STATES if name not in UNFINISHED]

CRASHED = {"code": "job_crashed", "message": "Each time that it was tried the server ended."}

REMOVED_AT_ONCE = 500
"""Finished jobs in one transaction, so that nobody who writes waits for long."""


class JobStore:
    """What is kept of jobs, opened; the database is made or brought up to date first."""

    def __init__(self, storage: StorageSettings) -> None:
        _keep_quiet()
        url = jobs_url(storage)
        postgresql = url.get_backend_name() == POSTGRESQL
        if not postgresql:
            storage.folder.mkdir(0o700, parents=True, exist_ok=True)
        DBOS.migrate(url.render_as_string(hide_password=False), schema=SCHEMA)
        self.engine = open_engine(url)
        self._tables = Tables(SCHEMA if postgresql else None)
        self._tables.create(self.engine)
        self._client = DBOSClient(
            system_database_engine=self.engine,
            dbos_system_schema=SCHEMA,
            serializer=JSON,
            application_name=APPLICATION,
            retry_connection_errors=False,
            lazy=True,
        )
        self._submitting = Lock()
        self._file = None if postgresql else storage.folder.absolute() / FILE
        self._opened = self._identity()

    def check_file(self) -> None:
        """Make sure that what is written is still found by others. Raises `JobsGone`."""
        if self._identity() != self._opened:
            raise JobsGone(
                f"The file of background work, {FILE} in the data folder, was deleted or replaced while the server runs, so "
                "nothing is done in the background. Restart the server: a new one is made. Unfinished jobs are lost."
            )

    def _identity(self) -> tuple[int, int] | None:
        """Which file it is; SQLite goes on with one that is not there any more as if nothing had happened."""
        if self._file is None:
            return None
        try:
            found = self._file.stat()
        except FileNotFoundError:
            return None
        return found.st_dev, found.st_ino

    def close(self) -> None:
        """Give the connections back."""
        self._client.destroy()
        self.engine.dispose()

    def make_queue(self, workers: int) -> None:
        """Let each process take `workers` jobs at once; the last that says so is heeded by all."""
        self._client.register_queue(
            QUEUE, worker_concurrency=workers, polling_interval_sec=POLL_S, on_conflict="always_update"
        )

    def queued(self) -> bool:
        """Whether there is a job to be taken."""
        jobs = self._tables.jobs
        waiting = exists().where(jobs.c.queue_name == QUEUE, jobs.c.status == "ENQUEUED")
        with self.engine.connect() as connection:
            return bool(connection.scalar(select(waiting)))

    def submit(
        self, job_id: str, kind: JobKind, arguments: Mapping[str, Any], person_id: str, most: int | None
    ) -> None:
        """Put a job into the queue, unless it is there.

        Raises `LimitReached` if `most` of the person's are unfinished, `JobRunning` for the second of a `single` kind.
        """
        with self._submitting:
            if self._rows(workflow_ids=[job_id]):
                return
            if kind.single:
                for job in self._jobs(user=person_id, status=UNFINISHED).values():
                    if job.kind == kind.name:
                        raise JobRunning(job.id)
            if most is not None and len(self._rows(user=person_id, status=UNFINISHED, limit=most)) >= most:
                raise LimitReached(f"{most} of your jobs are not finished yet. Wait for one of them, or cancel one.")
            self._client.enqueue(
                {
                    "workflow_name": WORKFLOW,
                    "queue_name": QUEUE,
                    "workflow_id": job_id,
                    "authenticated_user": person_id,
                },
                kind.name,
                dict(arguments),
            )

    def find(self, job_id: str, person_id: str) -> Job | None:
        """The job, if it is there and the person's."""
        return self._jobs(workflow_ids=[job_id], user=person_id).get(job_id)

    def find_all(self, job_ids: Collection[str]) -> Mapping[str, Job]:
        """Those of the jobs that are there, by their ids."""
        return self._jobs(workflow_ids=list(job_ids)) if job_ids else {}

    def cancel(self, job_id: str) -> None:
        """Let a job that is not finished be cancelled."""
        self._client.cancel_workflow(job_id)

    def tell_progress(self, job_id: str, fraction: float, text_key: str) -> None:
        """Keep what a job says of its progress, unless it was removed."""
        table, jobs = self._tables.progress, self._tables.jobs
        told = {"fraction": fraction, "text_key": text_key}
        counted = update(table).where(table.c.job_id == job_id).values(**told, changes=table.c.changes + 1)
        first = {"job_id": job_id, "changes": 1, **told}
        there = select(*map(literal, first.values())).where(exists().where(jobs.c.workflow_uuid == job_id))
        with self.engine.begin() as connection:
            if not connection.execute(counted).rowcount:
                # A job runs in one process, which tells one thing after another.
                connection.execute(insert(table).from_select(list(first), there))

    def stopped(self, job_ids: Collection[str]) -> set[str]:
        """Those of the jobs that were cancelled or removed."""
        rows = self._rows(workflow_ids=list(job_ids)) if job_ids else []
        return set(job_ids) - {row.workflow_id for row in rows if row.status != "CANCELLED"}

    def remove_finished(self, before_ms: int) -> int:
        """Remove jobs that are finished and were submitted before; how many."""
        return self._remove(status=FINISHED, end_time=iso(before_ms))

    def remove_person(self, person_id: str) -> int:
        """Remove all jobs of a person, whatever their state; how many. Those that run are stopped at the next beat."""
        return self._remove(user=person_id)

    def _remove(self, **which: Any) -> int:
        removed = 0
        while rows := self._rows(**which, limit=REMOVED_AT_ONCE):
            ids = [row.workflow_id for row in rows]
            self._client.delete_workflows(ids)
            with self.engine.begin() as connection:
                connection.execute(delete(self._tables.progress).where(self._tables.progress.c.job_id.in_(ids)))
            removed += len(ids)
        return removed

    def beat(self, executor_id: str) -> dict[str, int]:
        """Say that this process lives; how often each process said so."""
        table = self._tables.executors
        with self.engine.begin() as connection:
            raised = update(table).where(table.c.id == executor_id).values(beat=table.c.beat + 1)
            if not connection.execute(raised).rowcount:
                connection.execute(insert(table).values(id=executor_id, beat=1))
            return {row.id: row.beat for row in connection.execute(select(table))}

    def running(self, executor_id: str) -> set[str]:
        """The jobs that a process has taken."""
        return {row.workflow_id for row in self._rows(executor_id=executor_id, status="PENDING")}

    def give_back(self, job_ids: Collection[str], executor_id: str) -> None:
        """Put jobs that a process has taken back into the queue, where any process goes on with them.

        Those that another process has taken meanwhile are left: it does not matter how many find out that one is dead.
        """
        for job_id in job_ids:
            # DBOS's own recovery; what it has in public for that, `resume_workflow`, also takes a job from the living.
            self._client._sys_db.reenqueue_for_recovery(job_id, [executor_id], QUEUE)

    def remove_executor(self, executor_id: str) -> None:
        """Give back all jobs of a process that is dead or ends, and forget it."""
        self.give_back(self.running(executor_id), executor_id)
        with self.engine.begin() as connection:
            connection.execute(delete(self._tables.executors).where(self._tables.executors.c.id == executor_id))

    def _rows(self, **which: Any) -> list[WorkflowStatus]:
        return self._client.list_workflows(load_input=False, load_output=False, **which)

    def _jobs(self, **which: Any) -> Mapping[str, Job]:
        rows, progress = self._client.list_workflows(**which), self._tables.progress
        query = select(progress).where(progress.c.job_id.in_([row.workflow_id for row in rows]))
        with self.engine.connect() as connection:
            told = {one.job_id: one for one in connection.execute(query)}
        return {row.workflow_id: _job(row, told.get(row.workflow_id)) for row in rows}


def told(work: Callable[[], T]) -> T:
    """What `work` returns; whatever goes wrong in the database is told as `StorageError`."""
    try:
        return work()
    except (SQLAlchemyError, error.DBOSException, OSError) as reason:
        raise jobs_error(reason) from reason


def _job(row: WorkflowStatus, told: Any) -> Job:
    """told: the row of its progress, if it told any."""
    state = STATES[row.status]
    return Job(
        id=row.workflow_id,
        kind=str(row.input["args"][0]) if row.input else "",
        person_id=row.authenticated_user or "",
        state=state,
        progress=1.0 if state == "done" else told.fraction if told else 0.0,
        text_key=told.text_key if told else "",
        changes=told.changes if told else 0,
        result=row.output if state == "done" else None,
        error=_error(row) if state == "failed" else None,
    )


def _error(row: WorkflowStatus) -> Mapping[str, str]:
    if row.status != "ERROR":
        return CRASHED
    code = getattr(row.error, "code", None)
    if not isinstance(code, str):  # nobody raised it on purpose
        return {"code": UNEXPECTED.code, "message": UNEXPECTED.message}
    return {"code": code, "message": str(row.error)}


class _Debug(logging.Handler):
    """Writes what DBOS says, who says a lot and advertises its service, as ours and at debug."""

    def emit(self, record: logging.LogRecord) -> None:
        log.debug("dbos", said=record.getMessage())


def _keep_quiet() -> None:
    logger = logging.getLogger("dbos")
    logger.handlers, logger.propagate = [_Debug()], False
