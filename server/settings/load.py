"""Resolves the settings: defaults < file < environment (`KAIKOU_…`) < flags.

Secrets, which are told by their type, come from the environment alone and never appear in `repr`.
"""

from __future__ import annotations

import codecs
import os
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path as FilePath
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from pipeline.errors import SettingError
from server.settings.environment import config_named, set_by, written_as
from server.settings.names import TABLE, Path, known, known_engine, unknown
from server.settings.section import Section
from server.settings.tree import AT, SECTIONS, SETTINGS, Settings
from server.settings.values.written import meant, plain

ROOT = FilePath(__file__).parents[2]
FILE = "kaikou.toml"
FILE_LIMIT = 1_000_000
"""Bytes; all settings with their explanations have some thousands."""


def load_settings(flags: Mapping[str, Any] | None = None, environment: Mapping[str, str] | None = None) -> Settings:
    """The settings in force. `flags` are those given on the command line, by their names without sections; "config"
    among them names the file.

    Raises `SettingError`, which names the setting, where it was set, and the nearest known name of an unknown one.
    """
    flags = {name: value for name, value in (flags or {}).items() if value is not None}
    environment = os.environ if environment is None else environment
    file = _file(plain(str(flags.pop("config", ""))) or config_named(environment))
    on_the_command_line = ((known(name, "on the command line").path, value) for name, value in flags.items())
    here = FilePath()
    given = dict(_meant(_from_file(file), file.absolute().parent)) if file else {}
    with_other_names = written_as(environment)
    given |= dict(_meant(set_by(environment), here, with_other_names))
    given |= dict(_meant(on_the_command_line, here))
    try:
        return Settings.model_validate(_nested(given))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise _not_right(first["loc"], first["msg"], with_other_names) from None


def _meant(
    source: Iterable[tuple[Path, Any]], base: FilePath, with_other_names: Mapping[str, str] = MappingProxyType({})
) -> Iterator[tuple[Path, Any]]:
    """What a source sets, as it is meant; what it leaves empty it does not set. Paths in it are relative to `base`.

    with_other_names: see `written_as`.
    """
    for path, written in source:
        try:
            value = meant(AT.get(path), written, base)
        except ValueError as error:
            raise _not_right(path, str(error), with_other_names) from None
        if value is not None:
            yield path, value


def _not_right(location: tuple[int | str, ...], why: str, with_other_names: Mapping[str, str]) -> SettingError:
    called = _called(location, with_other_names)
    return SettingError(f"The setting {called} is not right: {why.removeprefix('Value error, ')}.")


def _file(named: str) -> FilePath | None:
    """The settings file: the one that is named, else that of the folder one stands in, else that of Kaikou's own folder."""
    try:
        if named:
            path = FilePath(named).expanduser()
            if not (path.is_symlink() or path.exists()):
                raise SettingError(f"There is no settings file {path} (--config, KAIKOU_CONFIG).")
        else:
            there = [path for path in (FilePath(FILE), ROOT / FILE) if os.path.lexists(path)]
            if not there:
                return None
            path = there[0]
        return _regular(path)
    except (OSError, ValueError, RuntimeError) as error:  # too long; a NUL; the home of nobody
        why = getattr(error, "strerror", None) or error
        raise SettingError(f"The settings file {named or FILE} cannot be read: {why}.") from error


def _regular(path: FilePath) -> FilePath:
    """The path, if a file is there that can be read to its end. Raises `SettingError` and `OSError`."""
    if path.is_file():
        return path
    what = f"{path} (--config, KAIKOU_CONFIG) is to be the settings file, and is"
    if path.is_dir():
        raise SettingError(f"{what} a folder. Docker makes one where the file that is mounted there is missing.")
    if path.is_symlink():
        raise SettingError(f"{what} a link that leads to no file.")
    raise SettingError(f"{what} no plain file but a device, a pipe or a socket.")


def _from_file(path: FilePath) -> Iterator[tuple[Path, Any]]:
    for name, value in _tables(path).items():
        if isinstance(value, dict):
            yield from _from_table((name,), value, f"in {path}")
        elif (name,) in SECTIONS and name not in SETTINGS:
            raise SettingError(f"{name} is a section ({path}): write [{name}] in a line, and its settings below.")
        else:  # as all settings were written before there were sections
            yield _not_secret(known(name, f"in {path}").path, f"in {path}"), value


def _tables(path: FilePath) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            content = file.read(FILE_LIMIT + 1)
        if len(content) > FILE_LIMIT:
            raise SettingError(f"The settings file {path} is longer than {FILE_LIMIT:,} bytes.")
        if b"\0" in content or content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise SettingError(f"The settings file {path} is not TOML: it is in UTF-16, or no text. Save it as UTF-8.")
        return tomllib.loads(content.decode("utf-8-sig"))
    except OSError as error:
        raise SettingError(f"The settings file {path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise SettingError(
            f"The settings file {path} is not TOML: line {line} is not in UTF-8. Save it as UTF-8."
        ) from None
    except (ValueError, RecursionError) as error:  # its own errors, and numbers and tables beyond Python's bounds
        raise SettingError(f"The settings file {path} is not TOML: {str(error)[:200]}.") from error


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


def _called(location: tuple[int | str, ...], with_other_names: Mapping[str, str]) -> str:
    """How a setting is called in the file and in the environment; the location may go on into its value."""
    path = tuple(map(str, location))
    setting = next((AT[path[:length]] for length in range(len(path), 0, -1) if path[:length] in AT), None)
    if setting is None:
        return ".".join(path)
    return f"{'.'.join(setting.path)} ({with_other_names.get(setting.name, setting.variable)})"
