"""What web pages of other origins may read: everything that the API answers, its errors too, where the settings name them.

Without credentials, for keys are sent by the page itself and there are no cookies.
"""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.errors import OriginDenied
from server.identity.origins import check_origin, named_in_settings
from server.rest import failure
from server.settings.serving import ServerSettings
from server.settings.values.origins import ANY

METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
READABLE = "*, ETag, Location, RateLimit, RateLimit-Policy, Retry-After, X-Request-Id"
"""Every header; by name those that clients read, for browsers that do not know the star, the last from a proxy's hand."""

PREFLIGHT_S = 600
"""How long a browser may remember what it was told."""


class CrossOrigin:
    """Answers what browsers ask beforehand, and adds to each answer who may read it. Plain ASGI."""

    def __init__(self, app: ASGIApp, server: ServerSettings) -> None:
        self._app, self._server = app, server

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        origin = headers.get("origin", "")
        may_read = origin != "" and named_in_settings(self._server, origin)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                told = MutableHeaders(scope=message)
                if may_read:
                    told["Access-Control-Allow-Origin"] = ANY if ANY in self._server.allowed_origins else origin
                    told["Access-Control-Expose-Headers"] = READABLE
                if self._server.allowed_origins:  # a cache must not give one page's answer to another
                    told.add_vary_header("Origin")
            await send(message)

        if origin and scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
            await self._preflight(Request(scope))(scope, receive, send_with_headers)
        else:
            await self._app(scope, receive, send_with_headers)

    def _preflight(self, request: Request) -> Response:
        try:
            check_origin(self._server, request)
        except OriginDenied as error:
            return failure(error, openai=True)
        answer = {"Access-Control-Allow-Methods": METHODS, "Access-Control-Max-Age": str(PREFLIGHT_S)}
        if wanted := request.headers.get("access-control-request-headers"):
            answer["Access-Control-Allow-Headers"] = wanted
        if request.headers.get("access-control-request-private-network") == "true":
            answer["Access-Control-Allow-Private-Network"] = "true"
        vary = "Access-Control-Request-Method, Access-Control-Request-Headers"
        return Response(status_code=204, headers={**answer, "Vary": vary})
