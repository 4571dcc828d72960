"""What the environment says: variables with our prefix, those of other programs, and those that only look like ours."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import SecretStr

from pipeline.errors import SettingError
from server.settings.names import TABLE, Path, known, known_engine
from server.settings.tree import PREFIX
from server.settings.values.written import BYTE_ORDER_MARK, plain

NOT_SETTINGS = frozenset({"KAIKOU_VENV", "KAIKOU_CONFIG"})
"""Variables with our prefix that belong to `run.py`, and the one that names the file."""

OPENAI_NAMES: Mapping[str, str] = {"OPENAI_BASE_URL": "llm_base_url", "OPENAI_API_KEY": "llm_api_key"}
"""What other programs call these settings; `KAIKOU_…` wins."""

ENGINE_PREFIX = PREFIX + "ENGINES__"
"""What begins the options of an engine that has no section: `KAIKOU_ENGINES__KAZOO__HERTZ`."""

NUMBER = re.compile(r"[+-]?(0|[1-9]\d*)(\.\d+)?|true|false")
"""What is no text where nobody says which type an option has."""

_SERVICE = re.compile(rf"({PREFIX.removesuffix('_')}(?:_[A-Z0-9_]+?)??)_(?:SERVICE_HOST=.*|PORT=(?:tcp|udp|sctp)://.*)")
"""A variable that shows that there is such a service; the group is the service's name in capitals."""

_OF_A_SERVICE = re.compile(
    r"_SERVICE_HOST=.*|_SERVICE_PORT(?:_\w+)?=\d+|_PORT=(?:tcp|udp|sctp)://.*|_PORT_\d+_(?:TCP|UDP|SCTP)(?:_\w+)?=.*"
    r"|_NAME=/.*|_ENV_\w+=.*",
    re.DOTALL,
)
"""What is told of it, without its name."""


def ignored_variables(environment: Mapping[str, str] | None = None) -> list[str]:
    """Variables with our prefix that tell of a service called after us, and are no settings.

    Kubernetes sets them in every pod of the namespace for a Service "kaikou" or "kaikou-…" (`KAIKOU_SERVICE_HOST`,
    `KAIKOU_PORT=tcp://…`, `KAIKOU_PORT_7210_TCP_ADDR`), Docker for a link of such a name (`KAIKOU_NAME`, `KAIKOU_ENV_…`).
    """
    environment = os.environ if environment is None else environment
    services = [found[1] for name, value in environment.items() if (found := _SERVICE.fullmatch(f"{name}={value}"))]
    return [
        name
        for name, value in environment.items()
        if any(
            name.startswith(service) and _OF_A_SERVICE.fullmatch(f"{name.removeprefix(service)}={value}")
            for service in services
        )
    ]


def config_named(environment: Mapping[str, str]) -> str:
    """The settings file that the environment names; empty if it names none."""
    return plain(environment.get(PREFIX + "CONFIG", ""))


def written_as(environment: Mapping[str, str]) -> Mapping[str, str]:
    """Other programs' variables that are in force here, by the settings that they set."""
    return {
        setting: name
        for name, setting in OPENAI_NAMES.items()
        if plain(environment.get(name, "")) and not plain(environment.get(PREFIX + setting.upper(), ""))
    }


def set_by(environment: Mapping[str, str]) -> Iterator[tuple[Path, Any]]:
    """What the environment sets, with where it belongs; later ones win. Raises `SettingError`."""
    ignored = {*ignored_variables(environment), *NOT_SETTINGS}
    given = {name.lstrip(BYTE_ORDER_MARK): value for name, value in environment.items() if name not in ignored}
    yield from ((known(setting, name).path, given[name]) for name, setting in OPENAI_NAMES.items() if name in given)
    for name, value in given.items():
        if not name.startswith(PREFIX):
            continue
        where = f"as {name} in the environment"
        if name.startswith(ENGINE_PREFIX):
            engine, *option = name.removeprefix(ENGINE_PREFIX).lower().split("__")
            path = (*TABLE, known_engine(engine, where), *option)
            if not 1 <= len(option) <= 2:  # the option, perhaps in one role
                raise SettingError(f"{name} names no option of the engine {engine}.")
            yield path, _untyped(plain(value))
        else:
            yield known(name.removeprefix(PREFIX).lower(), where).path, value


def _untyped(value: str) -> Any:
    """An option whose type only its engine knows: a number, true or false, or a text, which may be a key."""
    if NUMBER.fullmatch(value):
        return tomllib.loads(f"value = {value}")["value"]
    return SecretStr(value) if value else value
