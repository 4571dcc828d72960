"""`/api/objects/{token}`: what a signed link is to, for whoever has it."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from server.api.endpoint import Call, Endpoint
from server.api.serving import api_routes
from server.errors import NotFound, StorageError
from server.services import Services
from server.storage.links import LONGEST_TOKEN, Links
from server.storage.objects import Objects
from server.web.ranged import ALSO, ranged_response

PATH = "/api/objects"


def routes(services: Services) -> list[BaseRoute]:
    """The endpoint of `/api/objects`, which asks for no key: the link is one."""
    read = Endpoint(
        "GET",
        PATH + "/{token}",
        ObjectsApi(services.links, services.objects).read,
        (NotFound, StorageError),
        sends=("*/*",),
        also=ALSO,
        open=True,
        longest_parameter=LONGEST_TOKEN,
    )
    return api_routes(services, [read])


def link_root(request: Request) -> str:
    """What the address of a link begins with, for who asks with `request`: the path that the site serves us at."""
    return f"{request.scope['root_path']}{PATH}"


def link_to(request: Request, token: str) -> str:
    """The address of a link, for who asks with `request`."""
    return f"{link_root(request)}/{token}"


@dataclass(frozen=True)
class ObjectsApi:
    """The endpoint and what it needs."""

    links: Links
    objects: Objects

    async def read(self, call: Call) -> Response:
        """Read what a signed link is to.

        `Range` is answered for players that seek.
        """
        linked = await self.links.opened(call.path["token"])
        return await ranged_response(call.request, self.objects, linked.key, linked.type, linked.name)
