"""The WebSocket door of the realtime API: who may come in, who comes back, and how everybody is seen off."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from secrets import token_hex, token_urlsafe
from typing import Any

import orjson
import structlog
from starlette.responses import JSONResponse
from starlette.websockets import WebSocket

from pipeline.conversation.journal import Journal
from pipeline.errors import InvalidRequest, KaikouError, LimitReached
from pipeline.session import Session
from pipeline.setup import SessionLimits
from server.characters.catalogue import Characters
from server.engines.room import EngineRoom
from server.errors import Unauthorized, openai_error, status_of
from server.identity.auth import identify, origin_allowed, presented_key
from server.identity.client_secrets import PREFIX, ClientSecret, ClientSecrets
from server.identity.principal import Principal
from server.metrics import Metrics
from server.realtime.connection import Connection, expiry
from server.realtime.server_events import error_event, new_event_id
from server.realtime.session_object import Defaults, SessionObject, setup_of
from server.sessions.admission import Admission
from server.sessions.live import CLOSE_RESTART, Live
from server.sessions.waiting import WaitingLine
from server.settings.conversations import Sessions
from server.settings.serving import Server

log = structlog.get_logger("kaikou")

SUBPROTOCOL = "realtime"
BETA_HEADER, BETA_SUBPROTOCOL = "realtime=v1", "openai-beta.realtime-v1"
BETA_GONE = "The Realtime Beta API is no longer supported. Please use /v1/realtime for the GA API."
CLOSE_BETA, CLOSE_TRY_LATER = 4000, 1013

RETRY_AFTER_S = 15
"""When somebody who finds the server full may try again."""

THINKING_S = 20.0
"""Who says nothing for longer than this is not in the middle of a conversation."""

TICK_S = 0.02
"""How often the loop's lag is sampled."""


