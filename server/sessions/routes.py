"""The routes to conversations: the WebSocket of the realtime API, and a ticket in the queue before a full server."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket

from server.errors import NotFound, UpgradeRequired
from server.identity.warnings import warn
from server.rest import Endpoint, api_route, failure, guarded, success
from server.services import Services
from server.sessions.websocket_handshake import Handshake
from server.settings.origins import SHOWN
from server.settings.serving import ServerSettings

NOT_A_WEBSOCKET = (
    "This address takes WebSockets only. If a WebSocket was meant, a proxy on its way did not pass the headers Upgrade and "
    "Connection on."
)

HANDSHAKE = frozenset({"sec-websocket-key", "sec-websocket-version"})
"""What is left of a handshake where a proxy drops `Upgrade` and `Connection`, which are for one hop only."""

FOR_NGINX = "proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;"

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
        *(Route(path, without_upgrade(services.settings.server)) for path in SOCKETS),
        WebSocketRoute("/{path:path}", elsewhere),
    ]


async def elsewhere(websocket: WebSocket) -> None:
    """A WebSocket at any other path, perhaps that of a site, which a proxy passed on."""
    path = websocket.url.path[:SHOWN]
    warn(websocket, "a WebSocket was opened at a path that is not known", path=path, known=SOCKETS[0])
    error = NotFound(f"There is no WebSocket at {path}, but at {SOCKETS[0]}.", code="unknown_url")
    await websocket.send_denial_response(failure(error, openai=True))


def without_upgrade(settings: ServerSettings) -> Endpoint:
    """A WebSocket's address by plain HTTP: somebody is curious, or a proxy passed a handshake on without its `Upgrade`."""

    async def refuse(_request: Request) -> Response:
        response = failure(UpgradeRequired(NOT_A_WEBSOCKET), openai=True)
        response.headers["Upgrade"] = "websocket"
        return response

    guarded_refuse = guarded(refuse, settings, openai=True)

    async def answer(request: Request) -> Response:
        if not HANDSHAKE.isdisjoint(request.headers):
            warn(request, "a proxy passed a WebSocket on as plain HTTP", set=FOR_NGINX, see="docs/deployment.md")
        return await guarded_refuse(request)

    return answer
