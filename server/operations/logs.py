"""Logging: one JSON object a line on standard error; readable lines when a person watches."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""What a terminal obeys, but for line breaks and tabs."""


ONCE_IN_S = 3600.0


class OnceAnHour(logging.Filter):
    """Lets each warning of a library's through once an hour: uvicorn warns at each request that it cannot read, or that asks
    for HTTP/2 as Java's clients do."""

    def __init__(self) -> None:
        super().__init__()
        self._written: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to write it."""
        if record.levelno != logging.WARNING:
            return True
        written = self._written.get(record.msg)
        if written is not None and written <= record.created < written + ONCE_IN_S:
            return False
        self._written[record.msg] = record.created
        return True


def printable(_logger: Any, _method: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The entry with control characters written out: strangers send them in paths and names."""
    texts = {name: value for name, value in entry.items() if isinstance(value, str)}
    return {**entry, **{name: CONTROL.sub(lambda found: repr(found[0])[1:-1], text) for name, text in texts.items()}}


def configure_logging(level: str) -> None:
    """Send our logs and the libraries' through structlog from now on."""
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    watched = sys.stderr.isatty()
    render: list[structlog.types.Processor] = (
        [printable, structlog.dev.ConsoleRenderer()] if watched else [structlog.processors.JSONRenderer()]
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *render]
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for noisy in ("httpx2", "httpcore2", "openai", "uvicorn.access", "uvicorn.error"):
        logging.getLogger(noisy).setLevel("WARNING")
    logging.getLogger("uvicorn.error").addFilter(OnceAnHour())
