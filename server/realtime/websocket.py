"""The WebSocket door of the realtime API: who may come in, and the three tasks of a connection."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from secrets import token_hex

import orjson
import structlog
from starlette.responses import JSONResponse
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from pipeline.errors import InvalidRequest, KaikouError, LimitReached
from pipeline.notices import Answered
from pipeline.session import Session
from pipeline.setup import SessionLimits
from server.auth import check_key, origin_allowed, presented_key
from server.characters import Characters
from server.engines import EngineRoom
from server.errors import Unauthorized, openai_error, status_of
from server.metrics import Metrics
from server.realtime.connection import Connection, expiry
from server.realtime.secrets import PREFIX, ClientSecret, ClientSecrets
from server.realtime.server_events import error_event, new_event_id
from server.realtime.session_object import Defaults, SessionObject, setup_of
from server.settings import Settings

log = structlog.get_logger("kaikou")

SUBPROTOCOL = "realtime"
BETA_HEADER, BETA_SUBPROTOCOL = "realtime=v1", "openai-beta.realtime-v1"
BETA_GONE = "The Realtime Beta API is no longer supported. Please use /v1/realtime for the GA API."

SEND_S = 20.0
"""A client that takes nothing for this long is not there any more."""

RETRY_AFTER_S = 15
"""When somebody who finds the server full may try again."""

CLOSE_NORMAL, CLOSE_TRY_LATER, CLOSE_TOO_SLOW, CLOSE_BETA = 1000, 1013, 1008, 4000


@dataclass
class Realtime:
    """Everything that connections share. `open` holds the sessions that are going on."""

    settings: Settings
    room: EngineRoom
    characters: Characters
    metrics: Metrics
    secrets: ClientSecrets
    limits: SessionLimits
    defaults: Defaults
    open: set[Session] = field(default_factory=set)

    async def serve(self, websocket: WebSocket) -> None:
        """Serve one client from its handshake to its end."""
        try:
            secret = self._admit(websocket)
        except KaikouError as error:
            self.metrics.refused.labels(error.code).inc()
            headers = {"Retry-After": str(RETRY_AFTER_S)} if isinstance(error, LimitReached) else {}
            status = 503 if isinstance(error, LimitReached) else status_of(error)
            response = JSONResponse({"error": openai_error(error)}, status, headers)
            await websocket.send_denial_response(response)
            return
        offered = websocket.scope["subprotocols"]
        await websocket.accept(SUBPROTOCOL if SUBPROTOCOL in offered else None)
        if BETA_SUBPROTOCOL in offered or websocket.headers.get("openai-beta") == BETA_HEADER:
            gone = openai_error(InvalidRequest(BETA_GONE, code="beta_api_shape_disabled"))
            await websocket.send_text(_text({"event_id": new_event_id(), **error_event(gone)}))
            await websocket.close(CLOSE_BETA, "beta_api_shape_disabled")
            return
        await self._converse(websocket, secret)

    def _admit(self, websocket: WebSocket) -> ClientSecret | None:
        """Let the client in. Raises `Unauthorized`, `InvalidRequest` or `LimitReached`."""
        if not origin_allowed(self.settings, websocket):
            raise Unauthorized(
                "Pages of this origin may not connect; see the setting allowed_origins.", code="origin_denied"
            )
        key = presented_key(websocket)
        secret = self.secrets.find(key) if key.startswith(PREFIX) else None
        if secret is None:
            check_key(self.settings, key)
        if websocket.query_params.get("intent") == "transcription":
            raise InvalidRequest("Transcription sessions are not supported.", code="not_supported", param="intent")
        if len(self.open) >= self.settings.max_sessions:
            raise LimitReached(
                f"All {self.settings.max_sessions} places are taken; try again in {RETRY_AFTER_S} s.",
                code="server_full",
            )
        return secret

    async def _converse(self, websocket: WebSocket, secret: ClientSecret | None) -> None:
        query = websocket.query_params
        model = query.get("model") or (secret.model if secret else "") or self.settings.default_character
        session_object = secret.session if secret else SessionObject()
        character = self.characters.find(session_object.kaikou.character or model)
        setup = setup_of(session_object, character, self.defaults)
        id = token_hex(4)  # for the log: random, so that it identifies nobody
        observer = self.metrics.observer(id, character.id)
        session = Session(setup, self.room.engines, self.room.workers, self.limits, observer)
        connection = Connection(
            session,
            session_object,
            self.characters,
            model,
            self.defaults,
            append_bytes=self.settings.append_bytes,
            expires_at=expiry(self.settings.session_s),
            extensions=query.get("extensions") == "kaikou",
        )
        self.open.add(session)
        self.metrics.sessions.set(len(self.open))
        log.info("session began", session=id, character=character.id)
        reason = "error"
        try:
            reason = await self._run(websocket, connection)
        finally:
            self.open.discard(session)
            self.metrics.sessions.set(len(self.open))
            log.info("session ended", session=id, reason=reason)

    async def _run(self, websocket: WebSocket, connection: Connection) -> str:
        """The session, its reader, its writer and its watch; the first to end ends all. Returns why it ended."""
        session = connection.session
        names = ("session", "client", "writer", "watch")
        work = (session.run(), _read(websocket, connection), _write(websocket, connection), self._watch(connection))
        tasks = [asyncio.create_task(part, name=name) for name, part in zip(names, work, strict=True)]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            first = next(iter(done))
            if error := first.exception():
                log.error("connection failed", task=first.get_name(), exc_info=error)
            return first.get_name()
        finally:
            session.close()
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            await _close(websocket, *_farewell(connection))

    async def _watch(self, connection: Connection) -> None:
        """Ends when the session has lasted, or has been idle, as long as it may."""
        session, settings = connection.session, self.settings
        async with asyncio.timeout(settings.session_s + 1):
            left = settings.session_s
            while left > 0 and session.idle_s < settings.idle_s and not session.outbox.overflowed:
                nap = min(left, max(1.0, settings.idle_s - session.idle_s), 10.0)
                await asyncio.sleep(nap)
                left -= nap
        if not session.outbox.overflowed:
            why = "has reached its longest duration" if left <= 0 else "was idle for too long"
            error = openai_error(LimitReached(f"Your session {why}.", code="session_expired"))
            session.outbox.put(Answered(error_event(error)))
            await asyncio.sleep(0.2)


async def _read(websocket: WebSocket, connection: Connection) -> None:
    while True:
        message = await websocket.receive()
        if message["type"] == "websocket.disconnect":
            return
        text = message.get("text")
        slices = connection.receive(text) if text is not None else connection.receive_audio(message["bytes"])
        for index, pcm in enumerate(slices):
            if index:
                await asyncio.sleep(0)
            connection.hear(pcm)


async def _write(websocket: WebSocket, connection: Connection) -> None:
    outbox, events = connection.session.outbox, connection.events
    while True:
        notice = await outbox.take()
        for event in events.of(notice):
            try:
                async with asyncio.timeout(SEND_S):
                    await websocket.send_text(_text(event))
            except (TimeoutError, WebSocketDisconnect):
                return


def _text(event: dict[str, object]) -> str:
    return orjson.dumps(event).decode()


def _farewell(connection: Connection) -> tuple[int, str]:
    if connection.session.outbox.overflowed:
        return CLOSE_TOO_SLOW, "the client does not read what it asked for"
    return CLOSE_NORMAL, ""


async def _close(websocket: WebSocket, code: int, reason: str) -> None:
    if websocket.application_state is WebSocketState.CONNECTED and websocket.client_state is WebSocketState.CONNECTED:
        try:
            async with asyncio.timeout(1.0):
                await websocket.close(code, reason)
        except (TimeoutError, RuntimeError, WebSocketDisconnect):
            return
