"""`python -m server`: read the settings, make the engines, say what runs where, serve until told to stop."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import socket
import ssl
import sys
import threading
import webbrowser
from collections.abc import Iterator, Sequence
from types import FrameType
from typing import NoReturn

import structlog
import uvicorn

from pipeline.engines import registry
from pipeline.engines.threads import EXIT_WAIT_S, end_all
from pipeline.errors import KaikouError
from server import VERSION
from server.accounts.start import check_accounts, told_at_start
from server.app import create_app
from server.cli.proxy_check import ways_out
from server.engines.loaded import LoadedEngines, find_language_model
from server.errors import StorageError
from server.identity.identity import without_accounts
from server.operations.advice import advice
from server.operations.event_loop import new_event_loop
from server.operations.logs import configure_logging
from server.process.certificate import out_of_date, tls_of
from server.process.folders import check_folders, not_writable
from server.process.listener import host_and_port, listen
from server.process.streams import prepare_streams
from server.sessions.draining import DrainingServer
from server.settings import Settings, ignored_variables, load_settings
from server.starter.rules import StarterRules, check_hubs
from server.starter.starter import Starter
from server.storage.database import Database
from server.storage.objects import Objects
from server.storage.opening import opened_database, opened_objects, where_kept
from server.transports.uvicorn_websocket import ReadAhead

log = structlog.get_logger("kaikou")

AWAY = 1
"""Status of a start that found its database away: unlike a wrong setting (2), it may succeed later."""

DRAIN_S = 5
"""How long open connections may take to end after a signal."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve. Returns the exit status."""
    try:
        settings = load_settings(vars(_parser().parse_args(arguments)))
        configure_logging(settings.server.log)
        if ignored := ignored_variables():
            log.info("these variables tell of a service and set nothing", variables=ignored)
        check_folders(settings)
        check_hubs(settings.weights)
        check_accounts(settings)
        tls = tls_of(settings.server)
        with listen(settings.server) as listener, asyncio.Runner(loop_factory=new_event_loop) as runner:
            runner.run(_open_and_serve(settings, listener, tls))
    except KaikouError as error:
        print(f"Kaikou: {error.message}", file=sys.stderr)
        return AWAY if isinstance(error, StorageError) else 2
    except KeyboardInterrupt:
        return 130
    except SystemExit as ended:  # SIGTERM; wrong options; a server that did not start, which says why
        return ended.code if isinstance(ended.code, int) else 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="run.py", description="Kaikou: talk to characters in the browser.")
    parser.add_argument("--host", help="address to listen on (127.0.0.1)")
    parser.add_argument("--port", help="port to listen on (7210; 0 takes a free one)")
    parser.add_argument("--engines", help="auto (default: the best that is installed), embedded or stub")
    parser.add_argument("--ssl-certfile", help="certificate chain; with --ssl-keyfile the server speaks https")
    parser.add_argument("--ssl-keyfile", help="private key of the certificate")
    parser.add_argument("--config", help="settings file (kaikou.toml, if there is one)")
    parser.add_argument("--weights", help="folder of downloaded weights")
    parser.add_argument("--open", action="store_true", default=None, help="open the page in a browser")
    return parser


async def _open_and_serve(settings: Settings, listener: socket.socket, tls: ssl.SSLContext | None) -> None:
    people = [principal.id for principal in without_accounts(settings.server)]
    async with opened_database(settings.storage, people) as database:
        objects = await opened_objects(settings.storage)
        await _serve(settings, database, objects, listener, tls)


