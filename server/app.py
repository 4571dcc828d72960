"""The application, composed: what is shared, each domain's routes, and the order in which parts start and end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from starlette.applications import Starlette
from starlette.exceptions import HTTPException

from server.audio.routes import routes as audio_routes
from server.characters.catalogue import FileCharacters
from server.characters.reading import load_characters
from server.characters.routes import routes as characters_routes
from server.engines.current import CurrentEngines
from server.engines.loaded import LoadedEngines
from server.identity.forwarded import ForwardedHeaders
from server.openai_api.routes import routes as openai_api_routes
from server.operations.metrics import Metrics
from server.operations.routes import routes as operations_routes
from server.rest import no_such_endpoint
from server.services import Services
from server.sessions.admission import Admission
from server.sessions.client_secrets import ClientSecretsInMemory
from server.sessions.limits import session_defaults, session_limits
from server.sessions.registry import LocalAdmissionQueue
from server.sessions.routes import routes as sessions_routes
from server.sessions.running_time import RunningTime
from server.sessions.sessions import Sessions
from server.settings import Settings
from server.starter.routes import routes as starter_routes
from server.starter.starter import Starter
from server.web.cors import CrossOrigin
from server.web.page import PageHeaders
from server.web.page import routes as page_routes


def create_app(
    settings: Settings, loaded: LoadedEngines, language_model: str = "scripted", starter: Starter | None = None
) -> Starlette:
    """The server around engines that are already made; it closes them when it ends.

    `language_model` is what the page calls the model; `starter` what is fetched in the background, without it nothing.
    Raises `SettingError` for bad characters.
    """
    starter = starter or Starter.of_nothing()
    characters = FileCharacters(load_characters(settings.characters.folder), settings.characters.default)
    engines = CurrentEngines(loaded)
    metrics, secrets = Metrics(engines), ClientSecretsInMemory(settings.server.client_secrets)
    defaults = partial(session_defaults, settings.turns)
    bounds, limits = settings.sessions, session_limits(settings)
    admission = Admission(bounds.latency_cpu, bounds.latency_lag_ms / 1000, bounds.max_sessions)
    clock = RunningTime()
    queue = LocalAdmissionQueue(clock)
    sessions = Sessions(bounds, engines, characters, metrics, limits, defaults, admission, queue=queue, clock=clock)
    services = Services(settings, engines, characters, secrets, metrics, sessions, defaults, language_model, starter)
    routes = [
        *page_routes(),
        *operations_routes(services),
        *characters_routes(services),
        *starter_routes(services),
        *openai_api_routes(services),
        *audio_routes(services),
        *sessions_routes(services),
    ]

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        try:
            async with sessions.running(), starter.running(engines):
                yield
        finally:
            await engines.close()

    app = Starlette(routes=routes, lifespan=lifespan, exception_handlers={HTTPException: no_such_endpoint})
    app.router.redirect_slashes = False  # a redirect names the scheme and the host that a proxy asked us with
    app.state.realtime, app.state.metrics, app.state.engines = sessions, metrics, engines
    # The last is the outermost: it says by which address we were asked.
    app.add_middleware(PageHeaders)
    app.add_middleware(CrossOrigin, settings.server)
    app.add_middleware(ForwardedHeaders, settings.server)
    return app
