"""What a kind of background job is, what its function can do, and what is told of a job."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeAlias

from server.errors import Conflict, StorageError

State: TypeAlias = Literal["queued", "running", "done", "failed", "cancelled"]

SYSTEM = "system"
"""Whose jobs are those that nobody asked for. No person has this id."""


class JobsUnavailable(StorageError):
    """Background work cannot be had just now: its database cannot be used."""

    code = "jobs_unavailable"


class JobsDamaged(JobsUnavailable):
    """The file of background work is damaged."""

    code = "jobs_damaged"


class JobsGone(JobsUnavailable):
    """The file of background work was deleted or replaced while the server had it open."""

    code = "jobs_gone"


class JobRunning(Conflict):
    """A person may have one job of this kind at a time, and has one that is not finished: `details` say which."""

    code = "job_running"

    def __init__(self, job_id: str) -> None:
        super().__init__("This is being done already. Wait for it, or cancel it.")
        self.details = {"job_id": job_id}


@dataclass(frozen=True)
class Job:
    """What is told of a job.

    `progress` goes from 0 to 1, and `text_key` names the page's text of what is done just now. `changes` counts what was
    told of its progress. `result` is JSON; `error` has a `code` and a `message`.
    """

    id: str
    kind: str
    person_id: str
    state: State
    progress: float = 0.0
    text_key: str = ""
    changes: int = 0
    result: Any = None
    error: Mapping[str, str] | None = None

    @property
    def finished(self) -> bool:
        """Whether nothing of it changes any more."""
        return self.state not in ("queued", "running")


class JobContext(Protocol):
    """What the function of a job can do."""

    @property
    def job_id(self) -> str:
        """Stays the same after a restart, so that it may name what the job makes."""

    @property
    def person_id(self) -> str:
        """Whose job it is; `SYSTEM` for recurring ones."""

    async def step(self, name: str, function: Callable[[], Awaitable[Any]], *, attempts: int = 1) -> Any:
        """What `function` returns, as JSON. It is kept, so that a job that goes on after a crash does not do it again.

        The step that was interrupted is done again, so `function` must bear that. Steps follow each other, in the same order
        each time. attempts: how often to try it in all, with growing pauses. Raises `KaikouError` if it failed.
        """

    async def progress(self, fraction: float, text_key: str = "") -> None:
        """Tell how far it is, from 0 to 1. What comes sooner than a quarter of a second after the last is left out."""


JobFunction: TypeAlias = Callable[[JobContext, Mapping[str, Any]], Awaitable[Any]]


@dataclass(frozen=True)
class JobKind:
    """A kind of job, which the domain declares whose work it is.

    `name` is kept with each job, and the names of the function's steps in their order, so that a job that an older version
    began goes on with this one: whoever changes the steps gives the kind a new name, and keeps the old one for a while.
    `function` gets the job's arguments and returns its result, both JSON. It runs on the server's event loop, and may be
    cancelled at any `await`. `longest_s`: how long it may take, from its last start. `single`: a person has at most one that
    is not finished.
    """

    name: str
    function: JobFunction
    longest_s: float = 600.0
    single: bool = False
