"""`/api/practice/measures`: what the numbers of reports are, how they are reckoned, and who says so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import ConfigDict
from starlette.routing import BaseRoute

from pipeline.practice.measures.definitions import definitions
from server.api.endpoint import Call, Described, Endpoint
from server.api.serving import api_routes
from server.services import Services


class MeasuresQuery(Described):
    """In which language they are told, and of which language they are."""

    language: Literal["en", "zh"] = "en"
    spoken: Literal["en", "zh"] = "en"
    """What was measured: a pace is in words or in characters."""


class DefinedMeasure(Described):
    """What a measure is."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    part: Literal["measures", "vocabulary"]
    """Of a report, in which it stands."""
    label: str
    unit: str
    """As it is written behind the value."""
    digits: int
    """How many are shown behind the point."""
    definition: str
    formula: str
    source: str
    """Who proposed or uses it."""
    not_said: str
    """What must not be read from it."""


class DefinedMeasures(Described):
    """All of them, in the order of reports."""

    items: Sequence[DefinedMeasure]


def routes(services: Services) -> list[BaseRoute]:
    """The endpoint."""
    return api_routes(services, [Endpoint("GET", "/api/practice/measures", measures)])


async def measures(call: Call[MeasuresQuery]) -> DefinedMeasures:
    """What each number of a report is: its unit, definition, formula and source, and what it does not say."""
    told = definitions(call.query.language, call.query.spoken)
    return DefinedMeasures(items=[DefinedMeasure.model_validate(one) for one in told])
