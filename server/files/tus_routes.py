"""`/api/files/tus`: uploads that go on after a cut connection, for clients of the tus protocol (https://tus.io).

What it makes is a file of the same id.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.api.endpoint import Call, Endpoint, Method
from server.errors import (
    PreconditionFailed,
    TooLarge,
)
from server.files import tus
from server.files.files import Files
from server.files.form import body_of, content_length
from server.files.resumable import Checksum
from server.files.rows import FileRow, area_of
from server.settings.keeping import FileSettings

PATH = "/api/files/tus"


class UnsupportedProtocol(PreconditionFailed):
    """The client speaks another version of the tus protocol."""

    code = "tus_version"


def tus_endpoints(files: Files) -> list[Endpoint]:
    """The endpoints. What they are asked and what they answer stands in headers, as the protocol says."""
    api = Tus(files)
    return [
        _endpoint("POST", PATH, api.create, 201),
        _endpoint("HEAD", PATH + "/{id}", api.state, 200),
        _endpoint("PATCH", PATH + "/{id}", api.append, 204),
        _endpoint("DELETE", PATH + "/{id}", api.terminate, 204),
    ]


def _endpoint(method: Method, path: str, handler: Callable[[Call], Awaitable[Response]], status: int) -> Endpoint:
    return Endpoint(method, path, handler, status=status, sends=("*/*",), described=False)


def with_protocol_headers(routes: Sequence[BaseRoute], settings: FileSettings) -> Sequence[BaseRoute]:
    """The same routes, whose answers say which protocol they speak."""
    for route in routes:
        assert isinstance(route, Route)
        route.app = _ProtocolHeaders(route.app, settings)
    return routes


@dataclass(frozen=True)
class Tus:
    """The endpoints and what they need."""

    files: Files

    async def create(self, call: Call) -> Response:
        """Begin an upload whose length is told, with its first bytes or without.

        `Upload-Metadata` may have the keys `filename` and `area`.
        """
        headers = call.request.headers
        _check_version(call.request)
        told = tus.metadata(headers)
        area = area_of(told.get("area", "permanent"))
        size, checksum = tus.length(headers), tus.checksum(headers)
        upload = await self.files.resumable.create(call.principal.id, told.get("filename", ""), area, size)
        location = f"{call.request.scope['root_path']}{PATH}/{upload.id}"
        if tus.has_bytes(headers):
            upload = await self._append(call.request, upload, 0, checksum)
        return Response(None, 201, {"Location": location, **tus.told(upload)})

    async def state(self, call: Call) -> Response:
        """Tell how many bytes of an upload have come."""
        _check_version(call.request)
        upload = await self.files.resumable.state(call.principal.id, call.path["id"])
        return Response(None, 200, {"Upload-Length": str(upload.bytes), **tus.told(upload)})

    async def append(self, call: Call) -> Response:
        """Send more bytes of an upload, from `Upload-Offset` on."""
        headers = call.request.headers
        _check_version(call.request)
        tus.check_has_bytes(headers)
        offset = tus.number(headers, "Upload-Offset")
        upload = await self.files.resumable.upload(call.principal.id, call.path["id"])
        upload = await self._append(call.request, upload, offset, tus.checksum(headers))
        return Response(None, 204, tus.told(upload))

    async def terminate(self, call: Call) -> Response:
        """Give an upload up; of one that is complete, the file is deleted."""
        _check_version(call.request)
        await self.files.resumable.upload(call.principal.id, call.path["id"])
        await self.files.removal.delete(call.principal.id, call.path["id"])
        return Response(None, 204)

    async def _append(self, request: Request, upload: FileRow, offset: int, checksum: Checksum | None) -> FileRow:
        if offset == upload.received and (content_length(request.headers) or 0) > upload.bytes - offset:
            raise TooLarge("More bytes come than the upload was to have.")
        return await self.files.resumable.append(upload, offset, body_of(request), checksum)


class _ProtocolHeaders:
    """Adds the protocol's headers to each answer, and lets a header say the method, as the protocol wants it."""

    def __init__(self, app: ASGIApp, settings: FileSettings) -> None:
        self._app, self._most_bytes = app, str(settings.bytes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if method := Headers(scope=scope).get("x-http-method-override"):
            scope["method"] = method.upper()

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Tus-Resumable"] = tus.VERSION
                if message["status"] == 412 or scope["method"] == "OPTIONS":
                    headers["Tus-Version"] = tus.VERSION
                if scope["method"] == "OPTIONS":
                    headers["Tus-Extension"], headers["Tus-Max-Size"] = tus.EXTENSIONS, self._most_bytes
                    headers["Tus-Checksum-Algorithm"] = ",".join(tus.ALGORITHMS)
            await send(message)

        await self._app(scope, receive, send_with_headers)


def _check_version(request: Request) -> None:
    if request.headers.get("tus-resumable") != tus.VERSION:
        raise UnsupportedProtocol(f"Send the header Tus-Resumable: {tus.VERSION}.")
