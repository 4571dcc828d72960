"""Whether the server lives and is ready, its metrics, what it runs, and where the time of its turns went."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field
from starlette.responses import Response
from starlette.routing import BaseRoute

from server import VERSION
from server.api.endpoint import Call, Described, Endpoint
from server.api.serving import api_routes
from server.engines.current import CurrentEngines
from server.jobs.jobs import Jobs
from server.operations.advice import advice
from server.operations.metrics import KEPT_TURNS, Metrics
from server.services import Services
from server.starter.starter import Starter


class EngineStatus(Described):
    """An engine and how it does; those of a role come in the order in which they stand in for each other."""

    role: str
    name: str
    state: str
    breaker: str
    languages: list[str]
    note: str


class Health(Described):
    """That the server answers."""

    status: Literal["ok"] = "ok"
    engines: list[EngineStatus]
    jobs: Literal["ok", "unavailable"]
    """Whether background work can be kept and done."""


class LanguageModelStatus(Described):
    """What answers in conversations."""

    name: str
    connected: bool


class Advice(Described):
    """What would make this server better, by language, and the command that does it."""

    code: str
    text: dict[str, str]
    command: str


class Status(Described):
    """What this server runs."""

    version: str
    language_model: LanguageModelStatus
    engines: list[EngineStatus]
    advice: list[Advice]


class TurnsQuery(Described):
    """How many."""

    limit: Annotated[int, Field(ge=1, le=KEPT_TURNS)] = 100


class Readiness(Described):
    """Whether all engines can work."""

    ready: bool
    engines: list[EngineStatus]


def routes(services: Services) -> list[BaseRoute]:
    """`/health` and `/ready` are open to everybody: those who watch a server have no key."""
    operations = Operations(
        services.engines, services.metrics, services.language_model, services.starter, services.jobs
    )
    not_ready = {503: "Not all engines can work."}
    return api_routes(
        services,
        [
            Endpoint("GET", "/health", operations.health, enveloped=False, open=True),
            Endpoint("GET", "/ready", operations.ready, enveloped=False, open=True, also=not_ready),
            Endpoint("GET", "/metrics", operations.exposition, sends=("text/plain",), role="operator"),
            Endpoint("GET", "/api/status", operations.status),
            Endpoint("GET", "/api/turns", operations.turns, role="operator"),
        ],
    )


@dataclass(frozen=True)
class Operations:
    """The endpoints and what they need."""

    engines: CurrentEngines
    metrics: Metrics
    language_model: str
    starter: Starter
    jobs: Jobs

    async def health(self, call: Call) -> Health:
        """The server answers; that is all."""
        return Health(engines=self._engines(), jobs=self.jobs.state)

    async def ready(self, call: Call) -> Readiness:
        """Whether all engines can work."""
        ready = self.engines.current.ready
        call.reply.status_code = 200 if ready else 503
        return Readiness(ready=ready, engines=self._engines())

    async def exposition(self, call: Call) -> Response:
        """The metrics, for Prometheus."""
        return Response(self.metrics.exposition(), media_type="text/plain; version=0.0.4; charset=utf-8")

    async def status(self, call: Call) -> Status:
        """What this server runs and what would make it better."""
        found = advice(self.engines.current, at_work=self.starter.at_work)
        connected = self.engines.current.language_model_connected
        return Status(
            version=VERSION,
            language_model=LanguageModelStatus(name=self.language_model, connected=connected),
            engines=self._engines(),
            advice=[Advice.model_validate(one) for one in found],
        )

    async def turns(self, call: Call[TurnsQuery]) -> list[dict[str, Any]]:
        """Where the time of the latest turns went, in milliseconds, newest last."""
        return list(self.metrics.turns)[-call.query.limit :]

    def _engines(self) -> list[EngineStatus]:
        return [EngineStatus.model_validate(engine) for engine in self.engines.current.describe()]
