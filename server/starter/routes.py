"""`/api/starter`: how far the starter set has come, what it gives, and the presses that stop it and begin it again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.routing import BaseRoute

from server.api.endpoint import Call, Described, Endpoint
from server.api.serving import api_routes
from server.engines.current import CurrentEngines
from server.errors import Unauthorized
from server.identity.principal import Principal
from server.services import Services
from server.starter.starter import Fetching, Starter, StarterState


class StarterEntry(Described):
    """Something that is fetched."""

    name: str
    publisher: str
    licence: str


class StarterStatus(Described):
    """How far it has come. `done` and `total` are bytes; `hears` and `speaks` the languages that it is for."""

    state: StarterState
    done: int
    total: int
    hears: list[str]
    speaks: list[str]
    entries: list[StarterEntry]
    generation: int
    """Counts how often the server's engines were replaced."""
    error: str
    may_change: bool
    """Whether who asks may stop it and begin it again."""


def routes(services: Services) -> list[BaseRoute]:
    """The endpoints of `/api/starter`."""
    api = StarterApi(services.starter, services.engines, services.settings.engines.languages)
    return api_routes(
        services,
        [
            Endpoint("GET", "/api/starter", api.show),
            Endpoint("POST", "/api/starter/stop", api.stop),
            Endpoint("POST", "/api/starter/start", api.start),
        ],
    )


@dataclass(frozen=True)
class StarterApi:
    """The endpoints and what they need. languages: those that are spoken here."""

    starter: Starter
    engines: CurrentEngines
    languages: Sequence[str]

    async def show(self, call: Call) -> StarterStatus:
        """Where it stands."""
        return self._told(call.principal)

    async def stop(self, call: Call) -> StarterStatus:
        """Fetch no more."""
        self._check_owner(call.principal)
        self.starter.stop()
        return self._told(call.principal)

    async def start(self, call: Call) -> StarterStatus:
        """Go on fetching."""
        self._check_owner(call.principal)
        self.starter.start()
        return self._told(call.principal)

    def _check_owner(self, principal: Principal) -> None:
        if not _may_change(principal):
            message = "Only whoever runs this server decides what it fetches; see the setting KAIKOU_STARTER."
            raise Unauthorized(message, code="not_the_owner")

    def _told(self, principal: Principal) -> StarterStatus:
        starter, owner = self.starter, _may_change(principal)
        return StarterStatus(
            state=starter.state,
            done=sum(_done(one) for one in starter.fetching),
            total=sum(_total(one) for one in starter.fetching),
            hears=self._languages("recognizer"),
            speaks=self._languages("synthesizer"),
            entries=[
                StarterEntry(name=one.entry.name, publisher=one.entry.publisher, licence=one.entry.licence)
                for one in starter.fetching
            ],
            generation=self.engines.current.generation,
            error=starter.error if owner else "",  # it names folders and mirrors
            may_change=owner,
        )

    def _languages(self, part: str) -> list[str]:
        """Of those that are spoken here, the languages that something on its way is for."""
        its = {language for one in self.starter.fetching if one.entry.part == part for language in one.entry.languages}
        return [language for language in self.languages if language in its]


def _total(one: Fetching) -> int:
    return one.total or one.entry.mb * 1_000_000


def _done(one: Fetching) -> int:
    return _total(one) if one.installed else min(one.done, _total(one))


def _may_change(principal: Principal) -> bool:
    """Whoever runs the server, on their own machine or logged in; keys of the settings are for programs."""
    return principal.role in ("owner", "operator") and principal.kind in ("owner", "login")
