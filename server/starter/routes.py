"""`/api/starter`: how far the starter set has come, what it gives, and the presses that stop it and begin it again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from server.engines.current import CurrentEngines
from server.errors import Unauthorized
from server.rest import api_route, principal_of, success
from server.services import Services
from server.starter.starter import Fetching, Starter


def routes(services: Services) -> list[BaseRoute]:
    """The endpoints of `/api/starter`."""
    settings = services.settings
    api = StarterApi(services.starter, services.engines, settings.engines.languages)
    return [
        api_route("/api/starter", api.show, settings.server),
        api_route("/api/starter/stop", api.stop, settings.server, "POST"),
        api_route("/api/starter/start", api.start, settings.server, "POST"),
    ]


@dataclass(frozen=True)
class StarterApi:
    """The endpoints and what they need. languages: those that are spoken here."""

    starter: Starter
    engines: CurrentEngines
    languages: Sequence[str]

    async def show(self, request: Request) -> Response:
        """Where it stands."""
        return success(self._told(request))

    async def stop(self, request: Request) -> Response:
        """Fetch no more."""
        self._check_owner(request)
        self.starter.stop()
        return success(self._told(request))

    async def start(self, request: Request) -> Response:
        """Go on fetching."""
        self._check_owner(request)
        self.starter.start()
        return success(self._told(request))

    def _check_owner(self, request: Request) -> None:
        if principal_of(request).kind != "owner":
            message = "Only whoever runs this server decides what it fetches; see the setting KAIKOU_STARTER."
            raise Unauthorized(message, code="not_the_owner")

    def _told(self, request: Request) -> Mapping[str, Any]:
        starter, owner = self.starter, principal_of(request).kind == "owner"
        return {
            "state": starter.state.value,
            "done": sum(_done(one) for one in starter.fetching),
            "total": sum(_total(one) for one in starter.fetching),
            "hears": self._languages("recognizer"),
            "speaks": self._languages("synthesizer"),
            "entries": [
                {"name": one.entry.name, "publisher": one.entry.publisher, "licence": one.entry.licence}
                for one in starter.fetching
            ],
            "generation": self.engines.current.generation,
            "error": starter.error if owner else "",  # it names folders and mirrors
            "may_change": owner,
        }

    def _languages(self, part: str) -> list[str]:
        """Of those that are spoken here, the languages that something on its way is for."""
        its = {language for one in self.starter.fetching if one.entry.part == part for language in one.entry.languages}
        return [language for language in self.languages if language in its]


def _total(one: Fetching) -> int:
    return one.total or one.entry.mb * 1_000_000


def _done(one: Fetching) -> int:
    return _total(one) if one.installed else min(one.done, _total(one))
