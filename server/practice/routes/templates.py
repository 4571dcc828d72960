"""`/api/practice/templates`: roles and scenes, built-in and of one's own."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.routing import BaseRoute

from server.api.endpoint import Call, Endpoint, Nothing
from server.api.etags import expected_version
from server.api.serving import api_routes
from server.errors import FieldFault, NotFound, PreconditionFailed, QuotaExceeded, TooLarge, ValidationFailed
from server.practice.templates.answers import (
    DetailedTemplate,
    NewTemplate,
    NewTemplateVersion,
    TemplateList,
    TemplateQuery,
    TemplateSummary,
)
from server.practice.templates.catalogue import Templates
from server.services import Services

NOT_KEPT = (ValidationFailed, TooLarge)
"""What is wrong with what was sent."""


def routes(services: Services) -> list[BaseRoute]:
    """The endpoints."""
    api = TemplatesApi(services.practices.templates)
    all_, one = "/api/practice/templates", "/api/practice/templates/{id}"
    return api_routes(
        services,
        [
            Endpoint("GET", all_, api.listed),
            Endpoint("POST", all_, api.create, (NotFound, QuotaExceeded, *NOT_KEPT), status=201, etag=True),
            Endpoint("GET", one, api.show, (NotFound,), etag=True),
            Endpoint("PUT", one, api.save, (NotFound, PreconditionFailed, *NOT_KEPT), etag=True),
            Endpoint("DELETE", one, api.delete, (NotFound,)),
        ],
    )


@dataclass(frozen=True)
class TemplatesApi:
    """The endpoints and what they need."""

    templates: Templates

    async def listed(self, call: Call[TemplateQuery]) -> TemplateList:
        """Roles for interviews and scenes for practising a language: one's own, then the built-in ones."""
        found = await self.templates.all(call.principal.id, call.query.kind)
        return TemplateList(items=[TemplateSummary.of(one) for one in found])

    async def create(self, call: Call[Nothing, NewTemplate]) -> DetailedTemplate:
        """Make one of one's own, from a file or as a copy of another one."""
        file, person_id = call.body.file, call.principal.id
        if (file is None) == (not call.body.copy_of):
            raise ValidationFailed([FieldFault("file", "missing", "Send a `file`, or `copy_of`, and not both")])
        if file is None:
            file = dict((await self.templates.get(person_id, call.body.copy_of)).file)
        id = await self.templates.own.create(person_id, file)
        return DetailedTemplate.of(await self.templates.get(person_id, id))

    async def show(self, call: Call) -> DetailedTemplate:
        """A role or a scene with all that its file says."""
        return DetailedTemplate.of(await self.templates.get(call.principal.id, call.path["id"]))

    async def save(self, call: Call[Nothing, NewTemplateVersion]) -> DetailedTemplate:
        """Save one of one's own. Practices that were planned with it stay as they are."""
        id, person_id = call.path["id"], call.principal.id
        await self.templates.own.save(person_id, id, call.body.file, expected_version(call.request))
        return DetailedTemplate.of(await self.templates.get(person_id, id))

    async def delete(self, call: Call) -> None:
        """Delete one of one's own. Practices that were planned with it stay as they are."""
        await self.templates.own.delete(call.principal.id, call.path["id"])
