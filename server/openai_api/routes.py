"""The parts of the OpenAI REST API that realtime clients use: models, client secrets, and the refusal of calls."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from server.characters.catalogue import Characters
from server.engines.current import CurrentEngines
from server.errors import NotFound, NotImplementedYet, invalid_request
from server.identity.scopes import REALTIME
from server.protocol.client_events import check_misplaced
from server.protocol.session_object import SessionObject, transcription_object, updated
from server.rest import json_body, json_response, openai_route, principal_of
from server.services import Services
from server.sessions.client_secrets import ClientSecrets
from server.sessions.limits import DefaultsOf


class ExpiresAfter(BaseModel):
    model_config = ConfigDict(extra="ignore")

    anchor: str = Field(default="created_at", pattern="^created_at$")
    seconds: int = Field(default=600, ge=10, le=7_200)


class SecretRequest(BaseModel):
    model_config = ConfigDict(extra="ignore")

    expires_after: ExpiresAfter = ExpiresAfter()
    session: dict[str, Any] = Field(default_factory=dict)


def routes(services: Services) -> list[BaseRoute]:
    """`/v1`, but for audio and the realtime socket."""
    identity = services.identity
    api = OpenAIApi(services.engines, services.characters, services.client_secrets, services.defaults)
    return [
        openai_route("/v1/models", api.models, identity),
        openai_route("/v1/models/{id:path}", api.model, identity),
        openai_route("/v1/realtime/client_secrets", api.client_secrets, identity, "POST", REALTIME),
        openai_route("/v1/realtime/calls", api.calls, identity, "POST", REALTIME),
    ]


@dataclass
class OpenAIApi:
    """The endpoints and what they need."""

    engines: CurrentEngines
    characters: Characters
    secrets: ClientSecrets
    defaults: DefaultsOf
    created: int = field(default_factory=lambda: int(time.time()))

    async def models(self, request: Request) -> Response:
        """Characters first, each of which is a model to talk to; then the engines."""
        return json_response({"object": "list", "data": [self._model(id) for id in await self._ids(request)]})

    async def model(self, request: Request) -> Response:
        """One model by its id."""
        id = request.path_params["id"]
        if id not in await self._ids(request):
            raise NotFound(f"The model '{id[:64]}' does not exist.", code="model_not_found")
        return json_response(self._model(id))

    async def client_secrets(self, request: Request) -> Response:
        """A short-lived key for a browser, and the session that it will start."""
        body = await json_body(request)
        if isinstance(body, dict):
            check_misplaced(body, "session")
        try:
            asked = SecretRequest.model_validate(body)
        except ValidationError as error:
            raise invalid_request(error) from None
        session = updated(SessionObject(), asked.session, typed=False)
        model = asked.session.get("model")
        model = model if isinstance(model, str) else ""
        secret = await self.secrets.create(asked.expires_after.seconds, session, model, principal_of(request))
        id = {"id": "sess_" + secret.value[-16:]}
        if session.type == "transcription":
            echo = {
                **transcription_object(session, self.defaults(self.engines.current)),
                **id,
                "expires_at": secret.expires_at,
            }
        else:
            echo = {**session.model_dump(), "object": "realtime.session", **id}
            echo = {key: value for key, value in echo.items() if value is not None and key != "kaikou"}
        return json_response({"value": secret.value, "expires_at": secret.expires_at, "session": echo})

    async def calls(self, _request: Request) -> Response:
        """WebRTC is not there yet."""
        raise NotImplementedYet("WebRTC calls are not supported yet; connect a WebSocket to /v1/realtime.")

    async def _ids(self, request: Request) -> list[str]:
        engines = [status.info.name for status in self.engines.current.statuses.values()]
        characters = [character.id for character in await self.characters.everyone(principal_of(request).id)]
        return list(dict.fromkeys([*characters, *engines]))

    def _model(self, id: str) -> dict[str, Any]:
        return {"id": id, "object": "model", "created": self.created, "owned_by": "kaikou"}
