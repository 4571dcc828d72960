"""`/api/conversations/{id}/recording`: both sides of a conversation, as they were heard."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response
from starlette.routing import BaseRoute

from server.api.endpoint import Call, Endpoint
from server.api.serving import api_routes
from server.errors import NotFound, StorageError
from server.history.store import ConversationStore
from server.services import Services
from server.storage.objects import Objects
from server.web.ranged import ALSO, ranged_response

TYPE = "audio/ogg"


def routes(services: Services) -> list[BaseRoute]:
    """The endpoint of a conversation's recording."""
    api = RecordingApi(ConversationStore(services.database), services.objects)
    path = "/api/conversations/{id}/recording"
    return api_routes(services, [Endpoint("GET", path, api.read, (NotFound, StorageError), sends=(TYPE,), also=ALSO)])


@dataclass(frozen=True)
class RecordingApi:
    """The endpoint and what it needs."""

    store: ConversationStore
    objects: Objects

    async def read(self, call: Call) -> Response:
        """Listen to a conversation: left the person, right the character. What was said at `at_ms` is heard there.

        `Range` is answered for players that seek.
        """
        row = await self.store.get(call.principal.id, call.path["id"])
        if not row.recording:
            raise NotFound("The conversation was not recorded.", code="recording_not_found")
        return await ranged_response(call.request, self.objects, row.recording["key"], TYPE, f"{row.id}.ogg")
