"""What `run.py doctor` says of a start with these settings: address, certificate, folders, characters, variables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from pipeline.errors import KaikouError
from server.characters.catalogue import FileCharacters
from server.characters.reading import load_characters
from server.process.certificate import out_of_date, tls_of
from server.process.folders import check_characters, check_data, check_weights, not_writable
from server.process.listener import listen
from server.settings import Settings
from server.starter.rules import check_hubs


def findings(settings: Settings, ignored: Sequence[str] = ()) -> Iterator[str]:
    """What would keep the server from starting, and what hardly is meant so. ignored: variables that set nothing."""
    server = settings.server
    checks: Sequence[Callable[[], Any]] = (
        lambda: check_weights(settings),
        lambda: check_data(settings),
        lambda: _load_characters(settings),
        lambda: check_hubs(settings.weights),
        lambda: tls_of(server),
        lambda: listen(server).close(),
    )
    for check in checks:
        try:
            check()
        except KaikouError as error:
            yield error.message
    if server.ssl_certfile and (told := out_of_date(server.ssl_certfile)):
        yield told
    if told := not_writable(settings):
        yield told
    if ignored:
        yield f"These variables tell of a service of that name and set nothing: {', '.join(sorted(ignored))}."


def _load_characters(settings: Settings) -> None:
    """Raise `SettingError` for a folder that cannot be read, before anything is read from it, and for a character."""
    check_characters(settings)
    FileCharacters(load_characters(settings.characters.folder), settings.characters.default)
