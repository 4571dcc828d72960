"""Fetches an entry of the catalogue: asks the hub, looks at the disk, downloads, checks, unpacks, installs."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from models.downloads.catalogue import BY_NAME, NEVER, Entry, Source
from models.downloads.hubs import Hub, Listing, RemoteFile, git_id, hubs
from models.downloads.store import Store, WeightsError, sha256, size_of
from models.downloads.unpack import unpack

ARCHIVES = (".tar.bz2", ".tar.gz", ".tar.xz", ".tar")
DOWNLOADS = ".downloads"
"""Folder in the one being gathered for what is not part of the weights. Its name starts with a dot: see `Store.install`."""
SWELLS = 10
"""How many times what the catalogue says an archive may hold; one with all variants of a model holds several times that."""
MARGIN = 100_000_000
"""Bytes that stay free on the disk."""


class DiskFull(WeightsError):
    """There is no room; no other source would change that."""

    code = "disk_full"


class ProgressListener(Protocol):
    """Whom to tell how it goes. Sizes in bytes; `total` is 0 where the hub does not tell."""

    def says(self, line: str) -> None: ...
    def progress(self, doing: str, done: int, total: int) -> None: ...


def free_bytes(folder: Path) -> int:
    """Free room on the disk that `folder` is, or will be, on."""
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    return shutil.disk_usage(there).free


@dataclass(frozen=True)
class Puller:
    """Fetches into `store` from `hubs`. prefer: the hub to ask first. free: room on a disk, by folder."""

    store: Store
    hubs: Mapping[str, Callable[[], Hub]]
    listener: ProgressListener
    prefer: str = ""
    free: Callable[[Path], int] = field(default=free_bytes)

    def pull(self, name: str) -> bool:
        """Install the entry `name`, unless it is; whether anything had to be done. Raises `WeightsError`."""
        entry = known(name)
        if self.store.has(name):
            self.listener.says(f"{name} is installed already.")
            return False
        with self.store.locked(name, waiting=lambda: self.listener.says(f"Another pull of {name} is under way ...")):
            if self.store.has(name):
                self.listener.says(f"{name} was installed meanwhile.")
                return False
            self._gather(entry, self._reached(entry))
        return True

    def _reached(self, entry: Entry) -> list[Listing]:
        """The files of the first source that answers. A source that breaks off later is not given up for another."""
        failures: list[WeightsError] = []
        for sources in self._ordered(entry):
            try:
                listings = [self.hubs[source.hub]().list(source) for source in sources]
                if bare := [str(listing) for listing in listings if not listing.files]:
                    raise WeightsError(f"{bare[0]} has nothing of {entry.name} (any more).")
                return listings
            except WeightsError as error:
                failures.append(error)
        raise type(failures[-1])(" ".join(dict.fromkeys(error.message for error in failures)))

    def _ordered(self, entry: Entry) -> list[tuple[Source, ...]]:
        """The entry's sources, best first; of the preferred hub alone, if there is one."""
        preferred = [sources for sources in entry.sources if self.prefer and sources[0].hub == self.prefer]
        if self.prefer and not preferred:
            hubs = ", ".join(dict.fromkeys(sources[0].hub for sources in entry.sources))
            raise WeightsError(f"{entry.name} is not at {self.prefer}, but at {hubs}.")
        return preferred or list(entry.sources)

    def _gather(self, entry: Entry, listings: Sequence[Listing]) -> None:
        part = self.store.part(entry.name)
        self._check_origin(part, listings)
        self._check_room(entry, part, listings)
        with self._watched(entry, part, listings):
            for listing in listings:
                self._fetch(listing, _folder(part, listing), entry)
        for path in [_folder(part, listing) / file.path for listing in listings for file in listing.files]:
            self._place(entry, path, part)
        if missing := [need for need in entry.needs if not any(part.glob(need))]:
            shutil.rmtree(part)
            raise WeightsError(f"{listings[0]} has no {', '.join(missing)} (any more): not installed.")
        self.listener.says(f"{entry.name}: writing down its checksums")
        files = [file for listing in listings for file in listing.files]
        unchecked = tuple(file.path for file in files if not _expected(file, entry) and not file.git)
        self.store.install(entry, tuple(map(str, listings)), unchecked)

    def _check_origin(self, part: Path, listings: Sequence[Listing]) -> None:
        """What was gathered from elsewhere, or of another revision, is of no use for these."""
        origin, note = "\n".join(map(str, listings)), part / DOWNLOADS / "origin"
        if part.is_dir() and (not note.is_file() or note.read_text("utf-8") != origin):
            shutil.rmtree(part)
        note.parent.mkdir(parents=True, exist_ok=True)
        note.write_text(origin, "utf-8")

    def _check_room(self, entry: Entry, part: Path, listings: Sequence[Listing]) -> None:
        size = sum(file.size for listing in listings for file in listing.files) or entry.mb * 1_000_000
        packed = sum(file.size for listing in listings for file in listing.files if file.path.endswith(ARCHIVES))
        unpacked = max(entry.disk_mb * 1_000_000, packed * 13 // 10) if packed else 0
        needed = max(0, size - size_of(part)) + unpacked + MARGIN
        free = self.free(self.store.folder)
        if free < needed:
            raise DiskFull(
                f"{entry.name} needs {needed // 1_000_000} MB and the disk has {free // 1_000_000} MB free. Make room, or "
                "let KAIKOU_WEIGHTS name a folder on another disk."
            )

    def _fetch(self, listing: Listing, folder: Path, entry: Entry) -> None:
        """Download and check; what arrived damaged is fetched once more."""
        hub = self.hubs[listing.source.hub]()
        for attempt in (1, 2):
            hub.fetch(listing, listing.files, folder)
            damaged = [file for file in listing.files if not intact(folder / file.path, file, _expected(file, entry))]
            if not damaged:
                return
            for file in damaged:
                (folder / file.path).unlink(missing_ok=True)
            shutil.rmtree(folder / ".cache", ignore_errors=True)  # the library's note that it has the file
            names = ", ".join(file.path for file in damaged[:3])
            if attempt == 1:
                self.listener.says(f"{entry.name}: {names} arrived damaged; fetching again")
        raise WeightsError(f"{names} from {listing} does not match its checksum. It was not installed.")

    def _place(self, entry: Entry, path: Path, part: Path) -> None:
        """Unpack an archive; move a file out of the downloads."""
        if path.name.endswith(ARCHIVES):
            self.listener.says(f"{entry.name}: unpacking {path.name}")
            unpack(path, part, largest=SWELLS * entry.disk_mb * 1_000_000, skip=NEVER)
        elif path.parent.name == DOWNLOADS:
            shutil.copyfile(path, part / path.name)  # a copy, so that a pull killed from here on has it still

    @contextmanager
    def _watched(self, entry: Entry, part: Path, listings: Sequence[Listing]) -> Iterator[None]:
        """Report what lies on the disk, which is true whichever library writes there and wherever it goes on."""
        total = sum(file.size for listing in listings for file in listing.files)
        over = threading.Event()

        def watch() -> None:
            while not over.wait(0.25):
                self.listener.progress(entry.name, size_of(part), total)

        thread = threading.Thread(target=watch, name="progress", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
        self.listener.progress(entry.name, total, total)


def puller(folder: Path, mirrors: Sequence[str], prefer: str, listener: ProgressListener) -> Puller:
    """One that fetches into `folder`. mirrors: see `hubs.hubs`; prefer: a hub, or empty. Raises `WeightsError`."""
    reachable = hubs(mirrors)
    if prefer and prefer not in reachable:
        raise WeightsError(f"There is no hub {prefer!r}, only {', '.join(reachable)}.")
    return Puller(Store(folder), reachable, listener, prefer)


def known(name: str) -> Entry:
    """The entry called `name`. Raises `WeightsError` that tells the names there are."""
    if name not in BY_NAME:
        raise WeightsError(f"There are no weights called {name!r}; known: {', '.join(BY_NAME)}.")
    return BY_NAME[name]


def intact(path: Path, file: RemoteFile, expected: str) -> bool:
    """Whether a download is what the hub has. `expected`: its SHA-256, if that is known."""
    if not path.is_file() or (file.size and path.stat().st_size != file.size):
        return False
    if expected:
        return sha256(path) == expected
    return not file.git or git_id(path) == file.git


def _expected(file: RemoteFile, entry: Entry) -> str:
    return entry.sha256.get(file.path) or file.sha256


def _folder(part: Path, listing: Listing) -> Path:
    """Where a source's files go: assets of a release to the side, since some are archives."""
    return part / DOWNLOADS if listing.source.hub == "github" else part
