"""The places that weights come from, behind one shape: what files there are, with their checksums, and fetch them.

Hugging Face and ModelScope are asked through their own libraries, GitHub's releases over HTTP. All go on with what
lies in the folder already.
"""

from __future__ import annotations

import errno
import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial
from importlib import import_module
from pathlib import Path, PurePosixPath
from typing import Any, Protocol
from urllib.parse import quote

from models.downloads.catalogue import NEVER, Source
from models.downloads.download import Downloader, checked_url
from models.downloads.store import HubError, WeightsError

GITHUB = "https://github.com"
CHECKSUMS = "checksum.txt"
"""What sherpa-onnx calls the list of checksums in its releases."""
SHA256 = re.compile(r"[0-9a-f]{64}")
THE_DISKS = (errno.ENOSPC, errno.EROFS, errno.EACCES)
"""Errors that are not the hub's."""


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file to fetch. path: relative, with slashes. size: bytes, 0 if unknown. Of the two hashes one may be known.

    git: its object id in git, which is a hash of small files' content.
    """

    path: str
    size: int
    sha256: str = ""
    git: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """The files of a source at one revision."""

    source: Source
    revision: str
    files: tuple[RemoteFile, ...]

    def __str__(self) -> str:
        return f"{self.source.hub}:{self.source.repository}@{self.revision}"


class Hub(Protocol):
    def list(self, source: Source) -> Listing:
        """What there is to fetch. Raises `WeightsError`."""

    def fetch(self, listing: Listing, files: Sequence[RemoteFile], folder: Path) -> None:
        """Put `files` into `folder`, at their paths. Raises `WeightsError`; what was fetched stays for the next time."""


def wanted(files: Iterator[RemoteFile], patterns: Sequence[str]) -> tuple[RemoteFile, ...]:
    """Those that `patterns` name and an engine reads. Raises for a path that leads out of the folder."""
    kept = [file for file in files if _matches(file.path, patterns) and not _matches(file.path, NEVER)]
    for file in kept:
        path = PurePosixPath(file.path)
        if path.is_absolute() or ".." in path.parts or "\\" in file.path or ":" in file.path or not path.parts:
            raise WeightsError(f"The hub lists a path that leads elsewhere: {file.path!r}. Nothing was fetched.")
    return tuple(kept)


def _matches(path: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(path, pattern) for pattern in patterns)


def git_id(path: Path) -> str:
    """What git calls a file of this content."""
    content = path.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


class HuggingFace:
    """Through `huggingface_hub`, which reads HF_TOKEN and HF_ENDPOINT itself; a mirror wins over the latter."""

    def __init__(self, mirror: str = "") -> None:
        self._endpoint = checked_url(mirror) if mirror else None

    def list(self, source: Source) -> Listing:
        with _translated("Hugging Face", "huggingface_hub") as library:
            api = library.HfApi(endpoint=self._endpoint)
            info = api.model_info(source.repository, revision=source.revision, files_metadata=True, timeout=30)
        files = (
            RemoteFile(file.rfilename, file.size or 0, file.lfs.sha256 if file.lfs else "", file.blob_id or "")
            for file in info.siblings or ()
        )
        return Listing(source, info.sha or source.revision, wanted(files, source.files))

    def fetch(self, listing: Listing, files: Sequence[RemoteFile], folder: Path) -> None:
        with _translated("Hugging Face", "huggingface_hub") as library:
            library.utils.disable_progress_bars()
            library.utils.logging.set_verbosity_error()  # that it tries again is no news
            for file in files:  # one after the other: its pool of threads does not let go when it is interrupted
                library.hf_hub_download(
                    listing.source.repository,
                    file.path,
                    revision=listing.revision,
                    local_dir=folder,
                    endpoint=self._endpoint,
                )


class ModelScope:
    """Through `modelscope_hub`, which reads MODELSCOPE_ENDPOINT itself; a mirror wins."""

    def __init__(self, mirror: str = "") -> None:
        self._mirror = checked_url(mirror) if mirror else None

    def list(self, source: Source) -> Listing:
        with _translated("ModelScope", "modelscope_hub") as library:
            api = library.HubApi(endpoint=self._mirror)
            found = api.list_repo_files(source.repository, "model", revision=source.revision)
        blobs = (file for file in found if file.type != "tree")
        files = (RemoteFile(file.path, file.size or 0, file.sha256 or "") for file in blobs)
        return Listing(source, source.revision, wanted(files, source.files))

    def fetch(self, listing: Listing, files: Sequence[RemoteFile], folder: Path) -> None:
        with _translated("ModelScope", "modelscope_hub") as library:
            downloader = library.HubApi(endpoint=self._mirror).downloader
            for file in files:
                downloader.download_file(
                    listing.source.repository,
                    "model",
                    file.path,
                    revision=listing.revision,
                    local_dir=folder,
                    expected_sha256=file.sha256 or None,
                    file_size=file.size or None,
                    progress_callbacks=[library.ProgressCallback],  # the one that shows nothing
                )


class GitHub:
    """Assets of releases, over HTTP. `mirror` stands for https://github.com, also as a prefix before it."""

    def __init__(self, mirror: str = "", downloader: Downloader | None = None) -> None:
        self._base = checked_url(mirror or GITHUB).rstrip("/")
        self._downloader = downloader or Downloader()

    def list(self, source: Source) -> Listing:
        known = checksums(self._downloader.text(self._url(source, CHECKSUMS)))
        files = tuple(
            RemoteFile(name, self._downloader.size(self._url(source, name)), known.get(name, ""))
            for name in source.files
        )
        return Listing(source, source.revision, files)

    def fetch(self, listing: Listing, files: Sequence[RemoteFile], folder: Path) -> None:
        for file in files:
            self._downloader.fetch(self._url(listing.source, file.path), folder / file.path, file.size)

    def _url(self, source: Source, name: str) -> str:
        return f"{self._base}/{source.repository}/releases/download/{quote(source.revision)}/{quote(name)}"


