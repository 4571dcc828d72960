"""What is told of progress, and what is sent to set a goal."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated

from pydantic import Field, model_validator

from pipeline.practice.practice import PracticeKind
from server.api.endpoint import Body, Described
from server.api.moments import Moment

DAYS, MISTAKES = "days", "mistakes_per_100"
"""What a goal may be about beside measures: days of practice a week, and mistakes for 100 words."""

Target = Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)]


class MeasurePoint(Described):
    """A measure in one practice."""

    value: float
    count: int
    """Of what it is made, such as pauses or words."""
    estimated: bool
    """Whether the times of words were spread over the voice instead of heard."""


class KindPoint(Described):
    """Mistakes of one kind in one practice."""

    label: str
    count: int
    per_100: float | None
    """For 100 words; null where too little was said."""


class MistakePoint(Described):
    """Mistakes in one practice."""

    count: int
    per_100: float | None
    kinds: Mapping[str, KindPoint]


class ProgressPoint(Described):
    """One practice that has a report."""

    practice_id: str
    title: str
    kind: PracticeKind
    language: str
    began_at: Moment
    minutes: int
    measures: Mapping[str, MeasurePoint]
    """By the id that `/api/practice/measures` explains; those that could not be measured are left out."""
    mistakes: MistakePoint | None


class Goal(Described):
    """What somebody wants to reach; of `at_least` and `at_most` one is set."""

    language: str
    measure: str
    """The id of a measure, `days` for days of practice a week, or `mistakes_per_100`."""
    at_least: float | None
    at_most: float | None


class GoalState(Goal):
    """A goal, and where the person is."""

    value: float | None
    """In the newest practice that has it; for `days`, of this week. Null where there is none yet."""
    reached: bool


class Weeks(Described):
    """How regularly somebody practises. Weeks begin on Monday, by the person's clock."""

    days: int
    """Days of this week with a practice."""
    in_a_row: int
    """Weeks with a practice without one in between that has none. This week only adds to it."""
    total: int
    """All weeks with a practice."""
    began: date
    """The Monday of this week."""


class Progress(Described):
    """How somebody came along."""

    practices: list[ProgressPoint]
    """Those that have a report, the oldest first."""
    goals: list[GoalState]
    weeks: Weeks


class ProgressQuery(Described):
    """Of which practices."""

    language: Annotated[str, Field(max_length=8)] = ""
    kind: PracticeKind | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 60
    """How many practices at most, the newest ones."""
    offset_minutes: Annotated[int, Field(ge=-1_000, le=1_000)] = 0
    """How far the person's clock is ahead of UTC: which time is a day."""


class Goals(Described):
    """All goals."""

    items: list[Goal]


class NewGoal(Body):
    """What is to be reached: either at least or at most so much."""

    at_least: Target | None = None
    at_most: Target | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> NewGoal:
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError("set either at_least or at_most")
        return self
