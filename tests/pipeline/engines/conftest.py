from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from pipeline.engines.bulkhead import Bulkhead, BulkheadLimits
from pipeline.engines.fallback import Member
from pipeline.engines.protocols import Role
from pipeline.engines.workers import Workers
from tests.pipeline.engines.guarding import GuardedMembers


@pytest.fixture
def guarded() -> Iterator[GuardedMembers]:
    """Engines behind bulkheads, whose threads end with the test."""
    threads: list[Workers] = []

    def make(*engines: Any, limits: BulkheadLimits | None = None) -> list[Member[Any]]:
        threads.extend(Workers(2) for _ in engines)
        roles: list[Role] = [engine.info.role for engine in engines]
        bulkheads = [Bulkhead(role, engine.info.name, limits) for role, engine in zip(roles, engines, strict=True)]
        made = zip(engines, bulkheads, threads[-len(engines) :], strict=True)
        return [Member(engine, engine.info, bulkhead, workers) for engine, bulkhead, workers in made]

    yield make
    for workers in threads:
        workers.close()
