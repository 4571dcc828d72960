"""The folder of weights: one folder an entry, with a manifest of what is in it.

Theory of operation. An entry is installed when its folder is there, and only then: what is being fetched lies in
`NAME.part` beside it, and becomes `NAME` by one rename, after every file was checked and the manifest written. So a
pull that is killed anywhere leaves nothing half-installed, and what it had fetched is there for the next one.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import secrets
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import IO, Any

from models.downloads.catalogue import BY_NAME
from models.downloads.catalogue.entry import Entry
from pipeline.engines.weights import Weights
from pipeline.errors import KaikouError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

MANIFEST = "manifest.json"
PART = ".part"
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
GONE = ".gone-"
"""What folders are called that are being deleted."""
THE_DISKS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO, errno.EMFILE)
"""Errors of the disk or the system, which another source or archive would not change."""
LOCK_WAIT_S = 4 * 3600.0
"""Seconds that a second pull of the same entry waits for the first, which may be large and slow."""


class WeightsError(KaikouError):
    """Weights cannot be fetched, checked or removed; the message says what to do."""

    code = "weights"


class HubError(WeightsError):
    """The hub does not answer, refuses or breaks off; what came is kept, and the next pull goes on from there."""

    code = "hub"


class Stopped(WeightsError):
    """Whoever asked for the download wants no more of it; what came is kept for the next one."""

    code = "stopped"

    def __init__(self) -> None:
        super().__init__("Stopped. The next pull goes on from here.")


@dataclass(frozen=True, slots=True)
class Stored:
    """A file of an entry as it was when it was checked. Size in bytes."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an entry's folder holds. sources: where the bytes came from; date: UTC, ISO 8601.

    unchecked: files for which the publisher tells no checksum, so that only their size was compared. publisher, licence: as
    in `Entry`; empty in manifests of versions that did not note them.
    """

    entry: str
    sources: tuple[str, ...]
    date: str
    files: Mapping[str, Stored]
    unchecked: tuple[str, ...] = ()
    publisher: str = ""
    licence: str = ""


def checked(name: str) -> str:
    """`name`, if it can be an entry's and so a folder's."""
    if not NAME.fullmatch(name):
        raise WeightsError(f"{name!r} cannot be the name of weights.")
    return name


class Store:
    """The weights in `folder`; the folder is made when something is put into it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, name: str) -> Path:
        return self.folder / checked(name)

    def part(self, name: str) -> Path:
        """Where an entry is gathered before it is installed."""
        return self.folder / (checked(name) + PART)

    def has(self, name: str) -> bool:
        return self.path(name).is_dir()

    def names(self) -> list[str]:
        """Everything installed, sorted; entries of other versions of the catalogue too."""
        if not self.folder.is_dir():
            return []
        return sorted(path.name for path in self.folder.iterdir() if path.is_dir() and NAME.fullmatch(path.name))

    def weights(self) -> list[Weights]:
        """What is installed and known, for those who choose engines."""
        known = (BY_NAME[name] for name in self.names() if name in BY_NAME)
        return [described(entry, self.path(entry.name)) for entry in known]

    def manifest(self, name: str) -> Manifest | None:
        """What was installed as `name`; None where somebody put the files there by hand."""
        try:
            read: Any = json.loads((self.path(name) / MANIFEST).read_text("utf-8"))
            files = {file: Stored(int(stored["size"]), str(stored["sha256"])) for file, stored in read["files"].items()}
            told = tuple(map(str, read["sources"])), str(read["date"]), files, tuple(map(str, read["unchecked"]))
            return Manifest(str(read["entry"]), *told, str(read.get("publisher", "")), str(read.get("licence", "")))
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise WeightsError(f"The manifest of {name} is damaged: {again(name)}") from error

    def verify(self, name: str, hear: Callable[[int], None] = lambda done: None) -> list[str]:
        """What is wrong with an installed entry, one line a file; empty when all is as it was. `hear` gets bytes read."""
        if not self.has(name):
            raise WeightsError(f"{name} is not installed.")
        manifest = self.manifest(name)
        if manifest is None:
            raise WeightsError(f"{name} was put there by hand: there is nothing to compare its files with.")
        return [fault for file, stored in manifest.files.items() if (fault := self._fault(name, file, stored, hear))]

    def _fault(self, name: str, file: str, stored: Stored, hear: Callable[[int], None]) -> str:
        path = self.path(name) / file
        if not path.is_file():
            return f"{file} is missing"
        if path.stat().st_size != stored.size:
            return f"{file} has {path.stat().st_size} bytes instead of {stored.size}"
        return "" if sha256(path, hear) == stored.sha256 else f"{file} has other content"

    def install(
        self,
        entry: Entry,
        sources: tuple[str, ...],
        unchecked: tuple[str, ...],
        hear: Callable[[int], None] = lambda done: None,
    ) -> None:
        """Make the gathered files of `entry` the installed ones. They are complete and checked. `hear` gets bytes read.

        What begins with a dot served the download and is left behind.
        """
        part = self.part(entry.name)
        kept = [path for path in sorted(part.iterdir()) if not path.name.startswith(".") and path.name != MANIFEST]
        files = {
            path.relative_to(part).as_posix(): Stored(path.stat().st_size, sha256(path, hear))
            for top in kept
            for path in (sorted(top.rglob("*")) if top.is_dir() else [top])
            if path.is_file()
        }
        now = datetime.now(UTC).isoformat(timespec="seconds")
        manifest = Manifest(entry.name, sources, now, files, unchecked, entry.publisher, entry.licence)
        write(part / MANIFEST, json.dumps(asdict(manifest), indent=1))
        os.replace(
            part, self.path(entry.name)
        )  # before anything is deleted that the next pull would have to fetch again
        self._delete(sorted(self.path(entry.name).glob(".*")))

    def remove(self, name: str) -> int:
        """Delete an entry and what was fetched of it; the bytes that became free. Raises if there is neither."""
        if not self._there(name):
            raise WeightsError(f"{name} is not installed.")
        with self.locked(name):
            there = self._there(name)  # a pull that was under way has installed it, or given it up
            freed = sum(size_of(path) for path in there)
            self._delete(there)
        return freed

    def _there(self, name: str) -> list[Path]:
        return [path for path in (self.path(name), self.part(name)) if path.is_dir()]

    def _delete(self, paths: Iterable[Path]) -> None:
        """Delete these, and what an earlier deletion left that was killed. What is half deleted is not there any more."""
        for path in paths:
            os.replace(path, self.folder / f"{GONE}{secrets.token_hex(8)}")
        for gone in self.folder.glob(f"{GONE}*"):
            if gone.is_dir() and not gone.is_symlink():
                shutil.rmtree(gone, ignore_errors=True)
            else:
                gone.unlink(missing_ok=True)

    @contextmanager
    def locked(
        self,
        name: str,
        wait_s: float = LOCK_WAIT_S,
        waiting: Callable[[], None] = lambda: None,
        stopped: Callable[[], bool] = lambda: False,
    ) -> Iterator[None]:
        """Keep others from changing `name`. The lock goes with its holder, however that ends. `waiting` is called once.

        Raises `Stopped` while it waits, once `stopped` says so.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        deadline = time.monotonic() + wait_s
        with open(self.folder / f".{checked(name)}.lock", "a", encoding="utf-8") as lock:
            if not _try_lock(lock):
                waiting()
                while not _try_lock(lock):
                    if stopped():
                        raise Stopped
                    if time.monotonic() > deadline:
                        raise WeightsError(f"Another pull of {name} is still under way. End it, then start again.")
                    time.sleep(0.1)
            yield


def reserved(path: PurePosixPath) -> bool:
    """Whether a published file would be where the store has files of its own. No engine reads a name with a dot in front."""
    return path.parts[0] == MANIFEST or any(part.startswith(".") for part in path.parts)


def described(entry: Entry, folder: Path) -> Weights:
    """An entry as those see it who choose engines."""
    about = (entry.languages, entry.libraries, entry.rank, entry.gpu, entry.cores, entry.lead_cores)
    return Weights(entry.name, entry.engine, entry.part, folder, *about)


def again(name: str) -> str:
    """The advice to fetch an entry anew."""
    return f"python3 run.py models remove {name}, then python3 run.py models pull {name}"


def sha256(path: Path, hear: Callable[[int], None] = lambda done: None) -> str:
    """The file's hash in hexadecimal; `hear` gets the bytes read, a megabyte at a time."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
            hear(len(piece))
    return digest.hexdigest()


def size_of(folder: Path) -> int:
    """Bytes in all files below `folder`; those that vanish meanwhile count nothing."""
    total = 0
    for at, _, files in os.walk(folder):
        for file in files:
            try:
                total += os.lstat(os.path.join(at, file)).st_size
            except FileNotFoundError:
                continue
    return total


def write(path: Path, text: str) -> None:
    """Replace a small file in one step."""
    new = path.with_name(path.name + ".new")
    with new.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(new, path)


def _try_lock(file: IO[str]) -> bool:
    try:
        if sys.platform == "win32":
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True
