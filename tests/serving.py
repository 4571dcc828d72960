"""A real server for a test: the whole application on a free port of this machine, in the test's own event loop."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import uvicorn
from openai import AsyncOpenAI
from starlette.applications import Starlette

from server.app import create_app
from server.engines.loaded import LoadedEngines, find_language_model
from server.identity.identity import without_accounts
from server.sessions.draining import DrainingServer
from server.settings import Settings, load_settings
from server.starter.starter import Starter
from server.storage.database import Database
from server.storage.object_place import place_of
from server.storage.objects import Objects
from server.storage.opening import opened_database
from server.transports.uvicorn_websocket import ReadAhead
from tests.databases import a_data_folder

START_S = 10.0

AHEAD_S = 30.0
"""Audio goes out as soon as it is made, so that no test waits for what nobody listens to."""

PACED_S = 2.0
"""What servers do if nobody says otherwise: for tests whose subject is an answer that is still being sent."""


@dataclass(frozen=True)
class Serving:
    """Where a server is, and its engines."""

    http: str
    loaded: LoadedEngines
    app: Starlette

    @property
    def ws(self) -> str:
        return self.http.replace("http", "ws", 1)

    def client(self, key: str = "sk-test") -> AsyncOpenAI:
        """The official client, pointed at this server."""
        return AsyncOpenAI(api_key=key, base_url=f"{self.http}/v1", websocket_base_url=f"{self.ws}/v1", max_retries=0)


@asynccontextmanager
async def serving(
    environment: dict[str, str] | None = None,
    instead: Mapping[str, Any] | None = None,
    send_buffer: int = 0,
    starter: Starter | None = None,
    **flags: Any,
) -> AsyncIterator[Serving]:
    """A running server with the stub engines, unless `flags` say otherwise; gone when the block ends.

    An event that did not fit the conversation it came in is an error in the end.
    `instead`: engines of the test's own, by role; `send_buffer`: the most bytes that the system takes for a client that
    does not read, roughly, instead of some megabytes; `starter`: what it fetches in the background, else nothing.
    No jobs are done, but with jobs_workers=2, which one server of a process at a time may have.
    """
    async with AsyncExitStack() as stack:
        if "data" not in flags:
            flags["data"] = stack.enter_context(a_data_folder())
        settings = load_settings(
            {"engines": "stub", "llm_discover": False, "lead_s": AHEAD_S, "jobs_workers": 0, **flags}, environment or {}
        )
        people = [principal.id for principal in without_accounts(settings.server)]
        database = await stack.enter_async_context(opened_database(settings.storage, people))
        objects = Objects(place_of(settings.storage))
        yield await stack.enter_async_context(_served(settings, database, objects, instead, send_buffer, starter))


@asynccontextmanager
async def _served(
    settings: Settings,
    database: Database,
    objects: Objects,
    instead: Mapping[str, Any] | None,
    send_buffer: int,
    starter: Starter | None,
) -> AsyncIterator[Serving]:
    found = await find_language_model(settings.engines)
    loaded = LoadedEngines(settings, found[1] if found else None)
    loaded.engines = replace(loaded.engines, **(instead or {}))
    listener = socket.create_server(("127.0.0.1", 0))
    if send_buffer:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, send_buffer)
    app = create_app(settings, loaded, database, objects, starter=starter)
    config = uvicorn.Config(
        app,
        ws=ReadAhead,
        ws_max_size=settings.server.message_bytes,
        ws_per_message_deflate=False,
        proxy_headers=False,  # `ForwardedHeaders` reads them
        log_config=None,
        lifespan="on",
        timeout_graceful_shutdown=2,
    )
    server = DrainingServer(config, app.state.realtime, ending=app.state.services.jobs.drain)
    task = asyncio.create_task(server.serve([listener]))
    async with asyncio.timeout(START_S):
        while not server.started:
            await asyncio.sleep(0.01)
    try:
        yield Serving(f"http://127.0.0.1:{listener.getsockname()[1]}", loaded, app)
    finally:
        server.should_exit = True
        async with asyncio.timeout(START_S):
            await task
        listener.close()
    unexpected = [sample.labels for metric in app.state.metrics.unexpected.collect() for sample in metric.samples]
    assert unexpected == [], "events came that did not fit a conversation"
