"""The routes to conversations: the WebSocket of the realtime API, and a ticket in the queue before a full server."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, WebSocketRoute

from server.rest import api_route, success
from server.services import Services
from server.sessions.websocket_handshake import Handshake

SOCKETS = ("/v1/realtime", "/realtime", "/openai/v1/realtime")
"""Stock clients build their address in several ways; see docs/protocol.md."""


def routes(services: Services) -> list[BaseRoute]:
    """The sockets see to keys by themselves: how they are refused is part of the handshake."""
    sessions = services.sessions
    handshake = Handshake(services.settings.server, services.client_secrets, sessions)

    async def place(request: Request) -> Response:
        """A place in the queue. `?ticket=` from the answer before keeps it."""
        return success(await sessions.wait(request.query_params.get("ticket", "")[:64]))

    return [
        api_route("/api/place", place, services.settings.server, "POST"),
        *(WebSocketRoute(path, handshake.serve) for path in SOCKETS),
    ]
