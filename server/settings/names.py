"""From a name that somebody wrote to the setting it means, or to an error that tells the nearest one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import TypeAlias, get_args

from pipeline.engines import registry
from pipeline.engines.protocols import Role
from pipeline.errors import SettingError
from server.settings.tree import SECTIONS, SETTINGS, Setting

Path: TypeAlias = tuple[str, ...]
"""Sections and a field; of an engine's options: `TABLE`, the engine, perhaps a role, and the option."""

TABLE: Path = ("engines", "others")
"""Where the options of engines are that have no section of their own."""


def known(name: str, where: str) -> Setting:
    """The setting that goes by `name` without its section. Raises `SettingError`; `where` says where it was written."""
    if name in SETTINGS:
        return SETTINGS[name]
    raise unknown(f"There is no setting {name} ({where}).", name, SETTINGS)


def known_engine(name: str, where: str) -> str:
    """The engine of that name as the registry spells it. Raises `SettingError` for one that nobody has."""
    names = {engine for role in get_args(Role) for engine in registry.names(role)}
    if ("engines", name) in SECTIONS:
        message = f"The engine {name} has settings of their own names ({where}): see docs/settings.md."
        raise SettingError(message)
    for engine in names:
        if _alike(engine) == _alike(name):
            return engine
    raise unknown(f"There is no engine {name} ({where}).", name, names)


def unknown(message: str, name: str, names: Iterable[str]) -> SettingError:
    """The error for a name that there is not, with the nearest of those that there are."""
    near = difflib.get_close_matches(name, names, n=1)
    return SettingError(f"{message} Did you mean {near[0]}?" if near else message)


def _alike(name: str) -> str:
    """A name as the environment can spell it."""
    return name.replace("-", "_").lower()
