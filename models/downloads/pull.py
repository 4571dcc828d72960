"""Fetches an entry of the catalogue: asks its sources, looks at the disk, downloads, checks, unpacks, installs.

Theory of operation. An entry is made of parts, and each part can be had from several sources. All sources of a part are
asked at once; the one that answered fastest is taken, the next one where it breaks off or has not got what it should. What
a source sends is gathered in a folder of its own below `.downloads`; what was checked moves to its place in `NAME.part`, and
stays there whichever source the rest comes from. How an entry is installed: see `store`.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Protocol

from models.downloads.ask import ask, until_stopped
from models.downloads.catalogue import BY_NAME
from models.downloads.catalogue.entry import Entry, Part, Source
from models.downloads.download import never
from models.downloads.files import Hub, Listing
from models.downloads.hubs import hubs
from models.downloads.parts import SWELLS, PartFolder, packed
from models.downloads.store import HubError, Stopped, Store, WeightsError, size_of

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
    """Fetches from the catalogue into `store`, from `hubs`. prefer: the one hub to ask for what it has. free: disk space.

    stopped: asked several times a second while something is fetched; once it says so, `pull` raises `Stopped`, and the next
    pull goes on from there. It uses threads and no signals, so that it can run in a thread of a server.
    """

    store: Store
    hubs: Mapping[str, Callable[[], Hub]]
    listener: ProgressListener
    prefer: str = ""
    free: Callable[[Path], int] = field(default=free_bytes)
    stopped: Callable[[], bool] = never
    catalogue: Mapping[str, Entry] = field(default_factory=lambda: BY_NAME)

    def pull(self, name: str) -> bool:
        """Install the entry `name`, unless it is; whether anything had to be done. Raises `WeightsError`."""
        if name not in self.catalogue:
            raise WeightsError(f"There are no weights called {name!r}; known: {', '.join(self.catalogue)}.")
        entry = self.catalogue[name]
        if self.store.has(name):
            self.listener.says(f"{name} is installed already.")
            return False

        def waiting() -> None:
            self.listener.says(f"Another pull of {name} is under way ...")

        with self.store.locked(name, waiting=waiting, stopped=self.stopped):
            if self.store.has(name):
                self.listener.says(f"{name} was installed meanwhile.")
                return False
            _Pull(self, entry).run()
        return True


@dataclass
class _Choice:
    """A part, and what was found out about its sources: listings, best first, and sources that have not answered yet."""

    part: Part
    listings: list[Listing]
    silent: list[Source]
    failures: list[WeightsError]


class _Pull:
    """One pull of one entry; nobody else works on its folder meanwhile."""

    def __init__(self, puller: Puller, entry: Entry) -> None:
        self._puller = puller
        self._entry = entry
        self._says = puller.listener.says
        self._folder = PartFolder(puller.store.part(entry.name), entry, puller.stopped)
        self._sizes: list[int] = []
        """Bytes of each part from the source that it is, or will be, fetched from."""
        self._finished = 0
        self._fetching: Listing | None = None

    def run(self) -> None:
        entry, folder = self._entry, self._folder
        choices = [self._choose(part) for part in entry.parts if not folder.has(part)]
        folder.tidy([listing for choice in choices for listing in choice.listings])
        firsts = [choice.listings[0] for choice in choices if choice.listings]
        self._check_room(firsts)
        self._sizes = [choice.listings[0].size if choice.listings else 0 for choice in choices]
        with self._watched():
            for number, choice in enumerate(choices):
                self._obtain(number, choice)
        if missing := folder.missing():
            sources = ", ".join(folder.sources())
            shutil.rmtree(folder.path)
            raise WeightsError(f"{sources} has no {', '.join(missing)} (any more): not installed.")
        self._says(f"{entry.name}: writing down its checksums")
        self._puller.store.install(entry, folder.sources(), folder.unchecked(), folder.heed)

    # --- Choosing a source ---

    def _choose(self, part: Part) -> _Choice:
        """Ask the part's sources. Those from which something came already are first, then they are as they answered."""
        answers = ask(self._allowed(part), lambda source: self._list(source, part), self._puller.stopped)
        listings = [answer.listing for answer in answers if answer.listing]
        failures = [answer.failure for answer in answers if answer.failure]
        silent = [answer.source for answer in answers if not answer.listing and not answer.failure]
        if not listings and not silent:
            raise _joined(failures)
        return _Choice(part, sorted(listings, key=self._folder.lacks), silent, failures)

    def _allowed(self, part: Part) -> Sequence[Source]:
        """The sources of a part: at the preferred hub alone, if it is there."""
        prefer = self._puller.prefer
        hubs = dict.fromkeys(source.hub for part in self._entry.parts for source in part.sources)
        if prefer and prefer not in hubs:
            raise WeightsError(f"{self._entry.name} is not at {prefer}, but at {', '.join(hubs)}.")
        return [source for source in part.sources if source.hub == prefer] or part.sources

    def _list(self, source: Source, part: Part) -> Listing:
        hub = self._puller.hubs[source.hub]()
        listing = hub.list(source)
        if not listing.files:
            raise WeightsError(f"{listing} has nothing of {self._entry.name} (any more).")
        if listing.size > SWELLS * self._entry.mb * 1_000_000:
            raise WeightsError(
                f"{listing} has {listing.size // 1_000_000} MB, not about {self._entry.mb} MB: not taken."
            )
        if len(self._allowed(part)) > 1:
            hub.sample(max(listing.files, key=lambda file: file.size))
        return listing

    def _check_room(self, listings: Sequence[Listing]) -> None:
        disk = self._entry.disk_mb * 1_000_000
        size = sum(listing.size for listing in listings) or self._entry.mb * 1_000_000
        unpacked = sum(packed(listing) for listing in listings)
        needed = (
            max(0, size - size_of(self._folder.path)) + (max(disk, unpacked * 13 // 10) if unpacked else 0) + MARGIN
        )
        free = self._puller.free(self._puller.store.folder)
        if free < needed:
            raise DiskFull(
                f"{self._entry.name} needs {needed // 1_000_000} MB and the disk has {free // 1_000_000} MB free. Make "
                "room, or let KAIKOU_WEIGHTS name a folder on another disk."
            )

    # --- Fetching a part ---

    def _obtain(self, number: int, choice: _Choice) -> None:
        """Fetch a part from the first source that has it whole."""
        failures = list(choice.failures)
        for listing in self._candidates(choice, failures):
            self._sizes[number] = listing.size
            try:
                self._take(listing, choice.part)
            except WeightsError as error:
                if isinstance(error, Stopped | DiskFull):
                    raise
                failures.append(error)
                self._folder.keep(listing, choice.part)
                self._says(f"{self._entry.name}: {error.message}")
            else:
                self._finished += listing.size
                return
            finally:
                self._fetching = None
        raise _joined(failures)

    def _candidates(self, choice: _Choice, failures: list[WeightsError]) -> Iterator[Listing]:
        yield from choice.listings
        for source in choice.silent:
            answers = ask([source], lambda source: self._list(source, choice.part), self._puller.stopped)
            failures += [answer.failure for answer in answers if answer.failure]
            yield from (answer.listing for answer in answers if answer.listing)

    def _take(self, listing: Listing, part: Part) -> None:
        """Download, check and put into place; what arrived damaged is fetched once more."""
        name, folder = self._entry.name, self._folder
        self._says(f"{name}: {self._entry.publisher} ({self._entry.licence}), from {listing}")
        hub = self._puller.hubs[listing.source.hub]()
        downloads = folder.downloads(listing)
        damaged = folder.wanted(listing, part)
        stopped = self._puller.stopped
        self._fetching = listing
        for attempt in (1, 2):
            until_stopped(partial(hub.fetch, listing, damaged, downloads, stopped), stopped)
            damaged = folder.damaged(listing, part, damaged)
            if not damaged:
                break
            names = ", ".join(file.path for file in damaged[:3])
            if attempt == 2:
                raise WeightsError(f"{names} from {listing} does not match its checksum. It was not installed.")
            self._says(f"{name}: {names} arrived damaged; fetching again")
        if packed(listing):
            count = len(listing.files)
            what = f"{count} packages" if count > 1 else listing.files[0].path
            self._says(f"{name}: unpacking {what}")
        folder.place(listing, part)
        if len(self._entry.parts) == 1 and (missing := folder.missing()):
            folder.tidy(())
            raise WeightsError(f"{listing} has no {', '.join(missing)} (any more): not installed.")

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """Report what lies on the disk, which is true whichever library writes there and wherever it goes on."""
        over = threading.Event()

        def watch() -> None:
            while not over.wait(0.25):
                listing = self._fetching
                now = min(listing.size, self._folder.fetched(listing)) if listing else 0
                self._puller.listener.progress(self._entry.name, self._finished + now, sum(self._sizes))

        thread = threading.Thread(target=watch, name="progress", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
        self._puller.listener.progress(self._entry.name, sum(self._sizes), sum(self._sizes))


def _joined(failures: Sequence[WeightsError]) -> WeightsError:
    """Why none of the sources had it."""
    kind = HubError if any(isinstance(failure, HubError) for failure in failures) else WeightsError
    return kind(" ".join(dict.fromkeys(failure.message for failure in failures)) or "No source answered.")


def puller(
    folder: Path, mirrors: Sequence[str], prefer: str, listener: ProgressListener, stopped: Callable[[], bool] = never
) -> Puller:
    """One that fetches into `folder`. mirrors: see `hubs.hubs`; prefer: a hub, or empty. Raises `WeightsError`."""
    reachable = hubs(mirrors)
    if prefer and prefer not in reachable:
        raise WeightsError(f"There is no hub {prefer!r}, only {', '.join(reachable)}.")
    return Puller(Store(folder), reachable, listener, prefer, stopped=stopped)