def checksums(text: str) -> dict[str, str]:
    """A release's list, name to SHA-256; each line has a name and a hash, in either order."""
    known: dict[str, str] = {}
    for words in (line.split() for line in text.splitlines()):
        hashes = [word.lower() for word in words if SHA256.fullmatch(word.lower())]
        names = [word.lstrip("*") for word in words if not SHA256.fullmatch(word.lower())]
        if len(hashes) == len(names) == 1:
            known[names[0]] = hashes[0]
    return known


def hubs(mirrors: Sequence[str] = ()) -> Mapping[str, Callable[[], Hub]]:
    """How to reach each hub. `mirrors`: "hub=URL", or a bare URL for Hugging Face. Raises `WeightsError`."""
    makers: dict[str, Any] = {"huggingface": HuggingFace, "modelscope": ModelScope, "github": GitHub}
    bases = dict.fromkeys(makers, "")
    for mirror in mirrors:
        name, given, url = mirror.partition("=")
        name, url = (name, url) if given and "/" not in name else ("huggingface", mirror)
        if name not in makers:
            raise WeightsError(f"There is no hub {name!r} to mirror, only {', '.join(makers)}.")
        bases[name] = checked_url(url)
    return {name: partial(make, bases[name]) for name, make in makers.items()}


@contextmanager
def _translated(hub: str, name: str) -> Iterator[Any]:
    """The hub's library; what goes wrong in there leaves as a `WeightsError`."""
    try:
        library: Any = import_module(name)
    except ImportError:
        raise WeightsError(f"{hub} needs the package {name}: python3 run.py models pull … installs it.") from None
    try:
        yield library
    except WeightsError:
        raise
    except Exception as error:  # each library raises a tree of its own, and what requests and httpx2 raise
        if isinstance(error, OSError) and error.errno in THE_DISKS:
            raise
        first = next(iter(str(error).strip().splitlines()), "") or type(error).__name__
        raise HubError(f"{hub}: {first[:300].rstrip('.')}.") from error
