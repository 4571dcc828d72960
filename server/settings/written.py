"""What somebody wrote for a setting, on the command line, in the environment or in the file, and what they mean by it."""

from __future__ import annotations

import json
from typing import Any

from server.settings.tree import Setting

BYTE_ORDER_MARK = "\ufeff"
"""What some editors write in front of a file: of this server's settings, or of variables for a container."""

UNSEEN = f"{BYTE_ORDER_MARK}\u200b\u200e\u200f\u2060"
"""Characters without width, which come along when a value is copied from a page or a chat."""

QUOTES = {'"': '"', "'": "'", "“": "”", "‘": "’"}
"""What begins a quoted value, and what ends it."""


def meant(setting: Setting | None, value: Any) -> Any:
    """The value without what surrounds it, a list from text as its parts; None where nothing is left.

    Empty is unset, wherever it is written: that is how compose files, scripts and forms spell a missing value.
    Without a setting it is an option whose type only its engine knows.
    """
    is_list = setting is not None and setting.is_list
    if isinstance(value, str):
        value = plain(value)
        if is_list and (listed := _listed(value)) is not None:
            return listed
        value = value.split(",") if is_list and value else value
    if is_list and isinstance(value, list | tuple) and value:
        value = tuple(part for part in map(_plain_part, value) if part != "")
        return value or (() if setting and setting.is_secret else None)  # commas alone are no way to ask for no keys
    return None if value == "" else value


def _listed(value: str) -> tuple[str, ...] | None:
    """A list that is written as JSON, whose parts may have commas and quotes in them; None for other texts."""
    if not value.startswith("["):
        return None
    try:
        parts = json.loads(value)
    except ValueError:
        return None
    return tuple(parts) if all(isinstance(part, str) for part in parts) else None


def plain(value: str) -> str:
    """The value without what files of variables leave around it: line ends, blanks, and a pair of quotes.

    `docker run --env-file` takes `KEY="…"` with its quotes, and the carriage return of a file from Windows.
    """
    value = _stripped(value)
    quoted = len(value) > 1 and QUOTES.get(value[0]) == value[-1] and not {value[0], value[-1]} & set(value[1:-1])
    return _stripped(value[1:-1]) if quoted else value


def _stripped(value: str) -> str:
    shorter = value.strip().strip(UNSEEN)
    return shorter if shorter == value else _stripped(shorter)


def _plain_part(part: Any) -> Any:
    return plain(part) if isinstance(part, str) else part
