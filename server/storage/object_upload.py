"""An object of any length on its way into a store: in parts, whole or not at all, a few parts in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

import obstore

from server.storage.object_errors import translated
from server.storage.object_place import Place

AT_ONCE = 2
"""Parts that go out at the same time."""
ABORT_S = 10.0
"""How long a failed upload may take to clean up behind itself before the caller hears of the failure."""


async def upload(place: Place, key: str, pieces: AsyncIterator[bytes]) -> None:
    """Put `pieces` under `key`. Raises what they raise, `StorageError`, and `FileNotFoundError` where the place is gone."""
    async with aclosing(_parts(pieces, place.part_bytes)) as parts:
        first = await anext(parts)
        if len(first) < place.part_bytes:
            with translated(place.name):
                await obstore.put_async(place.store, key, first, use_multipart=False)
        else:
            await _Upload(place, key).run(first, parts)


async def _parts(pieces: AsyncIterator[bytes], size: int) -> AsyncGenerator[bytes, None]:
    """The same bytes in parts of at least `size`, but for the last, which may be empty."""
    part = bytearray()
    async for piece in pieces:
        part += piece
        if len(part) >= size:
            yield bytes(part)
            part.clear()
    yield bytes(part)


class _Cut(Exception):
    """The rest will not come."""


class _Upload:
    """obstore reads an iterator, in tasks of its own; the pieces are read in their caller's task, whose timeouts and
    cancellation hold for them. Between the two is a queue of one part.

    A put that is cancelled leaves in S3 what it has sent (measured); one whose iterator raises takes it back.
    """

    def __init__(self, place: Place, key: str) -> None:
        self._place = place
        self._queue: asyncio.Queue[bytes | _Cut | None] = asyncio.Queue(1)
        put = obstore.put_async(place.store, key, self._taken(), chunk_size=place.part_bytes, max_concurrency=AT_ONCE)
        self._put = asyncio.ensure_future(put)

    async def run(self, first: bytes, parts: AsyncIterator[bytes]) -> None:
        """Hand the parts over, and wait until the object is there or nothing of it is."""
        try:
            await self._give(first)
            async for part in parts:
                await self._give(part)
            await self._give(None)
            with translated(self._place.name):
                await asyncio.shield(self._put)
        finally:
            self._put.add_done_callback(
                lambda put: put.cancelled() or put.exception()
            )  # has been told, or does not matter
            if not self._put.done():
                self._cut()
                await asyncio.wait([self._put], timeout=ABORT_S)

    async def _give(self, part: bytes | None) -> None:
        """Wait until there is room for a part, or raise what the put failed with meanwhile. None: that was all."""
        giving = asyncio.ensure_future(self._queue.put(part))
        try:
            await asyncio.wait([giving, self._put], return_when=asyncio.FIRST_COMPLETED)
        finally:
            giving.cancel()
        if self._put.done():
            with translated(self._place.name):
                self._put.result()

    def _cut(self) -> None:
        while not self._queue.empty():
            self._queue.get_nowait()
        self._queue.put_nowait(_Cut())

    async def _taken(self) -> AsyncIterator[bytes]:
        while (part := await self._queue.get()) is not None:
            if isinstance(part, _Cut):
                raise part
            yield part
