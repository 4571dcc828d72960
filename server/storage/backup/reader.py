"""An archive that is to be restored, which anybody may have made: read to its end before anything is done with it."""

from __future__ import annotations

import re
import tarfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from pydantic import ValidationError

from server.storage.backup.archive import FORMAT, MANIFEST, OBJECTS, BackupError, Manifest, Member
from server.storage.objects import KEY

TABLE_PART = re.compile(r"tables/([a-z_]{1,63})/\d{6}\.jsonl\.gz", re.ASCII)
LARGEST_MANIFEST = 256 << 20
"""Of some hundred bytes for each object."""
READ_BYTES = 1 << 20


class Reader:
    """The members of an archive, in their order. Raises `BackupError`."""

    def __init__(self, archive: tarfile.TarFile) -> None:
        self._archive = archive

    def members(self) -> Iterator[tarfile.TarInfo]:
        """Each of them, if it is one of ours by its name and kind: no links, no devices, no paths that lead elsewhere."""
        seen = set[str]()
        for member in self._archive:
            name = member.name
            if not member.isreg() or member.issparse() or not _is_ours(name) or name in seen:
                raise BackupError(f"This is no backup of Kaikou: there is {name[:100]!r} in it.")
            seen.add(name)
            yield member

    def content(self, member: tarfile.TarInfo, most: int) -> bytes:
        """All of a member that is held in memory."""
        if member.size > most:
            raise BackupError(f"This is no backup of Kaikou: {member.name} is too large.")
        return b"".join(self.pieces(member))

    def pieces(self, member: tarfile.TarInfo) -> Iterator[bytes]:
        """A member of any length, in pieces."""
        file = self._archive.extractfile(member)
        while file and (piece := file.read(READ_BYTES)):
            yield piece

    async def object_pieces(self, member: tarfile.TarInfo) -> AsyncIterator[bytes]:
        """The same for whoever waits between them."""
        for piece in self.pieces(member):
            yield piece


@contextmanager
def opened_archive(path: Path) -> Iterator[Reader]:
    """The archive at `path`. Raises `BackupError`, also for what goes wrong while it is read."""
    try:
        with tarfile.open(path, "r:", errorlevel=2) as archive:
            yield Reader(archive)
    except tarfile.TarError as error:
        raise BackupError(f"{path} is no backup, or it was cut off: {error}.") from None
    except OSError as error:
        raise BackupError(f"{path} cannot be read: {error.strerror or error}.") from error


def verify(path: Path, progress: Callable[[int, int], None]) -> Manifest:
    """Read all of it, and return what it says about itself, which holds. Raises `BackupError`.

    progress: bytes that were read, and of how many.
    """
    found: dict[str, Member] = {}
    manifest, done, total = b"", 0, path.stat().st_size if path.exists() else 0
    with opened_archive(path) as reader:
        for member in reader.members():
            if manifest:
                raise BackupError("This is no backup of Kaikou: something follows its end.")
            if member.name == MANIFEST:
                manifest = reader.content(member, LARGEST_MANIFEST)
                continue
            digest, size = sha256(), 0
            for piece in reader.pieces(member):
                digest.update(piece)
                size += len(piece)
            found[member.name] = Member(bytes=size, sha256=digest.hexdigest())
            done += size
            progress(done, total)
        return _checked(manifest, found)


def _checked(manifest: bytes, found: dict[str, Member]) -> Manifest:
    if not manifest:
        raise BackupError("The backup is not whole: its end is missing.")
    try:
        told = Manifest.model_validate_json(manifest)
    except ValidationError:
        raise BackupError(
            "This is no backup, or one of a newer Kaikou: what it says about itself is not known here."
        ) from None
    if told.format != FORMAT:
        raise BackupError(f"The backup is of a newer Kaikou ({told.version[:32]}). Restore it with that one.")
    if told.members != found:
        wrong = sorted(name for name in {*told.members, *found} if told.members.get(name) != found.get(name))
        raise BackupError(
            f"The backup is damaged: {wrong[0]} is not as it was written ({len(wrong)} such files in all)."
        )
    return told


def _is_ours(name: str) -> bool:
    if name.startswith(OBJECTS):
        return KEY.fullmatch(name.removeprefix(OBJECTS)) is not None
    return name == MANIFEST or TABLE_PART.fullmatch(name) is not None
