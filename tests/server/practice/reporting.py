"""Practices that were talked, without anybody's talking, and their reports, made in the test's own task."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import nullcontext
from typing import Any

from sqlalchemy import select

from pipeline.conversation.journal import Entry
from pipeline.engines.protocols import ChatModel
from pipeline.practice.practice import InterviewSetup, LanguageSetup, Phrase, Practice, PracticeStep
from server.jobs.kind import JobContext
from server.practice.report.answers import Report
from server.practice.report.job import PARTS, ReportJob
from server.practice.report.model.asking import Limits
from server.practice.report.reports import Reports
from server.practice.report.store import ReportStore
from server.practice.store import PracticeStore
from server.storage.database import Database
from server.storage.tables.practice import practice_reports
from tests.server.history.kept import NOON, keep, keeping, said

FAULT = PracticeStep("fault", "A hard fault", ["Tell me about a hard fault."], listen_for=["what they did themselves"])
ADVICE = PracticeStep("advice", "Advice", ["When did you take advice?"])
ORDER = PracticeStep("order", "Order", ["What can I get you?"], phrases=[Phrase("I would like a coffee, please.", "…")])


def interview(**fields: Any) -> Mapping[str, Any]:
    """What is practised: an interview with two questions."""
    about = {"kind": "interview", "own_language": "en", "steps": (FAULT, ADVICE), "interview": InterviewSetup("baker")}
    return {**about, **fields}


def scene(**fields: Any) -> Mapping[str, Any]:
    """What is practised: English in a café."""
    about = {"kind": "language", "own_language": "en", "steps": (ORDER,), "scene": LanguageSetup("cafe")}
    return {**about, **fields}


async def talked(
    database: Database,
    what: Mapping[str, Any],
    *entries: Entry | str,
    moves: Mapping[str, Any] | None = None,
    corrections: Sequence[Mapping[str, Any]] = (),
    at: int = NOON,
) -> str:
    """A practice of Ann's that was talked in these lines, texts being hers; its id."""
    store = PracticeStore(database, lambda: at)
    about = {"language": "en", "character_id": "english-coach", "title": "A talk"}
    practice = Practice(store.new_id(), **{**about, **what})
    await store.create("ann", practice)
    async with keeping(database, lambda: at) as keeper:
        told = [said(entry) if isinstance(entry, str) else entry for entry in entries]
        conversation = await keep(keeper, *told)
    await store.begin(practice.id, "ann", conversation)
    await store.finish(practice.id, moves or {}, corrections)
    return practice.id


class Here(JobContext):
    """Steps that are done at once; `done` has their names."""

    job_id, person_id = "job_here", "ann"

    def __init__(self) -> None:
        self.done: list[str] = []

    async def step(self, name: str, function: Callable[[], Awaitable[Any]], *, attempts: int = 1) -> Any:
        self.done.append(name)
        return await function()

    async def progress(self, fraction: float, text_key: str = "") -> None:
        assert 0 <= fraction <= 1


class JobsHere:
    """Jobs that are never done, for whoever does them by hand."""

    def __init__(self) -> None:
        self.submitted: list[Any] = []

    async def submit(self, _kind: str, arguments: Any, _person_id: str, key: str | None = None) -> str:
        self.submitted.append(arguments)
        return f"job_{key}"

    async def find_all(self, _ids: Sequence[str]) -> Mapping[str, Any]:
        return {}


async def make(
    database: Database, practice_id: str, model: ChatModel | None = None, limits: Limits | None = None, number: int = 0
) -> Any:
    """Make a report; what the job returns."""
    store = ReportStore(database)
    row = await PracticeStore(database).get("ann", practice_id)
    number = await store.begin(practice_id, "ann", PARTS[row.kind], number)
    job = ReportJob(store, lambda: nullcontext(model), limits or Limits())
    return await job.run(Here(), {"practice": practice_id, "number": number, "kind": row.kind})


async def written(_id: str) -> None:
    """All lines are."""


async def report(database: Database, practice_id: str) -> Report:
    """The report as it is told."""
    jobs: Any = JobsHere()
    return await Reports(ReportStore(database), PracticeStore(database), jobs, written).report(practice_id, "ann")


async def contents(database: Database, practice_id: str) -> dict[str, Any]:
    """The contents of all parts that are ready, as they are kept."""
    async with database.read() as connection:
        rows = await connection.execute(select(practice_reports).where(practice_reports.c.practice_id == practice_id))
        return {row.part: row.content for row in rows if row.state == "ready"}
