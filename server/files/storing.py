"""Bytes that come in → an object; on the way they are counted, hashed and looked at, once."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from hashlib import sha256

from server.files.rows import Area, Arrived
from server.files.types.by_content import HEAD_BYTES, TAIL_BYTES, content_type
from server.storage.objects import Objects


def object_key(id: str) -> str:
    """Where the content of a file lies."""
    return f"{CONTENTS}/{id}"


def parts_of(id: str) -> str:
    """Under what lies what has come of a resumable upload."""
    return f"{PARTS}/{id}"


CONTENTS, PARTS = "files", "uploads"


class Storing:
    """One file on its way. bytes: how many of it have come."""

    def __init__(self, objects: Objects, id: str, name: str) -> None:
        self.bytes = 0
        self._objects, self._id, self._name = objects, id, name
        self._hash = sha256()
        self._head, self._tail = bytearray(), bytearray()

    async def store(self, pieces: AsyncIterator[bytes]) -> None:
        """Keep all pieces, or nothing. Raises what they raise, and `StorageError`."""
        await self._objects.put(object_key(self._id), self._seen(pieces))

    def arrived(self, area: Area) -> Arrived:
        """What came, when it is all there."""
        kind = content_type(bytes(self._head), bytes(self._tail), self.bytes, self._name)
        return Arrived(self._id, self._name, area, kind, self._hash.hexdigest())

    async def _seen(self, pieces: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
        async for piece in pieces:
            self.bytes += len(piece)
            self._hash.update(piece)
            room = HEAD_BYTES - len(self._head)
            self._head += piece[:room]
            if rest := piece[room:][-TAIL_BYTES:]:
                self._tail = (self._tail + rest)[-TAIL_BYTES:]
            yield piece
