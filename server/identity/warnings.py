"""Warnings that strangers cause by what they ask for: bounded, so that nobody can fill a log."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

import structlog
from starlette.requests import HTTPConnection

log = structlog.get_logger("kaikou")

WITHIN_S, MOST = 3600.0, 10
"""In this time each line is written once, and so many different ones of an event: somebody may try name after name."""

WARNINGS = "kaikou.warnings"
"""Where the scope keeps the server's."""


class BoundedWarnings:
    """What a server warned of lately."""

    def __init__(self, now: Callable[[], float] = monotonic) -> None:
        self._now = now
        self._written: dict[str, dict[str, float]] = {}

    def write(self, event: str, about: dict[str, str]) -> None:
        """Log a line, unless it or too many others were."""
        now, line = self._now(), str(about)
        lately = {line: at for line, at in self._written.get(event, {}).items() if at > now - WITHIN_S}
        self._written[event] = lately
        if line not in lately and len(lately) < MOST:
            lately[line] = now
            log.warning(event, **about)


def warn(connection: HTTPConnection, event: str, **about: str) -> None:
    """Log what somebody's connection shows to be amiss."""
    warnings: BoundedWarnings = connection.scope.get(WARNINGS) or BoundedWarnings()
    warnings.write(event, about)
