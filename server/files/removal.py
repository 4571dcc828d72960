"""What is deleted, given up or expired: first it is not there any more, then its objects go, then its row and its quota.

Each step may be done again, so that whoever is killed in the middle leaves nothing that the clean-up does not finish.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import structlog

from server.errors import NotFound, StorageError
from server.files.rows import FileRows
from server.files.storing import CONTENTS, PARTS, object_key, parts_of
from server.storage.objects import Objects

log = structlog.get_logger("kaikou")

AT_ONCE = 200
"""Rows and objects that are looked at together."""


class Removal:
    """Deletes, and cleans up."""

    def __init__(self, rows: FileRows, objects: Objects) -> None:
        self._rows, self._objects = rows, objects

    async def delete(self, person_id: str, id: str) -> None:
        """Delete a file or an upload of the person's. Raises `NotFound`, `StorageError`."""
        gone = await self._rows.give_up(person_id, [id])
        if not gone:
            raise NotFound("There is no file of that id.")
        await self._purge_all(gone)

    async def give_up(self, person_id: str, ids: Sequence[str]) -> None:
        """Let uploads that failed leave nothing behind. What cannot be deleted now is left to the clean-up."""
        try:
            await self._rows.give_up(person_id, ids)
            await self._purge_all(ids)  # all: of one that was removed meanwhile, an object may have come afterwards
        except StorageError as error:
            log.warning("an upload that failed is cleaned up later", files=ids, code=error.code)

    async def remove_expired(self, person_id: str | None = None) -> int:
        """Remove what is over, and finish what somebody began to remove; of all people, or of one. How many went."""
        removed = 0
        while ids := await self._rows.give_up_expired(AT_ONCE, person_id):
            gone = await self._purge_all(ids)
            removed += gone
            if gone < len(ids):  # the others would come again
                break
        return removed

    async def remove_all_of(self, person_id: str) -> None:
        """Remove everything of a person's, who leaves. Raises `StorageError` unless all of it is gone."""
        ids = await self._rows.of(person_id)
        await self._rows.give_up(person_id, ids)
        for id in ids:
            await self._purge(id)

    async def remove_orphans(self) -> int:
        """Delete objects that no row leads to; how many there were.

        A row is there before its objects and goes after them, so an object whose row is missing afterwards is nobody's.
        """
        removed = 0
        for folder, needless in ((CONTENTS, None), (PARTS, True)):
            keys: list[str] = []
            async for found in self._objects.list(folder):
                keys.append(found.key)
                if len(keys) == AT_ONCE:
                    removed += await self._remove_unknown(keys, needless)
                    keys.clear()
            removed += await self._remove_unknown(keys, needless)
        return removed

    async def _remove_unknown(self, keys: Sequence[str], needless: bool | None) -> int:
        """needless: of which of the known files, by whether they are complete, there should be no such object."""
        ids = {key: key.split("/")[1] for key in keys}
        known: Mapping[str, Any] = await self._rows.known(sorted(set(ids.values())))
        unknown = [key for key, id in ids.items() if known.get(id, needless) is needless]
        for key in unknown:
            await self._objects.delete(key)
        return len(unknown)

    async def _purge_all(self, ids: Sequence[str]) -> int:
        """Delete objects and rows of what was given up; how many could be. What could not be is tried again later."""
        outcomes = await asyncio.gather(*(self._purge(id) for id in ids), return_exceptions=True)
        failed = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
        for failure in failed:
            if not isinstance(failure, StorageError):
                raise failure
            log.warning("a file's objects are deleted later", code=failure.code)
        return len(ids) - len(failed)

    async def _purge(self, id: str) -> None:
        await self._objects.delete(object_key(id))
        await self._objects.delete_all(parts_of(id))
        await self._rows.remove(id)
