"""One job on its way: its function runs on the server's event loop, its bookkeeping on a thread of DBOS's.

DBOS could run asynchronous functions on the server's loop itself, but then it replaces the loop's own threads by ones that
end with it, and each of its writes would wait for the loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, field
from functools import partial
from queue import SimpleQueue
from typing import Any

from dbos import DBOS, PortableWorkflowError, error
from sqlalchemy.exc import SQLAlchemyError

from pipeline.errors import KaikouError
from server.errors import as_told

PAUSE_S = 0.5
"""Before the second attempt of a step; each further pause is twice as long."""


class JobFailed(KaikouError):
    """A job or a step of it failed; with the code and the message of the reason."""

    @classmethod
    def by(cls, reason: Exception, **about: Any) -> JobFailed:
        """The same as told to people. Logs what nobody expected."""
        told = as_told(reason, "job failed", **about)
        return cls(told.message, code=told.code)


class Interrupted(BaseException):
    """Ends a job's thread without an outcome: the job stays to be gone on with, or was cancelled. DBOS catches none."""


@dataclass
class Step:
    """A step that the job's function asks its thread for. `begun`: whether it is to be done, or was done before."""

    name: str
    begun: asyncio.Future[bool]
    recorded: asyncio.Future[Any]
    done: Future[Any] = field(default_factory=Future)


class Run:
    """A job that runs. `perform` is called on a thread, all else on the server's loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._messages: SimpleQueue[Step | asyncio.Task[Any]] = SimpleQueue()
        self.task: asyncio.Task[Any] | None = None
        self._interrupted = False

    def perform(self, work: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        """Do `work` on the loop and its steps' bookkeeping here; its result. Raises `JobFailed`, `Interrupted`."""
        self._on_loop(lambda: self._begin(work))
        while isinstance(message := self._messages.get(), Step):
            self._record(message)
        if self._interrupted or message.cancelled():
            raise Interrupted
        return message.result()

    def interrupt(self) -> None:
        """Cancel the function. Its thread ends after it."""
        self._interrupted = True
        if self.task:
            self.task.cancel()

    async def step(self, name: str, function: Callable[[], Awaitable[Any]], attempts: int) -> Any:
        """See `JobContext`."""
        step = Step(name, self._loop.create_future(), self._loop.create_future())
        self._messages.put(step)
        try:
            if await step.begun:
                try:
                    step.done.set_result(await _attempted(function, attempts))
                except Exception as reason:  # noqa: BLE001 — a step's outermost frame: recorded, then raised by `recorded`
                    step.done.set_exception(JobFailed.by(reason, step=name))
            return await step.recorded
        finally:
            step.done.cancel()  # if this was cancelled: the thread waits for it

    def _begin(self, work: Callable[[], Coroutine[Any, Any, Any]]) -> None:
        self.task = self._loop.create_task(work())
        self.task.add_done_callback(self._messages.put)
        if self._interrupted:
            self.task.cancel()

    def _record(self, step: Step) -> None:
        if self._interrupted:  # its function went on although it was cancelled
            self._on_loop(step.begun.cancel)
            return

        def body() -> Any:
            self._tell(step.begun, True)
            try:
                return step.done.result()
            except CancelledError:
                raise Interrupted from None

        try:
            result = DBOS.run_step({"name": step.name}, body)
        except (KaikouError, PortableWorkflowError, TypeError) as reason:  # the last: its result is no JSON
            code = getattr(reason, "code", None)
            result = JobFailed(str(reason), code=code if isinstance(code, str) else None)
        except (Interrupted, error.DBOSException, error.DBOSBaseException, SQLAlchemyError):
            # It was cancelled, another process goes on with it, or nothing can be kept: in no case may it go on here.
            self._on_loop(self.interrupt)
            return
        self._tell(step.begun, False)
        self._tell(step.recorded, result)

    def _tell(self, future: asyncio.Future[Any], value: Any) -> None:
        self._on_loop(partial(_settle, future, value))

    def _on_loop(self, call: Callable[[], object]) -> None:
        try:
            self._loop.call_soon_threadsafe(call)
        except RuntimeError:  # the loop is closed: the process ends
            raise Interrupted from None


def _settle(future: asyncio.Future[Any], outcome: Any) -> None:
    if future.done():
        return
    if isinstance(outcome, JobFailed):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)


async def _attempted(function: Callable[[], Awaitable[Any]], attempts: int) -> Any:
    for attempt in range(1, attempts):
        try:
            return await function()
        except Exception:  # noqa: BLE001 — whatever it is, it may go better the next time; the last is raised
            await asyncio.sleep(PAUSE_S * 2 ** (attempt - 1))
    return await function()
