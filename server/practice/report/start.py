"""Reports put together when the server starts: their store, their jobs, and the language model that reads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pipeline.engines.protocols import ChatModel
from server.engines.current import CurrentEngines
from server.history.keeping.keeper import Keeper
from server.jobs.jobs import Jobs
from server.practice.report.job import ReportJob
from server.practice.report.reports import Reports
from server.practice.report.store import ReportStore
from server.practice.store import PracticeStore
from server.storage.database import Database


def arranged_reports(database: Database, jobs: Jobs, keeper: Keeper, engines: CurrentEngines) -> Reports:
    """The reports of a server, with their jobs declared."""
    store = ReportStore(database)

    @contextmanager
    def language_model() -> Iterator[ChatModel | None]:
        with engines.lease() as loaded:
            yield loaded.engines.chat_model if loaded.language_model_connected else None

    jobs.declare(ReportJob(store, language_model).kind)
    reports = Reports(store, PracticeStore(database), jobs, keeper.written)
    reports.declare()
    return reports
