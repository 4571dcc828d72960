"""How somebody came along, from the contents of their reports and the days on which they practised. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from server.practice.progress.answers import (
    DAYS,
    MISTAKES,
    Goal,
    GoalState,
    KindPoint,
    MeasurePoint,
    MistakePoint,
    ProgressPoint,
    Weeks,
)

MINUTE_MS = 60_000
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Told:
    """A practice, and of its report what is measured: contents by part."""

    practice: Any
    parts: Mapping[str, Mapping[str, Any]]


def point_of(told: Told) -> ProgressPoint:
    """What one practice adds to the plots."""
    row, items = told.practice, [*_items(told, "measures"), *_items(told, "vocabulary")]
    began = row.began_at or row.created_at
    return ProgressPoint(
        practice_id=row.id,
        title=row.title,
        kind=row.kind,
        language=row.language,
        began_at=began,
        minutes=max(1, round((row.ended_at - began) / MINUTE_MS)) if row.ended_at else 0,
        measures={
            item["id"]: MeasurePoint(
                value=item["value"], count=item.get("count", 0), estimated=item.get("estimated", False)
            )
            for item in items
            if item.get("value") is not None
        },
        mistakes=_mistakes(told.parts["mistakes"]) if "mistakes" in told.parts else None,
    )


def _items(told: Told, part: str) -> Sequence[Mapping[str, Any]]:
    return told.parts.get(part, {}).get("items") or ()


def _mistakes(content: Mapping[str, Any]) -> MistakePoint:
    groups, per_100 = content.get("groups") or (), content.get("per_100")
    count = sum(group["count"] for group in groups)

    def share(one: int) -> float | None:
        return None if per_100 is None else per_100 * one / count if count else 0.0

    kinds = {
        group["kind"]: KindPoint(label=group["label"], count=group["count"], per_100=share(group["count"]))
        for group in groups
    }
    return MistakePoint(count=count, per_100=per_100, kinds=kinds)


def day_of(at_ms: int, offset_minutes: int) -> date:
    """The day that a moment is on, by a clock that is so far ahead of UTC."""
    return datetime.fromtimestamp((at_ms + offset_minutes * MINUTE_MS) / 1000, UTC).date()


def weeks_of(moments: Iterable[int], now: int, offset_minutes: int) -> Weeks:
    """How regularly somebody practised, from when they did. What is in the future was told by a clock that was wrong."""
    today = day_of(now, offset_minutes)
    days = {day for at in moments if (day := day_of(at, offset_minutes)) <= today}
    began = _monday(today)
    weeks = {_monday(day) for day in days}
    week = began if began in weeks else began - WEEK
    in_a_row = 0
    while week in weeks:
        in_a_row += 1
        week -= WEEK
    return Weeks(days=sum(day >= began for day in days), in_a_row=in_a_row, total=len(weeks), began=began)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def state_of(goal: Goal, points: Sequence[ProgressPoint], days: int) -> GoalState:
    """Where the person is with a goal. points: of its language, the oldest first; days: of this week."""
    value = float(days) if goal.measure == DAYS else _newest(goal.measure, points)
    reached = value is not None and (
        value >= goal.at_least if goal.at_least is not None else goal.at_most is not None and value <= goal.at_most
    )
    return GoalState(**goal.model_dump(), value=value, reached=reached)


def _newest(measure: str, points: Sequence[ProgressPoint]) -> float | None:
    for point in reversed(points):
        if measure == MISTAKES:
            if point.mistakes is not None and point.mistakes.per_100 is not None:
                return point.mistakes.per_100
        elif measure in point.measures:
            return point.measures[measure].value
    return None
