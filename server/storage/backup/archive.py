"""The file of a backup: a tar archive, which other programs read, too.

    tables/<table>/<number>.jsonl.gz   rows, each a JSON list in the order of the manifest's columns
    objects/<key>                      recordings and files as they are
    manifest.json                      last: what is in it, with lengths and SHA-256; without it the file is not whole

It is written under another name and gets its own when it is on the disk as a whole.
"""

from __future__ import annotations

import os
import tarfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from pydantic import BaseModel, ConfigDict, Field

from server.errors import StorageError, StorageFull
from server.storage.object_errors import NO_ROOM

FORMAT = 1
MANIFEST = "manifest.json"
OBJECTS = "objects/"
BLOCK = tarfile.BLOCKSIZE


class BackupError(StorageError):
    """A backup cannot be written, or what is to be restored is none."""

    code = "backup_failed"


class Rows(BaseModel):
    """What is there of a table."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    columns: tuple[str, ...]
    rows: int


class Member(BaseModel):
    """What is there of a file in the archive."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    bytes: int
    sha256: str


class Manifest(BaseModel):
    """What an archive says about itself. version: of the Kaikou that wrote it; revision: of the database's schema."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: int
    version: str
    revision: str
    created_at_ms: int = Field(ge=0, lt=32_503_680_000_000)  # the year 3000
    tables: dict[str, Rows]
    members: dict[str, Member]


class Writer:
    """An archive that is being written to `file`."""

    def __init__(self, file: BinaryIO, at_s: int) -> None:
        self._file, self._at_s = file, at_s
        self._begins_at = 0
        self.members: dict[str, Member] = {}

    async def add(self, name: str, size: int, content: AsyncIterator[bytes]) -> None:
        """A member of `size` bytes, which `undo` takes back. Raises what the content raises; then `undo` is called."""
        self._begins_at = self._file.tell()
        self._file.write(self._header(name, size))
        digest = sha256()
        async for piece in content:
            digest.update(piece)
            self._file.write(piece)
        self._file.write(bytes(-size % BLOCK))
        self.members[name] = Member(bytes=size, sha256=digest.hexdigest())

    def undo(self, name: str) -> None:
        """Take the last member back, of which only a part may have been written."""
        self._file.seek(self._begins_at)
        self._file.truncate()
        self.members.pop(name, None)

    async def add_whole(self, name: str, content: bytes) -> None:
        """The same for a member that is in memory."""

        async def pieces() -> AsyncIterator[bytes]:
            yield content

        await self.add(name, len(content), pieces())

    async def end(self, manifest: Manifest) -> None:
        """The manifest, and the end of the archive."""
        await self.add_whole(MANIFEST, manifest.model_dump_json(indent=1).encode())
        self._file.write(bytes(2 * BLOCK))

    def _header(self, name: str, size: int) -> bytes:
        info = tarfile.TarInfo(name)
        info.size, info.mode, info.mtime = size, 0o600, self._at_s
        return info.tobuf(tarfile.PAX_FORMAT)


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """A file that is there under `path` when the block has ended well, and not before. Raises `BackupError`, `StorageFull`.

    What was there is replaced. Nobody but its owner may read it: it holds everything. Where the process is killed, a hidden
    file beside it stays, which the next backup of that name takes over.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        with suppress(FileNotFoundError):
            part.unlink()
        with open(os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as file:
            try:
                yield file
                file.flush()
                os.fsync(file.fileno())
                if not os.path.samestat(os.fstat(file.fileno()), part.stat()):
                    raise BackupError(f"Another backup is being written to {path}.")
                part.replace(path)
            except BaseException:
                part.unlink(missing_ok=True)
                raise
    except OSError as error:
        if error.errno in NO_ROOM:
            raise StorageFull(f"There is no room for the backup at {path.parent}. Nothing is left of it.") from error
        raise BackupError(f"The backup cannot be written to {path}: {error.strerror}.") from error
