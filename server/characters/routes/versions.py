"""`/api/characters/{id}/versions`: what was saved, to compare and to bring back."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.routing import BaseRoute

from server.api.endpoint import Call, Endpoint
from server.api.etags import DIGITS, expected_version
from server.api.paging import Page, PageQuery, key_of, page_of
from server.api.serving import api_routes
from server.characters.answers import Detailed, FileVersion, Version
from server.characters.editing import Editing
from server.characters.routes.presenter import Presenter
from server.errors import Forbidden, NotFound, PreconditionFailed, ValidationFailed
from server.services import Services


def routes(services: Services) -> list[BaseRoute]:
    """The endpoints."""
    api = VersionsApi(Presenter.by(services), Editing(services.characters.store))
    all_ = "/api/characters/{id}/versions"
    restoring = (NotFound, Forbidden, PreconditionFailed, ValidationFailed)
    return api_routes(
        services,
        [
            Endpoint("GET", all_, api.listed, (NotFound,)),
            Endpoint("GET", f"{all_}/{{version}}", api.show, (NotFound,), etag=True),
            Endpoint("POST", f"{all_}/{{version}}/restore", api.restore, restoring, etag=True),
        ],
    )


@dataclass(frozen=True)
class VersionsApi:
    """The endpoints and what they need."""

    presenter: Presenter
    editing: Editing

    async def listed(self, call: Call[PageQuery]) -> Page[Version]:
        """The versions of a character of one's own, the newest first.

        The oldest of more than fifty, or of some long ones, are gone.
        """
        (before,) = key_of(call.query.cursor, int) or (None,)
        store, id = self.editing.store, call.path["id"]
        rows = await store.versions(id, call.principal.id, before, call.query.limit)
        versions = [Version(version=row.version, created_at=row.created_at) for row in rows]
        return page_of(versions, call.query.limit, lambda one: (one.version,))

    async def show(self, call: Call) -> FileVersion:
        """One version, whole."""
        row = await self.editing.store.version(call.path["id"], call.principal.id, _number(call.path["version"]))
        return FileVersion(version=row.version, created_at=row.created_at, file=row.file)

    async def restore(self, call: Call) -> Detailed:
        """Save what an earlier version says as the newest one."""
        id, person_id = call.path["id"], call.principal.id
        row = await self.editing.store.version(id, person_id, _number(call.path["version"]))
        await self.editing.save(person_id, id, row.file, None, expected_version(call.request))
        return await self.presenter.details(call.request, call.principal, id)


def _number(version: str) -> int:
    """Of a version in a path. Raises `NotFound`."""
    if not version.isascii() or not version.isdecimal() or len(version) > DIGITS:
        raise NotFound("There is no such version of the character.", code="version_not_found")
    return int(version)
