"""The routes to conversations: the WebSocket of the realtime API, and a ticket in the queue before a full server."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket

from pipeline.errors import LimitReached
from server.api.endpoint import Call, Described, Endpoint
from server.api.serving import api_routes
from server.errors import NotFound, UpgradeRequired
from server.identity.identity import Identity
from server.identity.scopes import REALTIME
from server.identity.warnings import warn
from server.rest import RequestHandler, failure, guarded
from server.services import Services
from server.sessions.websocket_handshake import Handshake
from server.settings.values.origins import SHOWN

NOT_A_WEBSOCKET = (
    "This address takes WebSockets only. If a WebSocket was meant, a proxy on its way did not pass the headers Upgrade and "
    "Connection on."
)

HANDSHAKE = frozenset({"sec-websocket-key", "sec-websocket-version"})
"""What is left of a handshake where a proxy drops `Upgrade` and `Connection`, which are for one hop only."""

FOR_NGINX = "proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;"

SOCKETS = ("/v1/realtime", "/realtime", "/openai/v1/realtime")
"""Stock clients build their address in several ways; see docs/protocol.md."""


class PlaceQuery(Described):
    """Who asks."""

    ticket: Annotated[str, Field(max_length=64)] = ""
    """That of the answer before, which keeps the place; empty for a new one."""


class Place(Described):
    """Where somebody stands in the queue."""

    ticket: str
    before: int
    """How many come first."""
    enter: bool
    """Whether a conversation may begin now, with `&ticket=` in the socket's address."""
    ask_again_s: int


def routes(services: Services) -> list[BaseRoute]:
    """The sockets see to keys by themselves: how they are refused is part of the handshake."""
    sessions = services.sessions
    handshake = Handshake(services.identity, services.client_secrets, sessions)

    async def place(call: Call[PlaceQuery]) -> Place:
        """A place in the queue before a server that is full."""
        return Place.model_validate(await sessions.wait(call.query.ticket))

    return [
        *api_routes(services, [Endpoint("POST", "/api/place", place, (LimitReached,), secret=True)]),
        *(WebSocketRoute(path, handshake.serve) for path in SOCKETS),
        *(Route(path, without_upgrade(services.identity)) for path in SOCKETS),
        WebSocketRoute("/{path:path}", elsewhere),
    ]


async def elsewhere(websocket: WebSocket) -> None:
    """A WebSocket at any other path, perhaps that of a site, which a proxy passed on."""
    path = websocket.url.path[:SHOWN]
    warn(websocket, "a WebSocket was opened at a path that is not known", path=path, known=SOCKETS[0])
    error = NotFound(f"There is no WebSocket at {path}, but at {SOCKETS[0]}.", code="unknown_url")
    await websocket.send_denial_response(failure(error, openai=True))


def without_upgrade(identity: Identity) -> RequestHandler:
    """A WebSocket's address by plain HTTP: somebody is curious, or a proxy passed a handshake on without its `Upgrade`."""

    async def refuse(_request: Request) -> Response:
        response = failure(UpgradeRequired(NOT_A_WEBSOCKET), openai=True)
        response.headers["Upgrade"] = "websocket"
        return response

    guarded_refuse = guarded(refuse, identity, openai=True, scopes=(REALTIME,))

    async def answer(request: Request) -> Response:
        if not HANDSHAKE.isdisjoint(request.headers):
            warn(request, "a proxy passed a WebSocket on as plain HTTP", set=FOR_NGINX, see="docs/deployment.md")
        return await guarded_refuse(request)

    return answer
