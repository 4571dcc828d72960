"""`Idempotency-Key`: a request that is sent again, because its answer did not arrive, is not done again.

Theory of operation. Whoever inserts the row of a key does the work; the primary key lets one in, of all servers on the
database. The answer is put into the row, and a request with the key gets it from there for a day. An error that is raised
on purpose means that nothing was made: the row goes, and the key may be used again. When a server dies in between, fails in
a way that nobody foresaw, or cannot write the answer down, the row stays without an answer: whether the work was done is
not known, so it is never done a second time, and the client is told to look. At most once, then, whatever happens.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import Row, and_, delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from starlette.requests import Request
from starlette.responses import Response

from pipeline.errors import KaikouError
from server.errors import UNEXPECTED, Conflict, FieldFault, StorageError, ValidationFailed, log
from server.storage.database import Database
from server.storage.ids import Now, now_ms
from server.storage.tables.requests import idempotency_keys as keys

KEPT_MS = 24 * 3600 * 1000

LONGEST_WORK_MS = 120_000
"""A request takes less, but for a large upload; after this its server is taken for dead."""

KEY = re.compile(r"[!-~]{1,255}")

HEADERS = ("content-type", "etag", "location")
"""Of an answer, what is kept beside its body."""


@dataclass(frozen=True)
class IdempotencyKeys:
    """The keys of everybody, and the answers that belong to them."""

    database: Database
    now: Now = now_ms

    async def once(self, person: str, key: str, fingerprint: str, work: Callable[[], Awaitable[Response]]) -> Response:
        """What `work` answers, or what it answered to this key before. Raises `Conflict`, `ValidationFailed`."""
        if not KEY.fullmatch(key):
            message = "It is 1 to 255 visible ASCII characters long"
            raise ValidationFailed([FieldFault("Idempotency-Key", "invalid_key", message)])
        if not await self._claim(person, key, fingerprint):
            return await self._earlier(person, key, fingerprint)
        try:
            response = await work()
        except KaikouError as error:
            if error is not UNEXPECTED:
                with self._unless_it_cannot_be_written():
                    await self._release(person, key)
            raise
        with self._unless_it_cannot_be_written():
            await self._keep(person, key, response)
        return response

    @contextmanager
    def _unless_it_cannot_be_written(self) -> Iterator[None]:
        """What became of the work is told now; who asks again is told that it is not known."""
        try:
            yield
        except StorageError as error:
            log.warning("the answer to an Idempotency-Key is not kept", reason=error.message)

    async def _claim(self, person: str, key: str, fingerprint: str) -> bool:
        now = self.now()
        row = {"person_id": person, "key": key, "fingerprint": fingerprint, "created_at": now}
        try:
            async with self.database.write() as connection:
                await connection.execute(delete(keys).where(keys.c.created_at < now - KEPT_MS))
                await connection.execute(insert(keys).values(row))
        except IntegrityError:
            return False
        return True

    async def _earlier(self, person: str, key: str, fingerprint: str) -> Response:
        async with self.database.read() as connection:
            found: Row[Any] | None = (await connection.execute(select(keys).where(_is(person, key)))).one_or_none()
        if found is not None and found.fingerprint != fingerprint:
            raise Conflict("This Idempotency-Key belongs to another request.", code="idempotency_key_reused")
        if found is not None and found.status is not None:
            return Response(found.body, found.status, {**found.headers, "Idempotency-Replayed": "true"})
        if found is not None and self.now() - found.created_at > LONGEST_WORK_MS:
            message = "The request with this Idempotency-Key did not end within two minutes. See whether it was done."
            raise Conflict(message, code="idempotency_unfinished")
        message = "The request with this Idempotency-Key is still being done; send it again in a moment."
        raise Conflict(message, code="idempotency_in_progress")

    async def _release(self, person: str, key: str) -> None:
        async with self.database.write() as connection:
            await connection.execute(delete(keys).where(_is(person, key)))

    async def _keep(self, person: str, key: str, response: Response) -> None:
        headers = {name: value for name in HEADERS if (value := response.headers.get(name))}
        values = {"status": response.status_code, "headers": headers, "body": bytes(response.body)}
        async with self.database.write() as connection:
            await connection.execute(update(keys).where(_is(person, key)).values(**values, finished_at=self.now()))


def fingerprint_of(request: Request, body: bytes) -> str:
    """What tells one request from another. Of an upload, which is read later and differs each time by the marks between its
    parts, type and length."""
    told = [request.method, request.url.path, request.url.query, request.headers.get("content-length", "")]
    return sha256("\n".join(told).encode() + b"\n" + body).hexdigest()


def _is(person: str, key: str) -> Any:
    return and_(keys.c.person_id == person, keys.c.key == key)
