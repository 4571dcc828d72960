"""Reports as talks and routes know them: begun when a talk is over, made again, and looked at."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import structlog
from pydantic import ValidationError

from pipeline.errors import LimitReached
from pipeline.practice.practice import PracticeKind
from server.errors import Conflict, NotFound
from server.jobs.jobs import Jobs, keyed_id
from server.jobs.kind import Job, JobContext, JobKind
from server.practice.report.answers import CONTENTS, Missing, Part, PartName, Reason, Report
from server.practice.report.job import PARTS, REPORT
from server.practice.report.store import ReportStore
from server.practice.store import PracticeStore

log = structlog.get_logger("kaikou")

CATCH_UP_S = 60.0
LEFT_MS, LEFT_LONGEST_MS = 60_000, 86_400_000
"""A talk that ended so long ago without a report was left by a server that died; what ended a day ago is left alone."""

AT_ONCE = 20

WRITTEN_S = 2.0
"""How long a report waits for the last lines of its talk; they are written twice a second."""


@dataclass(frozen=True)
class Reports:
    """All of a server. `written` waits until all of a talk that ended here is in the database."""

    store: ReportStore
    practices: PracticeStore
    jobs: Jobs
    written: Callable[[str], Awaitable[None]]

    def declare(self) -> None:
        """Let reports be made that a server left."""
        self.jobs.every(CATCH_UP_S, JobKind("practice.catch_up", self.catch_up))

    async def after(self, practice_id: str, person_id: str, conversation_id: str) -> None:
        """The talk of a practice is over: make its report as soon as its last lines are written. Raises nothing of ours."""
        with suppress(TimeoutError):  # the conversation goes on without the practice, or its last lines come too late
            async with asyncio.timeout(WRITTEN_S):
                await self.written(conversation_id)
        try:
            await self.make(practice_id, person_id)
        except (LimitReached, Conflict, NotFound) as error:  # not kept, or deleted; the next catch-up sees what is left
            log.info("no report is made", practice=practice_id, reason=error.code)

    async def make(self, practice_id: str, person_id: str) -> str:
        """Have the report made, also again; the id of the job. While it is being made it is that one's.

        Raises `NotFound`, `Conflict` where there is no talk, `LimitReached`, `StorageError`.
        """
        row = await self.practices.get(person_id, practice_id)
        if reason := _why_none(row):
            raise Conflict(_NO_REPORT[reason], code=f"practice_{reason}")
        number, job = await self._newest(row)
        if number == 0 or (job and job.finished):
            number = await self.store.begin(practice_id, person_id, PARTS[row.kind], number)
        arguments = {"practice": practice_id, "number": number, "kind": row.kind}
        return await self.jobs.submit(REPORT, arguments, person_id, key=_key(practice_id, number))

    async def report(self, practice_id: str, person_id: str) -> Report:
        """The report as it is now. Raises `NotFound`, `StorageError`."""
        row = await self.practices.get(person_id, practice_id)
        told: dict[str, Any] = {
            "practice_id": practice_id,
            "conversation_id": row.conversation_id if row.talk_is_kept else None,
        }
        if reason := _why_none(row):
            return Report(**told, state="none", reason=reason, job_id=None, parts={})
        number, job = await self._newest(row)
        if not number:
            going = row.state == "going"
            return Report(**told, state="none", reason="going" if going else "not_made", job_id=None, parts={})
        making = job is not None and not job.finished
        rows = {part.part: part for part in await self.store.parts(practice_id)}  # after the job: all that it made
        kind: PracticeKind = row.kind
        parts = {name: _part(name, rows[name], making=making) for name in PARTS[kind] if name in rows}
        return Report(
            **told, state="making" if making else "ready", reason="", job_id=job.id if job else None, parts=parts
        )

    async def catch_up(self, context: JobContext, _arguments: Mapping[str, Any]) -> Any:
        """Begin the reports of talks that ended without one."""

        async def begin_all() -> int:
            now, begun = self.store.now(), 0
            for row in await self.store.left(now - LEFT_LONGEST_MS, now - LEFT_MS, AT_ONCE):
                with suppress(LimitReached, Conflict, NotFound):  # of one that is deleted meanwhile none is made
                    await self.make(row.id, row.person_id)
                    begun += 1
            return begun

        return {"begun": await context.step("begin", begin_all)}

    async def _newest(self, row: Any) -> tuple[int, Job | None]:
        """The number of the newest making, 0 without one, and its job, as long as that is known."""
        number = max((part.attempts for part in await self.store.parts(row.id)), default=0)
        id = keyed_id(REPORT, row.person_id, _key(row.id, number))
        return number, (await self.jobs.find_all([id])).get(id) if number else None


_NO_REPORT = {
    "not_talked": "This practice was not talked yet.",
    "not_kept": "The talk of this practice was not kept, or is deleted: there is nothing to make a report of.",
}


def _why_none(row: Any) -> Any:
    """Why there can be no report; empty if there can."""
    if row.conversation_id is None:
        return "not_talked" if row.state == "ready" else "not_kept"
    return "" if row.talk_is_kept else "not_kept"


def _key(practice_id: str, number: int) -> str:
    return f"{practice_id} {number}"


def _part(name: PartName, row: Any, *, making: bool) -> Part:
    if row.state == "waiting":
        return Part(state="waiting", content=None, made_by="", reason="") if making else _missing("interrupted")
    if row.state == "missing":
        return _missing(row.reason)
    try:
        content = CONTENTS[name].model_validate(row.content)
    except ValidationError:  # an older version of Kaikou kept it otherwise
        return _missing("interrupted")
    return Part(state="ready", content=content, made_by=row.made_by, reason=row.reason)


def _missing(reason: Reason) -> Part:
    return Part(state="missing", content=Missing(reason=reason), made_by="", reason=reason)
