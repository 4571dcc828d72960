"""Looks at jobs for all who watch some: one look for everybody, so that it does not matter how many watch."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress

from server.jobs.kind import Job
from server.jobs.opened import OpenedStore

LOOK_S = 0.5
"""How often jobs that are watched are looked at."""


class Watching:
    """The next look at the jobs that are watched. `drain` lets it come at once, since nobody watches any more."""

    def __init__(self, opened: OpenedStore) -> None:
        self._opened = opened
        self._watched: set[str] = set()
        self._look: asyncio.Task[Mapping[str, Job]] | None = None
        self._looks: set[asyncio.Task[Mapping[str, Job]]] = set()  # that one, and those that the database holds up
        self._draining = asyncio.Event()

    @property
    def draining(self) -> bool:
        """Whether the server ends."""
        return self._draining.is_set()

    def drain(self) -> None:
        """The server ends."""
        self._draining.set()

    async def next(self, job_id: str) -> Job | None:
        """The job as it is at the next look. Raises `StorageError`."""
        self._watched.add(job_id)
        if self._look is None:
            self._look = asyncio.create_task(self._soon())
            self._looks.add(self._look)
            self._look.add_done_callback(self._over)
        return (await asyncio.shield(self._look)).get(job_id)

    async def end(self) -> None:
        """Look no more."""
        for look in self._looks:
            look.cancel()
        if self._looks:
            await asyncio.wait(self._looks)

    async def _soon(self) -> Mapping[str, Job]:
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_S):
                await self._draining.wait()
        watched, self._watched, self._look = self._watched, set(), None
        return await self._opened.call(lambda store: store.find_all(watched))

    def _over(self, look: asyncio.Task[Mapping[str, Job]]) -> None:
        self._looks.discard(look)
        if not look.cancelled():
            look.exception()  # whoever still waits is told
