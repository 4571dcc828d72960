"""What `/v1` and `/api` share: bodies read within bounds, the check of the key, and how errors are told in either shape."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from math import ceil
from typing import Any, cast

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from pipeline.engines.within import within
from pipeline.errors import KaikouError
from server.errors import NotFound, RateReached, TooLarge, TooSlow, as_told, details_of, openai_error, status_of
from server.identity.identity import Identity
from server.identity.origins import check_origin
from server.identity.principal import Principal
from server.identity.scopes import check_scopes
from server.identity.warnings import warn
from server.json_text import check_structure, from_json
from server.settings.values.origins import SHOWN, root_path

RequestHandler = Callable[[Request], Awaitable[Response]]

LARGEST_BODY = 1_000_000
"""Bytes of JSON in one request."""

BODY_S = 30.0
"""How long such a body may take to arrive: a megabyte in it is 0.3 Mbit/s."""

RETRY_AFTER_S = 5
"""When to come back to a server that has too much to do."""


def json_response(content: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A JSON response."""
    return Response(orjson.dumps(content), status, headers, "application/json")


async def json_body(request: Request) -> Any:
    """What the request's body says; an empty one says {}. Raises `InvalidRequest`, `TooLarge`, `TooSlow`."""
    body = await body_bytes(request)
    value = from_json(body, "The body") if body else {}
    check_structure(value, "The body")
    return value


async def body_bytes(request: Request, most: int = LARGEST_BODY, most_s: float = BODY_S) -> bytes:
    """The request's body. Raises `TooLarge`, `TooSlow`."""
    too_large = TooLarge(f"The body is too large: at most {most // 1000} kB.")
    if int(request.headers.get("content-length") or 0) > most:
        raise too_large
    body = bytearray()
    try:
        async with within(most_s):
            async for part in request.stream():
                body += part
                if len(body) > most:
                    raise too_large
    except (TimeoutError, ClientDisconnect):
        raise TooSlow(f"The body did not end within {most_s:g} s.") from None
    return bytes(body)


def principal_of(request: Request) -> Principal:
    """Who asks, as the guard before every endpoint found."""
    return cast(Principal, request.state.principal)


def guarded(
    endpoint: RequestHandler, identity: Identity, *, openai: bool = False, scopes: Sequence[str] = ()
) -> RequestHandler:
    """`endpoint` behind the key, which must have `scopes`, its errors told in the shape of `/api`, or of the OpenAI API."""

    async def handle(request: Request) -> Response:
        try:
            request.state.principal = await identity.identify(request)
            check_scopes(request.state.principal, scopes)
            if request.method == "POST":
                check_origin(identity.server, request)
            return await endpoint(request)
        except Exception as error:  # noqa: BLE001 — the request's outermost frame
            return failure(as_told(error, "request failed", path=request.url.path), openai)

    return handle


def openai_route(
    path: str, endpoint: RequestHandler, identity: Identity, method: str = "GET", scope: str = "models:read"
) -> Route:
    """A route of the OpenAI API: behind the key, which must have `scope`, errors in its shape."""
    return Route(path, guarded(endpoint, identity, openai=True, scopes=(scope,)), methods=[method])


def failure(error: KaikouError, openai: bool) -> Response:
    """The answer that tells `error`, in the shape of the OpenAI API or of `/api`."""
    status = status_of(error)
    headers = {"Retry-After": str(RETRY_AFTER_S)} if status in (429, 503) else {}
    if isinstance(error, RateReached):
        headers = {**error.headers, "Retry-After": str(max(1, ceil(error.retry_after_s)))}
    if isinstance(error, TooSlow):  # the rest of the body may never come, and no other request can before it
        headers = {"Connection": "close"}
    if openai:
        return json_response({"error": openai_error(error)}, status, headers)
    body = {"code": error.code, "details": details_of(error)}
    return json_response({"success": False, "data": None, "message": error.message, "error": body}, status, headers)


async def no_such_endpoint(request: Request, error: Exception) -> Response:
    """What starlette says to an unknown address or method, as JSON where clients of the OpenAI API ask."""
    assert isinstance(error, HTTPException)
    if error.status_code == 404 and not in_api(request) and "text/html" in request.headers.get("accept", ""):
        return _no_such_page(request)
    if in_api(request):
        unknown = NotFound(f"There is nothing at {request.url.path[:SHOWN]}.", code="unknown_url")
        return failure(unknown, openai=False)
    if "/v1/" not in request.url.path:
        return PlainTextResponse(error.detail, error.status_code, error.headers)
    message = f"There is no {request.method} {request.url.path[:200]} here."
    code = "method_not_supported" if error.status_code == 405 else "unknown_url"
    body = {"type": "invalid_request_error", "code": code, "message": message, "param": None}
    return json_response({"error": body}, error.status_code, dict(error.headers or {}))


def in_api(request: Request) -> bool:
    """Whether the address is one of `/api`, whose answers all come in its envelope."""
    return request.url.path.removeprefix(request.scope.get("root_path", "")).startswith("/api/")


def _no_such_page(request: Request) -> Response:
    """For a person, who may have come through a proxy that serves us at a path of its site and passes it on."""
    path = request.scope["raw_path"].decode("latin-1")
    try:
        setting = f"KAIKOU_ROOT_PATH={root_path(path)}"
    except ValueError:  # no path of a site
        return PlainTextResponse("Not Found", 404)
    shown = path[:SHOWN]
    warn(request, "a page was asked for at a path that is not known", path=shown, set_if_it_is_a_proxys=setting[:SHOWN])
    return PlainTextResponse(
        f"There is nothing at {shown}.\nIf a proxy serves Kaikou at this path, start it with {setting}, or have the proxy "
        f"strip the path.\n\n{shown} 这里什么都没有。\n"
        f"如果代理在这个路径下提供 Kaikou，请用 {setting} 启动，或者让代理去掉这个路径。\n",
        404,
    )
