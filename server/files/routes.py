"""`/api/files`: upload, list, read, rename, move and delete files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from pipeline.errors import InvalidRequest
from server.api.endpoint import Call, Endpoint, Nothing
from server.api.etags import expected_version
from server.api.paging import key_of, page_of
from server.api.serving import api_routes
from server.errors import (
    NotFound,
    PreconditionFailed,
    QuotaExceeded,
    StorageFull,
    TooLarge,
    TooSlow,
    UnsupportedMediaType,
    ValidationFailed,
)
from server.files.answers import Edit, File, FileList, ListQuery, Room, Uploaded, UploadQuery
from server.files.files import Files
from server.files.form import MULTIPART
from server.files.names import harmless
from server.files.rows import FileRow
from server.files.storing import object_key
from server.files.tus_routes import tus_endpoints, with_protocol_headers
from server.services import Services
from server.storage.links import Links
from server.storage.objects import Objects
from server.web.objects import link_to
from server.web.ranged import ALSO, ranged_response

LINK_S = 24 * 3600

FORM: Any = {
    "type": "object",
    "properties": {
        "area": {"enum": ["temporary", "permanent"]},
        "file": {"type": "array", "items": {"type": "string", "format": "binary", "minLength": 1}, "minItems": 1},
    },
    "required": ["file"],
}


def routes(services: Services) -> list[BaseRoute]:
    """The endpoints of `/api/files`, those of the tus protocol among them."""
    api = FilesApi(services.files, services.objects, services.links)
    one, edits = "/api/files/{id}", (NotFound, PreconditionFailed, ValidationFailed)
    uploads = (InvalidRequest, UnsupportedMediaType, ValidationFailed, TooLarge, QuotaExceeded, TooSlow, StorageFull)
    endpoints = [
        Endpoint("POST", "/api/files/upload", api.upload, uploads, status=201, receives=(MULTIPART, FORM)),
        Endpoint("GET", "/api/files", api.list_files),
        Endpoint("GET", one, api.show, (NotFound,), etag=True),
        Endpoint("PATCH", one, api.edit, edits, etag=True),
        Endpoint("DELETE", one, api.delete, (NotFound,)),
        Endpoint("GET", f"{one}/content", api.content, (NotFound,), sends=("*/*",), also=ALSO),
    ]
    tus = api_routes(services, tus_endpoints(services.files))
    return [*with_protocol_headers(tus, services.files.settings), *api_routes(services, endpoints)]


@dataclass(frozen=True)
class FilesApi:
    """The endpoints and what they need."""

    files: Files
    objects: Objects
    links: Links

    async def upload(self, call: Call[UploadQuery]) -> Uploaded:
        """Upload files: all files of the form, or none.

        They come in as they are sent, so that their size is bounded by what you may have, and by nothing else.
        """
        made = await self.files.uploads.receive(call.principal.id, call.request, call.query.area)
        return Uploaded(
            files=[await self._told(call.request, row) for row in made],
            usage=Room.of(await self.files.rows.usage(call.principal.id), self.files.settings),
        )

    async def list_files(self, call: Call[ListQuery]) -> FileList:
        """List files, the newest first, and how much room there is."""
        before = key_of(call.query.cursor, int, str)
        rows, usage = await self.files.rows.page(call.principal.id, call.query.area, before, call.query.limit + 1)
        page = page_of(rows, call.query.limit, lambda row: (row.created_at, row.id))
        items = [await self._told(call.request, row) for row in page.items]
        return FileList(items=items, next=page.next, usage=Room.of(usage, self.files.settings))

    async def show(self, call: Call) -> File:
        """Tell about a file."""
        return await self._told(call.request, await self.files.rows.file(call.principal.id, call.path["id"]))

    async def edit(self, call: Call[Nothing, Edit]) -> File:
        """Rename a file, or move it to the other area.

        What is moved to the temporary area is deleted after a day.
        """
        name, version = call.body.name, expected_version(call.request)
        name = None if name is None else harmless(name)
        row = await self.files.rows.edit(call.principal.id, call.path["id"], name, call.body.area, version)
        return await self._told(call.request, row)

    async def delete(self, call: Call) -> None:
        """Delete a file, or give up its upload."""
        await self.files.removal.delete(call.principal.id, call.path["id"])

    async def content(self, call: Call) -> Response:
        """Read a file.

        `Range` is answered for players that seek. Whatever it is, it is told so that it can do no harm in a browser.
        """
        row = await self.files.rows.file(call.principal.id, call.path["id"])
        return await ranged_response(call.request, self.objects, object_key(row.id), row.type, row.name)

    async def _told(self, request: Request, row: FileRow) -> File:
        token = await self.links.token(object_key(row.id), row.type, row.name, LINK_S)
        return File(
            id=row.id,
            name=row.name,
            type=row.type,
            bytes=row.bytes,
            sha256=row.sha256,
            area=row.area,
            created_at=row.created_at,
            expires_at=row.expires_at,
            version=row.version,
            link=link_to(request, token),
        )
