"""The doors to conversations: the WebSocket of the realtime API, and a place in the line before a full server."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, WebSocketRoute

from server.rest import api_route, success
from server.services import Services

SOCKETS = ("/v1/realtime", "/realtime", "/openai/v1/realtime")
"""Stock clients build their address in several ways; see docs/protocol.md."""


def routes(services: Services) -> list[BaseRoute]:
    """The sockets see to keys by themselves: how they are refused is part of the handshake."""
    realtime = services.realtime

    async def place(request: Request) -> Response:
        """A place in the line. `?ticket=` from the answer before keeps it."""
        return success(realtime.wait(request.query_params.get("ticket", "")[:64]))

    return [
        api_route("/api/place", place, services.settings.server, "POST"),
        *(WebSocketRoute(path, realtime.serve) for path in SOCKETS),
    ]
