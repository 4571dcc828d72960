"""What `run.py doctor` says of a start with these settings: address, certificate, folders, characters, variables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from pipeline.errors import KaikouError
from server.characters.catalogue import FileCharacters
from server.characters.reading import load_characters
from server.process.certificate import out_of_date, tls_of
from server.process.folders import check_folders, not_writable
from server.process.listener import listen
from server.settings import Settings
from server.starter.rules import check_hubs


def findings(settings: Settings, ignored: Sequence[str] = ()) -> Iterator[str]:
    """What would keep the server from starting, and what hardly is meant so. ignored: variables that set nothing."""
    server, characters = settings.server, settings.characters
    checks: Sequence[Callable[[], Any]] = (
        lambda: check_folders(settings),
        lambda: check_hubs(settings.weights),
        lambda: tls_of(server),
        lambda: FileCharacters(load_characters(characters.folder), characters.default),
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
