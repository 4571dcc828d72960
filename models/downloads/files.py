"""What a hub is to a pull: what files a source has there, with their checksums, a taste of its speed, and the files."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from models.downloads.catalogue.entry import Source
from models.downloads.store import sha256


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file to fetch. path: relative, with slashes. size: bytes, 0 if unknown. Of the two hashes one may be known.

    git: its object id in git, which is a hash of small files' content. url: where it can be had over plain HTTP, if it can.
    """

    path: str
    size: int
    sha256: str = ""
    git: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """The files of a source at one revision."""

    source: Source
    revision: str
    files: tuple[RemoteFile, ...]

    def __str__(self) -> str:
        return f"{self.source.hub}:{self.source.repository}@{self.revision}"

    @property
    def size(self) -> int:
        """Bytes of all files, as far as they are known."""
        return sum(file.size for file in self.files)

    @property
    def folder(self) -> str:
        """A name for the folder that its downloads lie in; another revision has another one."""
        name = re.sub(r"[^\w.-]+", "-", str(self))[:60]
        return f"{name}-{hashlib.sha256(str(self).encode()).hexdigest()[:8]}"


class Hub(Protocol):
    def list(self, source: Source) -> Listing:
        """What there is to fetch. Raises `WeightsError`."""

    def sample(self, file: RemoteFile) -> None:
        """Fetch the beginning of `file`, so that this can be timed. Raises `WeightsError`."""

    def fetch(self, listing: Listing, files: Sequence[RemoteFile], folder: Path, stopped: Callable[[], bool]) -> None:
        """Put `files` into `folder`, at their paths. What was fetched stays for the next time, also when `stopped` ends it.

        Raises `WeightsError`.
        """


def git_id(path: Path) -> str:
    """What git calls a file of this content."""
    content = path.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def intact(path: Path, file: RemoteFile, expected: str, hear: Callable[[int], None] = lambda done: None) -> bool:
    """Whether a download is what the hub has. `expected`: its SHA-256, if that is known. `hear` gets bytes read."""
    if not path.is_file() or (file.size and path.stat().st_size != file.size):
        return False
    if expected:
        return sha256(path, hear) == expected
    return not file.git or git_id(path) == file.git
