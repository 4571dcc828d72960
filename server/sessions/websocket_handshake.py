"""The WebSocket handshake of the realtime API: who may come in, and is it somebody who comes back?"""

from __future__ import annotations

from dataclasses import dataclass

import orjson
import structlog
from starlette.datastructures import QueryParams
from starlette.responses import JSONResponse
from starlette.websockets import WebSocket, WebSocketState

from pipeline.errors import InvalidRequest, KaikouError, LimitReached
from server.errors import openai_error, status_of
from server.identity.auth import presented_key
from server.identity.identity import Identity
from server.identity.origins import check_origin
from server.identity.principal import Principal
from server.identity.scopes import REALTIME, check_scopes
from server.protocol.server_events import error_event, new_event_id
from server.protocol.session_object import SessionObject
from server.sessions.client_secrets import PREFIX, ClientSecret, ClientSecrets
from server.sessions.live import CLOSE_SUPERSEDED, LiveSession, Superseded
from server.sessions.sessions import RETRY_AFTER_S, Sessions
from server.transports.transport import OutputAudio
from server.transports.websocket import WebSocketTransport

log = structlog.get_logger("kaikou")

SUBPROTOCOL = "realtime"
BETA_HEADER, BETA_SUBPROTOCOL = "realtime=v1", "openai-beta.realtime-v1"
BETA_GONE = "The Realtime Beta API is no longer supported. Please use /v1/realtime for the GA API."
CLOSE_REFUSED, CLOSE_BETA, CLOSE_TRY_LATER = 1008, 4000, 1013


@dataclass
class Handshake:
    """Serves `/v1/realtime`: lets clients in and connects them to their sessions."""

    identity: Identity
    secrets: ClientSecrets
    sessions: Sessions

    async def serve(self, websocket: WebSocket) -> None:
        """Serve one client from its handshake to its end."""
        transport = WebSocketTransport(websocket)
        try:
            principal, secret = await self._identify(websocket)
            live, missed = await self._resume(websocket, principal)
            if live is None:
                async with self.sessions.place(websocket.query_params.get("ticket", "")):
                    if not await _accept(websocket):
                        return
                    live = await self._begin(websocket.query_params, transport, principal, secret)
        except KaikouError as error:
            self.sessions.metrics.refused.labels(error.code).inc()
            await _refuse(websocket, error)
            return
        except Superseded:
            await transport.close(CLOSE_SUPERSEDED, "resumed elsewhere")
            return
        await live.attach(transport, missed)

    async def _identify(self, websocket: WebSocket) -> tuple[Principal, ClientSecret | None]:
        """Who comes, and with which client secret. Raises `OriginDenied`, `Unauthorized`."""
        check_origin(self.identity.server, websocket)
        key = presented_key(websocket)
        secret = await self.secrets.find(key) if key.startswith(PREFIX) else None
        if secret:
            await self.identity.check_grant(secret.principal)
        principal = secret.principal if secret else await self.identity.identify(websocket)
        check_scopes(principal, (REALTIME,))
        return principal, secret

    async def _resume(
        self, websocket: WebSocket, principal: Principal
    ) -> tuple[LiveSession | None, list[str | OutputAudio] | None]:
        """The session that the client comes back to, with the events that it missed; no session if it is a newcomer.

        `attach` must follow at once.
        """
        query = websocket.query_params
        seen = query.get("seen", "")
        live = await self.sessions.resumable(query.get("resume", ""), seen, principal)
        if live is None:
            return None, None
        attempt = live.new_attempt()
        if not await _accept(websocket):
            return None, None
        missed = await live.take_over(seen, attempt)
        if missed is None:  # what it lacks was given up while the connection before was being closed
            return None, None
        log.info("session resumed", session=live.id, missed=len(missed))
        return live, missed

    async def _begin(
        self, query: QueryParams, transport: WebSocketTransport, principal: Principal, secret: ClientSecret | None
    ) -> LiveSession:
        model = query.get("model") or (secret.model if secret else "")
        start = secret.session if secret else _first_object(query.get("intent"))
        extensions = query.get("extensions") == "kaikou"
        continues = query.get("continue", "")
        return await self.sessions.begin(principal, start, model, transport, extensions=extensions, continues=continues)


def _first_object(intent: str | None) -> SessionObject:
    """The session as a client finds it that has not said more than `?intent=`."""
    return SessionObject(type="transcription") if intent == "transcription" else SessionObject()


async def _accept(websocket: WebSocket) -> bool:
    """Open the connection, unless it is open; False for a client of the beta dialect, which is told that it is gone."""
    if websocket.application_state is not WebSocketState.CONNECTING:
        return websocket.application_state is WebSocketState.CONNECTED
    offered = websocket.scope["subprotocols"]
    await websocket.accept(SUBPROTOCOL if SUBPROTOCOL in offered else None)
    if BETA_SUBPROTOCOL not in offered and websocket.headers.get("openai-beta") != BETA_HEADER:
        return True
    await _close(websocket, InvalidRequest(BETA_GONE, code="beta_api_shape_disabled"), CLOSE_BETA)
    return False


async def _refuse(websocket: WebSocket, error: KaikouError) -> None:
    """By HTTP, or with an event and a close code once the connection is open."""
    full = isinstance(error, LimitReached)
    if websocket.application_state is WebSocketState.CONNECTED:
        await _close(websocket, error, CLOSE_TRY_LATER if full else CLOSE_REFUSED)
        return
    headers = {"Retry-After": str(RETRY_AFTER_S)} if full else {}
    response = JSONResponse({"error": openai_error(error)}, 503 if full else status_of(error), headers)
    await websocket.send_denial_response(response)


async def _close(websocket: WebSocket, error: KaikouError, code: int) -> None:
    event = {"event_id": new_event_id(), **error_event(openai_error(error))}
    await websocket.send_text(orjson.dumps(event).decode())
    await websocket.close(code, error.code)
