"""Declared endpoints → starlette's routes: who asks, what they send and what they are answered is seen to in one way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from pipeline.errors import KaikouError
from server.api.endpoint import Call, Endpoint, Nothing
from server.api.etags import etag_of, is_known
from server.api.idempotency import IdempotencyKeys, fingerprint_of
from server.api.reading import check_path, parse_body, read_query
from server.errors import UNEXPECTED, Forbidden, MethodNotAllowed, as_told, log
from server.identity.origins import check_origin
from server.identity.principal import Principal, Role
from server.identity.scopes import check_scopes
from server.rest import body_bytes, failure
from server.services import Services

RANKS: Sequence[Role] = ("guest", "member", "operator", "owner")
"""Roles, from the least."""

NOBODY = Principal("", "login", "guest", frozenset())
"""Who asks where nobody is asked who they are."""


def api_routes(services: Services, endpoints: Iterable[Endpoint]) -> list[BaseRoute]:
    """The routes that serve `endpoints`, one for each path."""
    by_path: dict[str, dict[str, Endpoint]] = {}
    for endpoint in endpoints:
        methods = by_path.setdefault(endpoint.path, {})
        if endpoint.method in methods:
            raise ValueError(f"{endpoint.method} {endpoint.path} is declared twice")
        methods[endpoint.method] = endpoint
    return [ApiRoute(path, methods, services) for path, methods in by_path.items()]


class ApiRoute(Route):
    """All methods of one path. It is logged as it is declared: what is filled in may be a link, which is a key."""

    def __init__(self, path: str, endpoints: Mapping[str, Endpoint], services: Services) -> None:
        super().__init__(path, self._answer)
        self.methods = None  # a wrong method is told in the envelope, too
        self.endpoints, self._identity, self._limits = endpoints, services.identity, services.limits
        self._keys = IdempotencyKeys(services.database)

    @property
    def allowed(self) -> str:
        """The methods, as the header Allow lists them."""
        head = {"HEAD"} if "GET" in self.endpoints else set()
        return ", ".join(sorted({*self.endpoints, *head, "OPTIONS"}))

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request. Where the pieces of an answer fail, the connection is cut, so that nobody takes it for whole."""
        try:
            await super().handle(scope, receive, send)
        except KaikouError as error:  # all else was told by `_answer`
            log.warning("an answer was cut short", path=self.path, code=error.code, reason=error.message)

    async def _answer(self, request: Request) -> Response:
        told: dict[str, str] = {}  # headers that go out with every answer, good or bad
        try:
            response = await self._answered(request, told)
        except Exception as error:  # noqa: BLE001 — the request's outermost frame
            response = failure(as_told(error, "request failed", path=self.path), openai=False)
        for name, value in told.items():
            response.headers.setdefault(name, value)
        return response

    async def _answered(self, request: Request, told: dict[str, str]) -> Response:
        told |= await self._limits.count_address(request)
        if request.method == "OPTIONS":
            return Response(status_code=204, headers={"Allow": self.allowed})
        endpoint = self.endpoints.get(request.method)
        if endpoint is None and request.method == "HEAD":
            endpoint = self.endpoints.get("GET")
        if endpoint is None:
            told["Allow"] = self.allowed
            raise MethodNotAllowed(f"This address takes {self.allowed} only.")
        principal = await self._admit(endpoint, request)
        if not endpoint.open:
            told |= await self._limits.count_person(endpoint, principal)
        response = await _done(endpoint, request, principal, self._keys)
        if request.method == "HEAD" and isinstance(response, StreamingResponse):  # it may have no end
            head = Response(None, response.status_code)
            head.raw_headers = response.raw_headers
            return head
        return response

    async def _admit(self, endpoint: Endpoint, request: Request) -> Principal:
        principal = NOBODY if endpoint.open else await self._identity.identify(request)
        request.state.principal = principal
        if not endpoint.open:
            check_may(endpoint, principal)
        if endpoint.changes:
            check_origin(self._identity.server, request)
        return principal


async def _done(endpoint: Endpoint, request: Request, principal: Principal, keys: IdempotencyKeys) -> Response:
    check_path(request, endpoint.longest_parameter)
    query = read_query(request, endpoint.query) if endpoint.query is not Nothing else Nothing()
    data = await body_bytes(request) if endpoint.body else b""
    body = parse_body(request, data, endpoint.body) if endpoint.body else None
    call: Call[Any, Any] = Call(request, principal, query, body, Response(status_code=endpoint.status))

    async def work() -> Response:
        try:
            answer = await endpoint.handler(call)
        except ValidationError as error:  # of something of ours: what the client sent was checked before
            log.error("request failed", exc_info=error, path=endpoint.path)
            raise UNEXPECTED from error
        return _with_headers_of(call.reply, _written(endpoint, call, answer))

    key = request.headers.get("idempotency-key")
    if key is None or not endpoint.takes_idempotency_key:
        return await work()
    return await keys.once(principal.id, key, fingerprint_of(request, data), work)


def check_may(endpoint: Endpoint, principal: Principal) -> None:
    """Raises `Forbidden` if this is not for whoever asks, or not for the key that they show."""
    if RANKS.index(principal.role) < RANKS.index(endpoint.role):
        raise Forbidden(f"This is for the role '{endpoint.role}' and above; yours is '{principal.role}'.")
    check_scopes(principal, endpoint.needs)


def _written(endpoint: Endpoint, call: Call[Any, Any], answer: Any) -> Response:
    if endpoint.sends:
        response: Response = answer
        return response
    data = endpoint.answer.dump_json(answer)
    body = b'{"success":true,"data":%b,"message":"","error":null}' % data if endpoint.enveloped else data
    headers = {}
    if endpoint.etag:
        headers = {"ETag": etag_of(data, answer), "Cache-Control": "no-cache"}
        if not endpoint.changes and is_known(call.request, headers["ETag"]):
            return Response(status_code=304, headers=headers)
    return Response(body, call.reply.status_code, headers, "application/json")


def _with_headers_of(reply: Response, response: Response) -> Response:
    """`response`, with what the handler set on `reply`."""
    response.raw_headers += [header for header in reply.raw_headers if header[0] != b"content-length"]
    return response
