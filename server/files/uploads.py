"""Files that come whole, in one request or several in one form: kept while they come, all of them or none."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass
from time import monotonic

from starlette.requests import Request

from server.errors import FieldFault, QuotaExceeded, ValidationFailed
from server.files.form import LARGEST_FORM, FilePart, Form, content_length
from server.files.names import harmless
from server.files.quotas import exceeded
from server.files.removal import Removal
from server.files.rows import Area, FileRow, FileRows, area_of
from server.files.storing import Storing
from server.settings.keeping import FileSettings
from server.storage.objects import Objects

LEASE_MS, RENEW_S = 120_000, 30.0
"""For how long an upload counts as going on, and how often that is renewed while bytes come."""

STEP_BYTES = 1 << 20
"""What is reserved at once where a request does not tell its length."""

SLACK_BYTES = 16 * 1024
"""What may stand behind a file besides other files: fields, headers, boundaries."""


@dataclass
class _Reserved:
    """An upload that goes on, and the bytes that are reserved for it."""

    person_id: str
    id: str
    bytes: int


class Uploads:
    """Takes files in. clock: seconds of the running time, for leases."""

    def __init__(
        self,
        rows: FileRows,
        objects: Objects,
        removal: Removal,
        settings: FileSettings,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._rows, self._objects, self._removal = rows, objects, removal
        self._settings, self._clock = settings, clock

    async def receive(self, person_id: str, request: Request, area: Area | None) -> list[FileRow]:
        """The files of a form. `area` is that of the field "area" where it is None, and permanent without one.

        Raises `UnsupportedMediaType`, `InvalidRequest`, `ValidationFailed`, `QuotaExceeded`, `TooLarge`, `TooSlow` and
        `StorageError`, and keeps nothing then.
        """
        form = Form(request)
        await self._refuse_hopeless(person_id, content_length(request.headers) or 0)
        stored, done = list[Storing](), False
        ids: list[str] = []
        try:
            async for part in form.files():
                stored.append(await self._store(person_id, part, ids))
            if not stored:
                raise ValidationFailed([FieldFault("file", "missing", "The form has no file in it")])
            into = area or area_of(form.fields.get("area", "permanent"))
            made = await self._rows.complete(person_id, [one.arrived(into) for one in stored])
            done = True
        finally:
            if not done:
                await self._removal.give_up(person_id, ids)
        order = {id: number for number, id in enumerate(ids)}
        return sorted(made, key=lambda row: order[row.id])

    async def _refuse_hopeless(self, person_id: str, length: int) -> None:
        """Before anything is read: a client that waits for "100 Continue" then sends nothing at all."""
        usage = await self._rows.usage(person_id)
        if length - LARGEST_FORM > self._settings.bytes - usage.bytes and not await self._removal.remove_expired(
            person_id
        ):
            raise exceeded(usage, 0, length, self._settings)

    async def _store(self, person_id: str, part: FilePart, ids: list[str]) -> Storing:
        name = harmless(part.name)
        reserved = await self._reserve(person_id, name, part.size)
        ids.append(reserved.id)
        storing = Storing(self._objects, reserved.id, name)
        await storing.store(self._counted(reserved, part.pieces))
        if not storing.bytes:
            raise ValidationFailed([FieldFault("file", "empty", f"The file '{name}' is empty")])
        if reserved.bytes > storing.bytes:
            await self._rows.shrink(person_id, reserved.id, reserved.bytes - storing.bytes)
        return storing

    async def _reserve(self, person_id: str, name: str, size: int | None) -> _Reserved:
        """An upload for which `size` bytes are reserved, too much by what stands behind the file.

        What does not fit by so little grows as the bytes come. What uploads hold that were cut off is freed first.
        """
        sizes = (STEP_BYTES, 0) if size is None else (size, max(0, size - SLACK_BYTES))
        for wanted in (*sizes, *sizes):
            try:
                id = await self._rows.reserve(person_id, name, "permanent", wanted, LEASE_MS)
            except QuotaExceeded as error:
                refused = error
            else:
                return _Reserved(person_id, id, wanted)
            if wanted == sizes[-1] and not await self._removal.remove_expired(person_id):
                break
        raise refused

    async def _counted(self, reserved: _Reserved, pieces: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
        """The same pieces, each reserved before it goes on."""
        received, renewed = 0, self._clock()
        async for piece in pieces:
            received += len(piece)
            if received > reserved.bytes:
                await self._grow(reserved, received - reserved.bytes)
            if self._clock() - renewed > RENEW_S:
                await self._rows.renew(reserved.person_id, reserved.id, LEASE_MS)
                renewed = self._clock()
            yield piece

    async def _grow(self, reserved: _Reserved, needed: int) -> None:
        """Reserve a step more, or what is needed where there is no room for a step."""
        for step in (max(needed, STEP_BYTES), needed):
            try:
                await self._rows.grow(reserved.person_id, reserved.id, step)
            except QuotaExceeded:
                if step == needed:
                    raise
            else:
                reserved.bytes += step
                return
