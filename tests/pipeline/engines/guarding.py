"""Engines behind bulkheads, and what came of asking them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from pipeline.engines.bulkhead import Outcome
from pipeline.engines.fallback import Member
from pipeline.errors import EngineError

PATIENCE_S = 60.0
"""Passed only where the clock is moved."""

GuardedMembers: TypeAlias = Callable[..., list[Member[Any]]]


def broken(name: str) -> EngineError:
    return EngineError("The line is dead.", engine=name)


def outcomes(members: Sequence[Member[Any]]) -> list[dict[Outcome, int]]:
    return [dict(member.bulkhead.outcomes) for member in members]
