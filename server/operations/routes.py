"""Whether the server lives and is ready, its metrics, what it runs, and where the time of its turns went."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from server import VERSION
from server.engines.current import CurrentEngines
from server.operations.advice import advice
from server.operations.metrics import Metrics
from server.rest import api_route, json_response, success
from server.services import Services
from server.starter.starter import Starter


def routes(services: Services) -> list[BaseRoute]:
    """`/health` and `/ready` are open to everybody: those who watch a server have no key."""
    operations = Operations(services.engines, services.metrics, services.language_model, services.starter)
    return [
        Route("/health", operations.health),
        Route("/ready", operations.ready),
        api_route("/metrics", operations.exposition, services.settings.server),
        api_route("/api/status", operations.status, services.settings.server),
        api_route("/api/turns", operations.turns, services.settings.server),
    ]


@dataclass(frozen=True)
class Operations:
    """The endpoints and what they need."""

    engines: CurrentEngines
    metrics: Metrics
    language_model: str
    starter: Starter

    async def health(self, _request: Request) -> Response:
        """The server answers; that is all."""
        return json_response({"status": "ok", "engines": self.engines.current.describe()})

    async def ready(self, _request: Request) -> Response:
        """Whether all engines can work."""
        ready = self.engines.current.ready
        return json_response({"ready": ready, "engines": self.engines.current.describe()}, 200 if ready else 503)

    async def exposition(self, _request: Request) -> Response:
        """The metrics, for Prometheus."""
        return Response(self.metrics.exposition(), media_type="text/plain; version=0.0.4; charset=utf-8")

    async def status(self, _request: Request) -> Response:
        """What this server runs and what would make it better."""
        data: dict[str, Any] = {
            "version": VERSION,
            "language_model": {"name": self.language_model, "connected": self.engines.current.language_model_connected},
            "engines": self.engines.current.describe(),
            "advice": advice(self.engines.current, at_work=self.starter.at_work),
        }
        return success(data)

    async def turns(self, request: Request) -> Response:
        """Where the time of the latest turns went, newest last. `?limit=` (100)."""
        limit = request.query_params.get("limit", "100")
        kept = list(self.metrics.turns)
        return success(kept[-int(limit) :] if limit.isdecimal() and int(limit) else kept)
