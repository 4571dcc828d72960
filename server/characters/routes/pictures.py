"""`/api/characters/{id}/picture`: a picture of one's own for a character."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field
from starlette.routing import BaseRoute

from pipeline.errors import InvalidRequest
from server.api.endpoint import Call, Described, Endpoint
from server.api.serving import api_routes
from server.characters.answers import Detailed
from server.characters.editing import Editing
from server.characters.routes.cards import BINARY, UPLOAD_S
from server.characters.routes.presenter import Presenter
from server.characters.transfer.cards import new_picture_key
from server.characters.transfer.pictures import LARGEST_PICTURE, Crop, portrait
from server.characters.transfer.worker_slots import WorkerSlots
from server.errors import FieldFault, Forbidden, NotFound, Overloaded, StorageError, TooLarge, TooSlow, ValidationFailed
from server.rest import body_bytes
from server.services import Services
from server.storage.objects import Objects

Pixels = Annotated[int, Field(ge=0, le=100_000)]


def routes(services: Services) -> list[BaseRoute]:
    """The endpoints."""
    api = PicturesApi(Presenter.by(services), Editing(services.characters.store), services.objects)
    one = "/api/characters/{id}/picture"
    changes = (NotFound, Forbidden, StorageError)
    refused = (InvalidRequest, ValidationFailed, TooLarge, TooSlow, Overloaded)
    return api_routes(
        services,
        [
            Endpoint("POST", one, api.put, (*changes, *refused), receives=BINARY, costly=True),
            Endpoint("DELETE", one, api.remove, changes),
        ],
    )


class PictureQuery(Described):
    """Which square of the picture, in its own pixels as it stands upright: all three, or none for the uppermost one."""

    left: Pixels | None = None
    top: Pixels | None = None
    size: Annotated[int, Field(ge=1, le=100_000)] | None = None

    @property
    def crop(self) -> Crop | None:
        """The square. Raises `ValidationFailed`."""
        given = (self.left, self.top, self.size)
        if self.left is not None and self.top is not None and self.size is not None:
            return Crop(self.left, self.top, self.size)
        if any(value is not None for value in given):
            raise ValidationFailed([FieldFault("size", "missing", "A square has left, top and size")])
        return None


@dataclass(frozen=True)
class PicturesApi:
    """The endpoints and what they need."""

    presenter: Presenter
    editing: Editing
    objects: Objects
    slots: WorkerSlots = field(default_factory=WorkerSlots)

    async def put(self, call: Call[PictureQuery]) -> Detailed:
        """Give a character a picture: PNG, JPEG, WebP or GIF, of at most 16 MiB and 32 million pixels.

        What is kept is a square of 512 pixels, without anything else that stood in the file.
        """
        id, crop = call.path["id"], call.query.crop
        await self.editing.check_may_change(call.principal.id, id)  # before anything is read
        content = await body_bytes(call.request, LARGEST_PICTURE, UPLOAD_S)
        picture = await self.slots.run(portrait, content, crop)
        key = new_picture_key(id)
        await self.objects.put(key, picture)
        try:
            before = await self.editing.set_picture(call.principal.id, id, key)
        except (NotFound, Forbidden):  # it was deleted meanwhile; after all else it may be the picture all the same
            await self.objects.delete(key)
            raise
        if before:
            await self.objects.delete(before)
        return await self.presenter.details(call.request, call.principal, id)

    async def remove(self, call: Call) -> Detailed:
        """Take the picture away; it is drawn again."""
        id = call.path["id"]
        if before := await self.editing.set_picture(call.principal.id, id, ""):
            await self.objects.delete(before)
        return await self.presenter.details(call.request, call.principal, id)
