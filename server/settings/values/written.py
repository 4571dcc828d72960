"""What somebody wrote for a setting, on the command line, in the environment or in the file, and what they mean by it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from server.settings.tree import Setting
from server.settings.values.addresses import VARIABLE

BYTE_ORDER_MARK = "\ufeff"
"""What some editors write in front of a file: of this server's settings, or of variables for a container."""

UNSEEN = f"{BYTE_ORDER_MARK}\u200b\u200e\u200f\u2060"
"""Characters without width, which come along when a value is copied from a page or a chat."""

QUOTES = {'"': '"', "'": "'", "“": "”", "‘": "’"}
"""What begins a quoted value, and what ends it."""

UNITS: Mapping[str, Mapping[str, float]] = {
    "_s": {"ms": 0.001, "s": 1, "sec": 1, "min": 60, "m": 60, "h": 3600},
    "_ms": {"ms": 1, "s": 1000},
    "_bytes": {"b": 1, "kb": 1e3, "mb": 1e6, "gb": 1e9, "kib": 2**10, "mib": 2**20, "gib": 2**30},
}
"""Units that a number may be written with, by the end of its setting's name, which tells its own."""

WITH_UNIT = re.compile(r"([\d_]*\.?\d+)\s*([a-z]+)", re.IGNORECASE)

CONTROL = re.compile(r"[\x00-\x1f\x7f]")
SURROGATE = re.compile(r"[\ud800-\udfff]")
"""How Python tells bytes of the environment that are not in its encoding."""


def meant(setting: Setting | None, value: Any, base: Path) -> Any:
    """The value without what surrounds it, as its setting takes it; None where nothing is left. Raises `ValueError`.

    Empty is unset, wherever it is written: that is how compose files, scripts and forms spell a missing value.
    Without a setting it is an option whose type only its engine knows. Paths are relative to `base`.
    """
    value = plain(value) if isinstance(value, str) else value
    if value == "":
        return None
    if setting is None or setting.is_table:
        return value
    if setting.is_list:
        return _parts(setting, value)
    if isinstance(value, bool) and not setting.takes(bool):
        raise ValueError("it is not a switch, which is true or false")
    if isinstance(value, str):
        _check_characters(value)
        return _path(value, base) if setting.takes(Path) else _number(setting, value)
    return value


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


def _parts(setting: Setting, value: Any) -> Any:
    """A list from text, whose parts commas separate; None where all parts are empty."""
    if isinstance(value, str):
        if value.startswith("[") and value.endswith("]"):
            return tuple(part for part in _listed(value) if part or setting.is_secret)
        value = value.split(",")
    if not isinstance(value, list | tuple) or not value:
        return value
    parts: list[Any] = [plain(part) if isinstance(part, str) else part for part in value]
    if setting.is_secret:
        return tuple(part for part in parts if part != "")  # commas alone are no way to ask for no keys
    for part in parts:
        if isinstance(part, str):
            _check_characters(part)
    return tuple(part for part in parts if part != "") or None


def _listed(value: str) -> list[str]:
    """A list that is written as JSON, whose parts may have commas in them. Raises `ValueError`."""
    try:
        parts = json.loads(value)
    except (ValueError, RecursionError):
        parts = None
    if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
        raise ValueError('a list in brackets is JSON, as ["one", "two"]; commas alone do as well: one,two')
    return parts


def _check_characters(value: str) -> None:
    if CONTROL.search(value):
        raise ValueError("it holds a line end or another control character")
    if SURROGATE.search(value):
        raise ValueError("it holds bytes that are no text in UTF-8")


def _path(value: str, base: Path) -> Path:
    try:
        path = (base / Path(value).expanduser()).absolute()
        written_out = not VARIABLE.search(value) or path.exists()
    except RuntimeError:  # a home that cannot be found
        raise ValueError("there is no such home folder as its ~ names: write the path out") from None
    except FileNotFoundError:  # of all paths, only the working directory's has to be there
        raise ValueError("it is relative to the folder you stand in, which is gone: write the path out") from None
    except OSError as error:
        raise ValueError(f"it is no path: {error.strerror}") from None
    if not written_out:
        raise ValueError("variables in paths are not put in here: write the path out, or with ~ for the home folder")
    return path


def _number(setting: Setting, value: str) -> Any:
    """A number without its unit, in the setting's own; any other text as it is."""
    none: Mapping[str, float] = {}
    units = next((units for end, units in UNITS.items() if setting.name.endswith(end)), none)
    written = WITH_UNIT.fullmatch(value)
    if written is None or not (setting.takes(int) or setting.takes(float)):
        return value
    if written[2].lower() not in units:
        raise ValueError(f"its number has a unit that is none of {', '.join(units)}" if units else "it has no unit")
    number = float(written[1].replace("_", "")) * units[written[2].lower()]
    return int(number) if number.is_integer() else number