async def _serve(
    settings: Settings, database: Database, objects: Objects, listener: socket.socket, tls: ssl.SSLContext | None
) -> None:
    found = await find_language_model(settings.engines, settings.weights)
    name, options = found or ("", None)
    loaded = LoadedEngines(settings, options)
    name = "" if loaded.lacks_language_model else name
    model = (options["model"] or "a language model") if options and name else loaded.engines.chat_model.info.name
    if loaded.speech_model_default and loaded.engines.speech_model:
        model = loaded.engines.speech_model.info.note
    starter = Starter.of(StarterRules(settings, options))
    app = create_app(settings, loaded, database, objects, model, starter)
    accounts = await told_at_start(app.state.services.accounts)
    config = uvicorn.Config(
        app,
        ws=ReadAhead,
        lifespan="on",
        ws_max_size=settings.server.message_bytes,
        ws_per_message_deflate=False,
        proxy_headers=False,  # `ForwardedHeaders` reads them
        log_config=None,
        access_log=False,
        ssl_context_factory=(lambda _config, _default: tls) if tls else None,
        timeout_graceful_shutdown=DRAIN_S,
    )
    address = f"{'https' if tls else 'http'}://{host_and_port(settings.server.host, listener.getsockname()[1])}"

    def ready() -> None:
        mistakes = [*registry.proxies().mistakes(), *_remarks(settings)]
        kept = [f"keeps in       {where_kept(settings.storage, database)}", *accounts]
        _announce(address, loaded, model, name, starter, mistakes, kept)
        if settings.server.open:
            webbrowser.open(address)

    await DrainingServer(config, app.state.realtime, ready, app.state.services.jobs.drain).serve([listener])


def _announce(
    address: str,
    loaded: LoadedEngines,
    model: str,
    server: str,
    starter: Starter | None = None,
    mistakes: Sequence[str] = (),
    kept: Sequence[str] = (),
) -> None:
    """The start message: where it is, what it runs, what it fetches, what would make it better.

    mistakes: what more likely is not meant so: variables of proxies, whether or not an engine needs them; a certificate.
    kept: lines about where what is kept lies, and who comes in.
    """
    engines = loaded.engines
    language_model = f"{model} at {server}" if server else engines.chat_model.info.name
    print(f"\n  Kaikou {VERSION} is at {address}\n")
    if loaded.speech_model_default and engines.speech_model:
        print(f"    talks with     {engines.speech_model.info.note}, which hears, thinks and speaks; besides it:")
    hears = "nothing yet" if loaded.waits_for_recognizer else loaded.display_name("recognizer")
    print(f"    hears with     {hears} and {engines.voice_detector.info.name}")
    print(f"    thinks with    {language_model}")
    print(f"    speaks with    {loaded.display_name('synthesizer')}")
    for way in ways_out(status.info for status in loaded.statuses.values()):
        print(f"    goes out by    {way}")
    for line in kept:
        print(f"    {line}")
    if starter and starter.at_work:
        print(f"    fetches        {starter.described()}, in the background")
        print("                   (KAIKOU_STARTER=off does without)")
    advised = advice(loaded, at_work=bool(starter and starter.at_work))
    for mistake in mistakes:
        if all(mistake not in entry["text"]["en"] for entry in advised):
            print(f"\n  · {mistake}")
    for entry in advised:
        print(f"\n  · {entry['text']['en']}")
        if entry["command"]:
            print(f"      {entry['command']}")
    print("\n  Ctrl-C stops it.\n", flush=True)


def _remarks(settings: Settings) -> Iterator[str]:
    """What may be meant so, and more likely is not."""
    certificate = settings.server.ssl_certfile
    yield from filter(None, (out_of_date(certificate) if certificate else "", not_writable(settings)))


def end_on_sigterm() -> None:
    """Let the signal that service managers send end the process with status 0, also before the server takes it over."""

    def end(_signal: int, _frame: FrameType | None) -> NoReturn:
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, end)


def leave(status: int) -> NoReturn:
    """End the process with `status`, at once where an engine's native code does not come back."""
    if not end_all():
        log.warning("an engine is still at work; leaving without it")
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    # Nor is waited for a thread that a database or a disk holds.
    sys.stdout.flush()
    sys.stderr.flush()
    watch = threading.Timer(EXIT_WAIT_S, os._exit, (status,))
    watch.daemon = True
    watch.start()
    sys.exit(status)


if __name__ == "__main__":
    prepare_streams()
    end_on_sigterm()
    leave(main())
