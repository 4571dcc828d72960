"""Files that come in pieces, over any number of connections: what has come stays, through restarts of the server, too.

Each piece is an object, and the row says how many bytes have come. A piece counts when it is kept, and only if it goes on
where the row says: of two that come at once for the same place, one counts. So nothing is locked, and a connection that
hangs keeps nobody from going on with another.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from hashlib import new as new_hash
from secrets import token_hex

from pipeline.errors import InvalidRequest
from server.errors import (
    ChecksumMismatch,
    Conflict,
    FieldFault,
    NotFound,
    QuotaExceeded,
    TooLarge,
    TooSlow,
    ValidationFailed,
)
from server.files.names import harmless
from server.files.removal import Removal
from server.files.rows import Area, FileRow, FileRows
from server.files.storing import Storing, parts_of
from server.storage.objects import Objects

PIECE_BYTES = 4 << 20
"""What a connection that is cut, or a server that is killed, loses at most; and what an upload holds in memory."""

LEASE_MS = 24 * 3_600_000
"""For how long an upload waits to be gone on with."""


@dataclass(frozen=True, slots=True)
class Checksum:
    """What `algorithm`, of hashlib, makes of all bytes that are sent, in base 64."""

    algorithm: str
    expected: str


class Resumable:
    """Uploads by the tus protocol, without the protocol."""

    def __init__(self, rows: FileRows, objects: Objects, removal: Removal) -> None:
        self._rows, self._objects, self._removal = rows, objects, removal

    async def create(self, person_id: str, name: str, area: Area, size: int) -> FileRow:
        """An upload that may begin. Raises `QuotaExceeded`, `ValidationFailed`."""
        if not size:
            raise ValidationFailed([FieldFault("Upload-Length", "empty", "The file is empty")])
        try:
            id = await self._rows.reserve(person_id, harmless(name), area, size, LEASE_MS, resumable=True)
        except QuotaExceeded:
            if not await self._removal.remove_expired(person_id):
                raise
            id = await self._rows.reserve(person_id, harmless(name), area, size, LEASE_MS, resumable=True)
        return await self._rows.upload(person_id, id)

    async def upload(self, person_id: str, id: str) -> FileRow:
        """An upload. Raises `NotFound`."""
        return await self._rows.upload(person_id, id)

    async def state(self, person_id: str, id: str) -> FileRow:
        """How far an upload is; one that has all its bytes is a file by then. Raises `NotFound`."""
        upload = await self._rows.upload(person_id, id)
        return await self._finish(upload) if upload.received == upload.bytes else upload

    async def append(
        self, upload: FileRow, offset: int, body: AsyncIterator[bytes], checksum: Checksum | None = None
    ) -> FileRow:
        """Take what comes, from `offset` on; with a checksum all of it or nothing. The upload afterwards.

        Raises `NotFound`, `Conflict`, `TooLarge`, `ChecksumMismatch`, and `TooSlow` after what came before it was kept.
        """
        if upload.received != offset:
            raise Conflict(f"The upload has {upload.received} bytes: go on there.", code="offset_conflict")
        pieces = _Pieces(body, upload.bytes - offset)
        await (self._append_whole(upload, pieces, checksum) if checksum else self._append_each(upload, pieces))
        if pieces.failure:
            raise pieces.failure
        return await self.state(upload.person_id, upload.id)

    async def _append_each(self, upload: FileRow, pieces: _Pieces) -> None:
        at = upload.received
        async for piece in pieces.read():
            await self._count(upload, [await self._keep(upload, at, piece)])
            at += len(piece)

    async def _append_whole(self, upload: FileRow, pieces: _Pieces, checksum: Checksum) -> None:
        at, kept, hashed = upload.received, list[tuple[int, int, str]](), new_hash(checksum.algorithm)
        done = False
        try:
            async for piece in pieces.read():
                hashed.update(piece)
                kept.append(await self._keep(upload, at, piece))
                at += len(piece)
            if pieces.failure is None and b64encode(hashed.digest()).decode() != checksum.expected:
                raise ChecksumMismatch("The bytes that came are not those that were sent: send them again.")
            done = pieces.failure is None
        finally:
            if not done:
                for _, _, key in kept:
                    await self._objects.delete(key)
        if done and kept:
            await self._count(upload, kept)

    async def _keep(self, upload: FileRow, at: int, piece: bytes) -> tuple[int, int, str]:
        key = f"{parts_of(upload.id)}/{at:015d}_{token_hex(4)}"
        await self._objects.put(key, piece)
        return at, len(piece), key

    async def _count(self, upload: FileRow, kept: list[tuple[int, int, str]]) -> None:
        counted = False
        try:
            await self._rows.add_parts(upload.person_id, upload.id, kept, LEASE_MS)
            counted = True
        finally:
            if not counted:
                for _, _, key in kept:
                    await self._objects.delete(key)

    async def _finish(self, upload: FileRow) -> FileRow:
        """Make a file of an upload that has all its bytes. Two may do so at once: they make the same."""
        if upload.completed_at is not None:
            return upload
        storing = Storing(self._objects, upload.id, upload.name)
        try:
            await storing.store(self._read_all(await self._rows.parts(upload.id)))
            await self._rows.complete(upload.person_id, [storing.arrived(upload.area)])
        except NotFound:  # somebody else was quicker, or it was deleted meanwhile
            return await self._rows.file(upload.person_id, upload.id)
        await self._objects.delete_all(parts_of(upload.id))
        return await self._rows.upload(upload.person_id, upload.id)

    async def finish_all(self) -> int:
        """Make files of uploads that have all their bytes, and whose last request was interrupted. How many."""
        ended = await self._rows.ended_uploads(100)
        for person_id, id in ended:
            await self.state(person_id, id)
        return len(ended)

    async def _read_all(self, keys: list[str]) -> AsyncGenerator[bytes, None]:
        for key in keys:
            async for piece in self._objects.read(key):
                yield piece


class _Pieces:
    """A body in pieces of `PIECE_BYTES`. `failure` is what it ended with, after all that had come before was given."""

    def __init__(self, body: AsyncIterator[bytes], most: int) -> None:
        self.failure: InvalidRequest | None = None
        self._body, self._left = body, most

    async def read(self) -> AsyncGenerator[bytes, None]:
        """The pieces; the last may be shorter."""
        piece = bytearray()
        try:
            async for chunk in self._body:
                self._left -= len(chunk)
                if self._left < 0:
                    raise TooLarge("More bytes came than the upload was to have.")
                piece += chunk
                if len(piece) >= PIECE_BYTES:
                    yield bytes(piece)
                    piece.clear()
        except (TooSlow, TooLarge) as error:
            self.failure = error
        if piece:
            yield bytes(piece)
