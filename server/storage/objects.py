"""Recordings, uploads and generated audio: bytes under keys, in a folder of this machine or in an S3 bucket."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import obstore

from pipeline.errors import KaikouError
from server.errors import NotFound, StorageError
from server.storage.object_errors import lost, translated
from server.storage.object_place import Place
from server.storage.object_upload import upload

READ_BYTES = 1 << 20
"""What is read at once: a player that stands still holds no more than this, and no connection to S3."""

SEGMENT = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}"
KEY = re.compile(rf"{SEGMENT}(/{SEGMENT}){{0,7}}")
"""Names that every file system and every S3 server takes as they are; none begins with a dot."""


@dataclass(frozen=True, slots=True)
class StoredObject:
    """What is there under `key`. etag: another one when it was replaced, in quotes as HTTP writes it."""

    key: str
    bytes: int
    etag: str


class Objects:
    """Everything that is kept as bytes. Keys are ours: segments with slashes between, as "recordings/conv_1/both.ogg".

    Every method raises `StorageError` where the place cannot be used and `ValueError` for a key that is none.
    An object is there as a whole or not at all; one that is put under a key that is taken replaces the other.
    """

    def __init__(self, place: Place) -> None:
        self.place = place

    async def put(self, key: str, content: bytes | Path | AsyncIterator[bytes]) -> None:
        """Keep `content`: bytes, a file of this machine, or pieces, of which some megabytes are held at a time.

        What the pieces raise is raised here, and nothing of them stays; so it is when the task is cancelled.
        """
        _check(key)
        pieces = content if isinstance(content, AsyncIterator) else _pieces(content)
        try:
            await upload(self.place, key, pieces)
        except FileNotFoundError as error:  # S3's answer where the bucket is not there
            raise lost() from error

    async def info(self, key: str) -> StoredObject:
        """What is there under `key`. Raises `NotFound`."""
        _check(key)
        with translated(self.place.name):
            try:
                found = await obstore.head_async(self.place.store, key)
            except FileNotFoundError:
                raise await self._missing() from None
        return StoredObject(key, found["size"], found["e_tag"] or "")

    async def read(self, key: str, start: int = 0, end: int | None = None) -> AsyncGenerator[bytes, None]:
        """The bytes from `start` up to but without `end`, in pieces. Raises `NotFound`, mostly before the first.

        Where `end` is given, there is something at `start`.
        """
        end = (await self.info(key)).bytes if end is None else end
        for begin in range(start, end, READ_BYTES):
            with translated(self.place.name):
                try:
                    piece = await obstore.get_range_async(
                        self.place.store, key, start=begin, end=min(begin + READ_BYTES, end)
                    )
                except FileNotFoundError:
                    raise await self._missing() from None
            yield piece.to_bytes()

    async def list(self, prefix: str = "") -> AsyncGenerator[StoredObject, None]:
        """All objects whose keys begin with the segments of `prefix`, in no order."""
        if prefix:
            _check(prefix)
        with translated(self.place.name):
            async for chunk in obstore.list(self.place.store, prefix or None):
                for found in chunk:
                    yield StoredObject(found["path"], found["size"], found["e_tag"] or "")

    async def delete(self, key: str) -> None:
        """Delete what is there under `key`, if anything is."""
        _check(key)
        with translated(self.place.name), suppress(NotFound):
            try:
                await obstore.delete_async(self.place.store, key)
            except FileNotFoundError:
                raise await self._missing() from None

    async def delete_all(self, prefix: str) -> None:
        """Delete all objects whose keys begin with the segments of `prefix`."""
        _check(prefix)
        async for found in self.list(prefix):
            await self.delete(found.key)

    async def _missing(self) -> KaikouError:
        """What it means that an object is not there: it was deleted, or its whole place is gone."""
        try:
            async for _ in self.list():  # S3 says only here that there is no such bucket
                break
        except StorageError:
            return lost()
        return NotFound("There is no such file any more.", code="object_not_found")


def _check(key: str) -> None:
    if not KEY.fullmatch(key):
        raise ValueError(f"no key of an object: {key!r}")


async def _pieces(content: bytes | Path) -> AsyncGenerator[bytes, None]:
    if isinstance(content, bytes):
        yield content
        return
    with await asyncio.to_thread(content.open, "rb") as file:
        while piece := await asyncio.to_thread(file.read, READ_BYTES):
            yield piece
