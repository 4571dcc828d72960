"""`/api/practice/progress` and `/api/practice/goals`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from starlette.routing import BaseRoute

from pipeline.errors import LimitReached
from server.api.endpoint import Call, Endpoint, Nothing
from server.api.serving import api_routes
from server.errors import FieldFault, NotFound, ValidationFailed
from server.practice.progress.answers import DAYS, Goal, Goals, NewGoal, Progress, ProgressQuery
from server.practice.progress.progress import point_of, state_of, weeks_of
from server.practice.progress.store import ProgressStore
from server.services import Services

LANGUAGE, MEASURE = re.compile("[a-z]{2,3}"), re.compile("[a-z][a-z0-9_]{0,63}")

MOST_DAYS = 7
"""Of a week."""


def routes(services: Services) -> list[BaseRoute]:
    """The endpoints."""
    api = ProgressApi(ProgressStore(services.database))
    goals, goal = "/api/practice/goals", "/api/practice/goals/{language}/{measure}"
    return api_routes(
        services,
        [
            Endpoint("GET", "/api/practice/progress", api.progress),
            Endpoint("GET", goals, api.goals),
            Endpoint("PUT", goal, api.set_goal, (LimitReached, ValidationFailed)),
            Endpoint("DELETE", goal, api.drop_goal, (NotFound,)),
        ],
    )


@dataclass(frozen=True)
class ProgressApi:
    """The endpoints and what they need."""

    store: ProgressStore

    async def progress(self, call: Call[ProgressQuery]) -> Progress:
        """What was measured in practices, one after the other; goals; how regularly somebody practises.

        Goals are those of the language that is asked for, or all.
        """
        query, person_id = call.query, call.principal.id
        points = [point_of(told) for told in await self.store.told(person_id, query)]
        practised = await self.store.practised(person_id, query.language)
        now, offset = self.store.now(), query.offset_minutes
        states = []
        for goal in await self.store.goals(person_id, query.language):
            of = [at for language, at in practised if language == goal.language]
            days = weeks_of(of, now, offset).days
            states.append(state_of(goal, [point for point in points if point.language == goal.language], days))
        weeks = weeks_of([at for _, at in practised], now, offset)
        return Progress(practices=points, goals=states, weeks=weeks)

    async def goals(self, call: Call) -> Goals:
        """What somebody wants to reach."""
        return Goals(items=list(await self.store.goals(call.principal.id)))

    async def set_goal(self, call: Call[Nothing, NewGoal]) -> Goal:
        """Set a goal, or change it."""
        language, measure = call.path["language"], call.path["measure"]
        if not LANGUAGE.fullmatch(language) or not MEASURE.fullmatch(measure):
            field = "measure" if LANGUAGE.fullmatch(language) else "language"
            raise ValidationFailed([FieldFault(field, "invalid", "It is none")])
        if measure == DAYS and (call.body.at_least or 0) not in range(1, MOST_DAYS + 1):
            raise ValidationFailed([FieldFault("at_least", "invalid", "A week has from 1 to 7 days")])
        return await self.store.set_goal(call.principal.id, language, measure, call.body)

    async def drop_goal(self, call: Call) -> None:
        """Give up a goal."""
        await self.store.drop_goal(call.principal.id, call.path["language"], call.path["measure"])
