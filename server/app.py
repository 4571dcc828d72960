"""The application, composed: what is shared, each domain's routes, and the order in which parts start and end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from starlette.applications import Starlette
from starlette.exceptions import HTTPException

from server.accounts.accounts import Accounts
from server.accounts.people import People
from server.accounts.routes.account import routes as account_routes
from server.accounts.routes.keys import routes as key_routes
from server.accounts.routes.operators import routes as operator_routes
from server.accounts.routes.passkeys import routes as passkey_routes
from server.accounts.routes.sign_on import routes as sign_on_routes
from server.accounts.start import arrange_jobs
from server.api.limits import limits_of
from server.api.routes import routes as api_routes
from server.audio.routes import routes as audio_routes
from server.characters.catalogue import AllCharacters, Characters, FileCharacters
from server.characters.clean_up import Background as CharacterWork
from server.characters.routes.cards import routes as card_routes
from server.characters.routes.characters import routes as characters_routes
from server.characters.routes.pictures import routes as picture_routes
from server.characters.routes.sharing import routes as sharing_routes
from server.characters.routes.versions import routes as version_routes
from server.characters.routes.voices import routes as voice_routes
from server.characters.store import CharacterStore
from server.documents.routes import routes as documents_routes
from server.engines.current import CurrentEngines
from server.engines.loaded import LoadedEngines
from server.files.files import Files
from server.files.routes import routes as files_routes
from server.history.clean_up import EVERY_S as CLEAN_UP_S
from server.history.clean_up import CleanUp
from server.history.exporting.job import ExportJob
from server.history.exporting.routes import routes as exporting_routes
from server.history.history import History
from server.history.keeping.keeper import Keeper
from server.history.routes import routes as history_routes
from server.history.sound.recorder import Recorder
from server.history.sound.routes import routes as recording_routes
from server.history.store import ConversationStore
from server.identity.forwarded import ForwardedHeaders
from server.identity.identity import Identity
from server.jobs.jobs import Jobs
from server.jobs.routes import routes as jobs_routes
from server.memory.memory import Memory
from server.memory.routes import routes as memory_routes
from server.memory.start import arranged_memory
from server.openai_api.routes import routes as openai_api_routes
from server.operations.metrics import Metrics
from server.operations.routes import routes as operations_routes
from server.practice.cards.deleting import EVERY_S as CARDS_CLEAN_UP_S
from server.practice.cards.deleting import CardDeletion
from server.practice.cards.due import worked_in
from server.practice.cards.routes import routes as practice_card_routes
from server.practice.cards.store import CardStore
from server.practice.clean_up import EVERY_S as PRACTICE_CLEAN_UP_S
from server.practice.clean_up import PracticeCleanUp
from server.practice.exporting.routes import routes as practice_export_routes
from server.practice.live.talks import PracticeTalks
from server.practice.practices import Practices
from server.practice.progress.routes import routes as progress_routes
from server.practice.report.routes import routes as report_routes
from server.practice.report.start import arranged_reports
from server.practice.report.store import forget_talks
from server.practice.routes.measures import routes as measure_routes
from server.practice.routes.practices import routes as practices_routes
from server.practice.routes.templates import routes as template_routes
from server.practice.taking_along import files_of as practice_files_of
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
from server.shadowing.routes import routes as shadowing_routes
from server.starter.routes import routes as starter_routes
from server.starter.starter import Starter
from server.storage.database import Database
from server.storage.links import Links
from server.storage.objects import Objects
from server.web.cors import CrossOrigin
from server.web.objects import routes as objects_routes
from server.web.page import PageHeaders
from server.web.page import routes as page_routes

ROUTES = (
    lambda _services: page_routes(),
    api_routes,
    jobs_routes,
    objects_routes,
    account_routes,
    key_routes,
    operator_routes,
    passkey_routes,
    sign_on_routes,
    files_routes,
    operations_routes,
    card_routes,
    picture_routes,
    voice_routes,  # these three before those that have any name where they have a word of ours
    characters_routes,
    exporting_routes,
    version_routes,
    sharing_routes,
    history_routes,
    recording_routes,
    memory_routes,
    template_routes,
    measure_routes,
    documents_routes,
    practices_routes,
    practice_export_routes,
    practice_card_routes,
    report_routes,
    progress_routes,
    shadowing_routes,
    starter_routes,
    openai_api_routes,
    audio_routes,
    sessions_routes,
)
"""Of each domain what it answers. The last one has what is for every path that no other knows."""


def create_app(
    settings: Settings,
    loaded: LoadedEngines,
    database: Database,
    objects: Objects,
    language_model: str = "scripted",
    starter: Starter | None = None,
) -> Starlette:
    """The server around engines that are already made, which it closes when it ends, and what is kept.

    `language_model` is what the page calls the model; `starter` what is fetched in the background, without it nothing.
    Raises `SettingError` for bad characters.
    """
    services = _services(settings, loaded, database, objects, language_model, starter or Starter.of_nothing())
    engines, sessions, history = services.engines, services.sessions, services.sessions.history

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        try:
            async with (
                services.jobs.running(),
                history.keeper.running(),
                history.recorder.running(),
                services.memory.running(),
                sessions.practices.running(),
                sessions.running(),
                services.starter.running(engines),
                services.accounts.running(sessions.live.values),
            ):
                yield
        finally:
            await services.limits.buckets.close()
            await engines.close()

    routes = [route for routes_of in ROUTES for route in routes_of(services)]
    app = Starlette(routes=routes, lifespan=lifespan, exception_handlers={HTTPException: no_such_endpoint})
    app.router.redirect_slashes = False  # a redirect names the scheme and the host that a proxy asked us with
    app.state.services, app.state.realtime = services, sessions
    app.state.metrics, app.state.engines = services.metrics, engines
    # The last is the outermost: it says by which address we were asked.
    app.add_middleware(PageHeaders)
    app.add_middleware(CrossOrigin, settings.server)
    app.add_middleware(ForwardedHeaders, settings.server)
    return app


def _services(
    settings: Settings,
    loaded: LoadedEngines,
    database: Database,
    objects: Objects,
    language_model: str,
    starter: Starter,
) -> Services:
    """All parts, each made of those before it."""
    built_in = FileCharacters.read(settings.characters.folder, settings.characters.default)
    characters = AllCharacters(built_in, CharacterStore(database))
    engines = CurrentEngines(loaded)
    metrics, limits, jobs = Metrics(engines), limits_of(settings.rates), Jobs(settings.jobs, settings.storage)
    keeper = Keeper(database)
    recorder = Recorder(settings.storage.folder / "recordings", objects, keeper)
    history, memory = History(keeper, recorder, settings.history.keep), arranged_memory(database, jobs, keeper, engines)
    practices = Practices.on(database, characters, settings.characters.folder)
    reports = arranged_reports(database, jobs, keeper, engines)
    talks = PracticeTalks(practices.store, reports.after, partial(worked_in, database))
    sessions = _sessions(settings, engines, characters, metrics, history, memory, talks)
    sessions.name_of = People(database).name_of
    accounts, files = Accounts(settings, database, limits.buckets), Files.on(database, objects, settings.files)
    links = Links.on(database)
    exports = ExportJob(
        ConversationStore(database), objects, links, jobs, beside=(partial(practice_files_of, database),)
    )
    clean_up = CleanUp(database, objects, exports, settings.history.days)
    clean_up.besides.append(forget_talks)
    jobs.declare(exports.kind)
    jobs.every(CLEAN_UP_S, clean_up.kind)
    jobs.every(CARDS_CLEAN_UP_S, CardDeletion(CardStore(database)).kind)
    jobs.every(PRACTICE_CLEAN_UP_S, PracticeCleanUp(database, settings.history.days).kind)
    arrange_jobs(accounts, jobs)
    files.declare(jobs)
    character_work = CharacterWork(database, objects)
    character_work.declare(jobs)
    accounts.deletion.domains += [files.removal.remove_all_of, clean_up.remove_all_of, character_work.remove_all_of]
    return Services(
        settings=settings,
        database=database,
        objects=objects,
        jobs=jobs,
        links=links,
        files=files,
        exports=exports,
        identity=Identity(settings.server, accounts.credentials, accounts.mode != "off", accounts.grants),
        limits=limits,
        accounts=accounts,
        engines=engines,
        characters=characters,
        memory=memory,
        practices=practices,
        reports=reports,
        client_secrets=ClientSecretsInMemory(settings.server.client_secrets),
        metrics=metrics,
        sessions=sessions,
        defaults=sessions.defaults,
        language_model=language_model,
        starter=starter,
    )


def _sessions(
    settings: Settings,
    engines: CurrentEngines,
    characters: Characters,
    metrics: Metrics,
    history: History,
    memory: Memory,
    practices: PracticeTalks,
) -> Sessions:
    bounds, limits = settings.sessions, session_limits(settings)
    admission = Admission(bounds.latency_cpu, bounds.latency_lag_ms / 1000, bounds.max_sessions)
    defaults, clock = partial(session_defaults, settings.turns), RunningTime()
    queue = LocalAdmissionQueue(clock)
    return Sessions(
        bounds,
        engines,
        characters,
        metrics,
        limits,
        defaults,
        admission,
        history,
        memory,
        practices,
        queue=queue,
        clock=clock,
    )
