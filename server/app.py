"""The application: routes and lifespan, as values."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.character import load_characters
from pipeline.endpoint import Endpointing
from pipeline.setup import SessionLimits
from pipeline.speaking import SpeakingLimits
from pipeline.turn_wait import Waits
from pipeline.utterance import RecognitionLimits
from server import VERSION
from server.api import Api
from server.audio.hearing import Hearing
from server.audio.places import Courtesy, Places
from server.audio.speech import Speech
from server.audio.transcription import Transcription
from server.characters.catalogue import FileCharacters
from server.engines.fencing import BACKSTOP_S, OPEN_S, longest_turn_s
from server.engines.room import EngineRoom
from server.identity.client_secrets import ClientSecretsInMemory
from server.metrics import Metrics
from server.openai_api import OpenAIApi
from server.realtime.admission import Admission
from server.realtime.session_object import Defaults
from server.realtime.websocket import Realtime
from server.rest import guarded, json_response
from server.settings import Settings
from server.settings.conversations import Turns

STATIC = Path(__file__).parent.parent / "static"

PAGE_POLICY = (
    "default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data:; media-src 'self' blob:; "
    "style-src 'self' 'unsafe-inline'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


def create_app(settings: Settings, room: EngineRoom, language_model: str = "scripted") -> Starlette:
    """The server around engines that are already made; it closes them when it ends.

    `language_model` is what the page calls the model. Raises `SettingError` or `InvalidRequest` for bad characters.
    """
    characters = FileCharacters(load_characters(settings.characters.folder), settings.characters.default)
    metrics, secrets = Metrics(room), ClientSecretsInMemory(settings.server.client_secrets)
    defaults = session_defaults(settings.turns, room)
    sessions, limits = settings.sessions, session_limits(settings)
    admission = Admission(sessions.latency_cpu, sessions.latency_lag_ms / 1000, sessions.max_sessions)
    realtime = Realtime(settings.server, sessions, room, characters, metrics, secrets, limits, defaults, admission)
    api = Api(VERSION, room, characters, metrics, language_model, realtime)
    openai = OpenAIApi(room, characters, secrets, defaults)
    speech, transcription = audio_api(settings, room, metrics, Courtesy(lambda: realtime.talking))

    def rest(path: str, endpoint: object, method: str = "GET") -> Route:
        return Route(path, guarded(endpoint, settings.server), methods=[method])  # type: ignore[arg-type]

    def v1(path: str, endpoint: object, method: str = "GET") -> Route:
        return Route(path, guarded(endpoint, settings.server, openai=True), methods=[method])  # type: ignore[arg-type]

    async def health(_request: Request) -> Response:
        return json_response({"status": "ok", "engines": room.describe()})

    async def ready(_request: Request) -> Response:
        return json_response({"ready": room.ready, "engines": room.describe()}, 200 if room.ready else 503)

    async def exposition(_request: Request) -> Response:
        return Response(metrics.exposition(), media_type="text/plain; version=0.0.4; charset=utf-8")

    routes: list[BaseRoute] = [
        Route("/", lambda _request: FileResponse(STATIC / "index.html", headers={"Cache-Control": "no-cache"})),
        Mount("/static", StaticFiles(directory=STATIC)),
        Route("/health", health),
        Route("/ready", ready),
        rest("/metrics", exposition),
        rest("/api/characters", api.list_characters),
        rest("/api/characters/{id}/sample", api.sample),
        rest("/api/status", api.status),
        rest("/api/turns", api.turns),
        rest("/api/place", api.place, "POST"),
        v1("/v1/models", openai.models),
        v1("/v1/models/{id:path}", openai.model),
        v1("/v1/audio/speech", speech.create, "POST"),
        v1("/v1/audio/transcriptions", transcription.create, "POST"),
        v1("/v1/realtime/client_secrets", openai.client_secrets, "POST"),
        v1("/v1/realtime/calls", openai.calls, "POST"),
        # Stock clients build their address in several ways; see docs/protocol.md.
        *(WebSocketRoute(path, realtime.serve) for path in ("/v1/realtime", "/realtime", "/openai/v1/realtime")),
    ]

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        try:
            async with realtime.running():
                yield
        finally:
            await room.close()

    app = Starlette(routes=routes, lifespan=lifespan)
    app.state.realtime, app.state.metrics = realtime, metrics
    app.add_middleware(PageHeaders)
    return app


def audio_api(
    settings: Settings, room: EngineRoom, metrics: Metrics, courtesy: Courtesy
) -> tuple[Speech, Transcription]:
    """The endpoints of `/v1/audio`."""
    jobs = settings.audio_api
    engines, failed = room.engines, partial(metrics.engine_failed, "audio")
    hearing = Hearing(engines.voice_detector, engines.recognizer, room.workers, courtesy, settings.turns.settle_s)
    uploads = Places(jobs.file_jobs + jobs.waiting_jobs, 0)
    files = Places(jobs.file_jobs, jobs.waiting_jobs, metrics.audio_ended("transcription"))
    texts = Places(jobs.speech_jobs, jobs.waiting_jobs, metrics.audio_ended("speech"))
    return (
        Speech(room, texts, courtesy, failed, settings.engine_limits.audio_s),
        Transcription(hearing, uploads, files, failed, jobs.file_bytes, jobs.file_s),
    )


def session_defaults(turns: Turns, room: EngineRoom) -> Defaults:
    """What holds in every session whose client says nothing else."""
    return Defaults(
        Endpointing(longest_ms=round(turns.turn_s * 1000)),
        turns.silence_ms,
        turns.speculate,
        Waits(turns.shortest_wait_ms, turns.longest_wait_ms),
        room.uses_speech_model,
        room.engines.synthesizer.info.styles,
    )


def session_limits(settings: Settings) -> SessionLimits:
    """The bounds of every session."""
    turns, answers, engines = settings.turns, settings.answers, settings.engine_limits
    return SessionLimits(
        queued_audio_s=answers.queued_audio_s,
        prompt_characters=answers.prompt_characters,
        items=answers.conversation_items,
        speculations_per_minute=turns.speculations_per_minute,
        recognition=RecognitionLimits(
            settle_s=turns.settle_s,
            open_s=OPEN_S + BACKSTOP_S,
            stall_s=engines.recognizer_s + BACKSTOP_S,
            longest_s=longest_turn_s(turns),
        ),
        speaking=SpeakingLimits(
            speech_model_s=engines.first_token_s,
            audio_s=engines.audio_s + BACKSTOP_S,
            longest_s=answers.reply_s,
            lead_s=answers.lead_s,
        ),
    )


class PageHeaders:
    """Adds the headers that keep the page to itself. Plain ASGI, so that streams and sockets pass untouched."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["X-Content-Type-Options"] = "nosniff"
                headers["Referrer-Policy"] = "no-referrer"
                headers["Content-Security-Policy"] = PAGE_POLICY
                if scope["path"].startswith("/static"):
                    headers["Cache-Control"] = "no-cache"
            await send(message)

        await self._app(scope, receive, send_with_headers)