@dataclass
class Realtime:
    """Everything that connections share. `live` holds the sessions that go on, by token."""

    server: Server
    settings: Sessions
    room: EngineRoom
    characters: Characters
    metrics: Metrics
    secrets: ClientSecrets
    limits: SessionLimits
    defaults: Defaults
    admission: Admission
    line: WaitingLine = field(default_factory=WaitingLine)
    live: dict[str, Live] = field(default_factory=dict)
    draining: bool = False
    _tasks: asyncio.TaskGroup | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Owns the sessions: all have ended when the block is left."""
        async with asyncio.TaskGroup() as self._tasks:
            measuring = self._tasks.create_task(self._measure())
            try:
                yield
            finally:
                measuring.cancel()
                for live in list(self.live.values()):
                    live.end(CLOSE_RESTART, "the server stops")

    async def drain(self) -> None:
        """Take nobody in any more, let turns that go on finish (bounded), and tell clients to come back."""
        self.draining = True
        deadline = time.monotonic() + self.settings.drain_s
        while self.live:
            late = time.monotonic() > deadline
            for live in list(self.live.values()):
                if late or live.connection.session.at_rest:
                    live.end(CLOSE_RESTART, "the server restarts; connect again")
            await asyncio.sleep(0.1)

    @property
    def talking(self) -> bool:
        """Whether a conversation goes on: somebody is speaking or being answered, or was a moment ago."""
        sessions = (live.connection.session for live in self.live.values())
        return any(not session.at_rest or session.idle_s < THINKING_S for session in sessions)

    def wait(self, ticket: str) -> dict[str, Any]:
        """Where a client stands that found no place: its ticket, how many are before it, and whether it may come now."""
        now, free = time.monotonic(), 0 if self.draining else self.admission.free(len(self.live))
        ticket, before = self.line.ask(ticket, now)
        enter = self.line.may_enter(ticket, free, now)
        return {"ticket": ticket, "before": before, "enter": enter, "ask_again_s": 3}

    # --- Coming in ----------------------------------------------------------------------------------------------------

    async def serve(self, websocket: WebSocket) -> None:
        """Serve one client from its handshake to its end."""
        seen = websocket.query_params.get("seen", "")
        back = self.live.get(websocket.query_params.get("resume", ""))
        back = back if back and back.can_resume(seen) else None
        try:
            principal, secret = await self._admit(websocket, back)
        except KaikouError as error:
            self.metrics.refused.labels(error.code).inc()
            await _refuse(websocket, error)
            return
        offered = websocket.scope["subprotocols"]
        await websocket.accept(SUBPROTOCOL if SUBPROTOCOL in offered else None)
        if BETA_SUBPROTOCOL in offered or websocket.headers.get("openai-beta") == BETA_HEADER:
            gone = openai_error(InvalidRequest(BETA_GONE, code="beta_api_shape_disabled"))
            await websocket.send_text(orjson.dumps({"event_id": new_event_id(), **error_event(gone)}).decode())
            await websocket.close(CLOSE_BETA, "beta_api_shape_disabled")
            return
        missed = await back.take_over(seen) if back else None
        if back and missed is not None:
            log.info("session resumed", session=back.id, missed=len(missed))
            await back.attach(websocket, missed)
            return
        if back:  # What it lacks was given up while the connection before was being closed.
            try:
                self._take_place(websocket)
            except LimitReached as error:
                await websocket.close(CLOSE_TRY_LATER, error.code)
                return
        await (await self._begin(websocket, principal, secret)).attach(websocket)

    async def _admit(self, websocket: WebSocket, back: Live | None) -> tuple[Principal, ClientSecret | None]:
        """Let the client in, and say who it is. Raises `Unauthorized` or `LimitReached`."""
        if not origin_allowed(self.server, websocket):
            message = "Pages of this origin may not connect; see the setting allowed_origins."
            raise Unauthorized(message, code="origin_denied")
        key = presented_key(websocket)
        secret = await self.secrets.find(key) if key.startswith(PREFIX) else None
        principal = secret.principal if secret else identify(self.server, key)
        if back is None:
            self._take_place(websocket)
        return principal, secret

    def _take_place(self, websocket: WebSocket) -> None:
        """Let a new session begin. Raises `LimitReached` while the server drains or is full."""
        if self.draining:
            raise LimitReached("The server is restarting; try again in a moment.", code="server_restarting")
        ticket = websocket.query_params.get("ticket", "")
        if not self.line.may_enter(ticket, self.admission.free(len(self.live)), time.monotonic()):
            message = f"All places are taken just now; try again in {RETRY_AFTER_S} s."
            raise LimitReached(message, code="server_full")
        self.line.leave(ticket)

    async def _begin(self, websocket: WebSocket, principal: Principal, secret: ClientSecret | None) -> Live:
        """A new session, whose life begins now."""
        query, settings = websocket.query_params, self.settings
        model = query.get("model") or (secret.model if secret else "")
        session_object = secret.session if secret else _first_object(query.get("intent"))
        character = await self.characters.find(session_object.kaikou.character or model)
        model = model or character.id
        id = token_hex(4)  # for the log: random, so that it identifies nobody
        session = Session(
            setup_of(session_object, character, self.defaults),
            self.room.engines,
            self.room.workers,
            self.limits,
            self.metrics.observer(id, character.id, principal),
            journal=Journal(self.metrics.write),
        )
        connection = Connection(
            session,
            session_object,
            character,
            self.characters,
            model,
            self.defaults,
            append_bytes=settings.append_bytes,
            expires_at=expiry(settings.session_s),
            extensions=query.get("extensions") == "kaikou",
            token=token_urlsafe(18),
            resume_s=settings.resume_s,
        )
        live = Live(id, connection, settings)
        assert self._tasks is not None
        self.live[connection.token] = live
        self.admission.entered()
        self.metrics.sessions.set(len(self.live))
        self._tasks.create_task(live.run(self._ended))
        log.info("session began", session=id, character=character.id, principal=principal.id, by=principal.kind)
        return live

    def _ended(self, live: Live) -> None:
        self.live.pop(live.connection.token, None)
        self.admission.left()
        self.metrics.sessions.set(len(self.live))

    # --- Measuring ----------------------------------------------------------------------------------------------------

    async def _measure(self) -> None:
        """Feed the admission once a second with what the loop's thread did."""
        loop = asyncio.get_running_loop()
        while True:
            lags, began, cpu = list[float](), loop.time(), time.thread_time()
            while loop.time() - began < 1.0:
                due = loop.time() + TICK_S
                await asyncio.sleep(TICK_S)
                lags.append(loop.time() - due)
            share = (time.thread_time() - cpu) / (loop.time() - began)
            lag = sorted(lags)[int(0.95 * len(lags))]
            self.admission.measured(share, lag, len(self.live))
            self.metrics.loop_lag.set(lag)
            self.metrics.loop_cpu.set(share)


def _first_object(intent: str | None) -> SessionObject:
    """The session as a client finds it that has not said more than `?intent=`."""
    return SessionObject(type="transcription") if intent == "transcription" else SessionObject()


async def _refuse(websocket: WebSocket, error: KaikouError) -> None:
    full = isinstance(error, LimitReached)
    headers = {"Retry-After": str(RETRY_AFTER_S)} if full else {}
    response = JSONResponse({"error": openai_error(error)}, 503 if full else status_of(error), headers)
    await websocket.send_denial_response(response)
