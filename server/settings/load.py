"""Resolves the settings: defaults < file < environment (`KAIKOU_…`) < flags.

Secrets, which are told by their type, come from the environment alone and never appear in `repr`.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path as FilePath
from typing import Any

from pydantic import ValidationError

from pipeline.errors import SettingError
from server.settings.environment import config_named, set_by
from server.settings.names import TABLE, Path, known, known_engine, unknown
from server.settings.section import Section
from server.settings.tree import AT, SECTIONS, Settings
from server.settings.written import meant, plain


def load_settings(flags: Mapping[str, Any] | None = None, environment: Mapping[str, str] | None = None) -> Settings:
    """The settings in force. `flags` are those given on the command line, by their names without sections; "config"
    among them names the file.

    Raises `SettingError`, which names the setting, where it was set, and the nearest known name of an unknown one.
    """
    flags = {name: value for name, value in (flags or {}).items() if value is not None}
    environment = os.environ if environment is None else environment
    file = plain(str(flags.pop("config", ""))) or config_named(environment)
    on_the_command_line = ((known(name, "on the command line").path, value) for name, value in flags.items())
    given: dict[Path, Any] = {}
    for source in (_from_file(file), set_by(environment), on_the_command_line):
        given |= _meant(source)
    try:
        return Settings.model_validate(_nested(given))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise SettingError(f"The setting {_called(first['loc'])} is not right: {first['msg']}.") from None


def _meant(source: Iterable[tuple[Path, Any]]) -> dict[Path, Any]:
    """What a source sets, as it is meant; what it leaves empty it does not set."""
    written = ((path, meant(AT.get(path), value)) for path, value in source)
    return {path: value for path, value in written if value is not None}


def _from_file(path: str | FilePath) -> Iterator[tuple[Path, Any]]:
    explicit = bool(path)
    path = FilePath(path or "kaikou.toml")
    try:
        if not path.is_file():
            if explicit:
                raise SettingError(f"There is no settings file {path}.")
            return
        values = tomllib.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise SettingError(f"The settings file {path} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:  # its own errors, and numbers and tables beyond Python's bounds
        raise SettingError(f"The settings file {path} is not TOML: {error}.") from error
    for name, value in values.items():
        if isinstance(value, dict):
            yield from _from_table((name,), value, f"in {path}")
        else:  # as all settings were written before there were sections
            yield _not_secret(known(name, f"in {path}").path, f"in {path}"), value


def _from_table(at: Path, table: Mapping[str, Any], where: str) -> Iterator[tuple[Path, Any]]:
    """What a table of the file sets: its section's fields, the tables in it, or the options of a further engine."""
    section = SECTIONS.get(at)
    if section is None:
        if at[0] == TABLE[0] and len(at) == 2:
            yield from _options((*TABLE, known_engine(at[1], where)), table)
            return
        raise unknown(f"There is no section {'.'.join(at)} ({where}).", at[0], Settings.model_fields)
    for name, value in table.items():
        if isinstance(value, dict) and not ((*at, name) in AT and AT[*at, name].is_table):
            yield from _from_table((*at, name), value, where)
        elif (*at, name) in AT:
            yield _not_secret((*at, name), where), value
        else:
            raise unknown(f"There is no setting {'.'.join((*at, name))} ({where}).", name, _fields(section))


def _options(at: Path, table: Mapping[str, Any]) -> Iterator[tuple[Path, Any]]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _options((*at, name), value)
        else:
            yield (*at, name), value


def _fields(section: type[Section]) -> list[str]:
    return [name for name in section.model_fields if name != TABLE[-1]]


def _not_secret(path: Path, where: str) -> Path:
    setting = AT[path]
    if setting.is_secret:
        raise SettingError(f"{setting.name} is a secret: set {setting.variable} in the environment, not {where}.")
    return path


def _nested(given: Mapping[Path, Any]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for path, value in given.items():
        table = tree
        for name in path[:-1]:
            table = table.setdefault(name, {})
        table[path[-1]] = value
    return tree


def _called(location: tuple[int | str, ...]) -> str:
    """How a setting is called in the file and in the environment; the location may go on into its value."""
    path = tuple(map(str, location))
    setting = next((AT[path[:length]] for length in range(len(path), 0, -1) if path[:length] in AT), None)
    return f"{'.'.join(setting.path)} ({setting.variable})" if setting else ".".join(path)
