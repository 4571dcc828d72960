"""A small domain declared as those of the server are, for the tests of what all routes share."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Annotated

import httpx2
from pydantic import BaseModel, Field
from starlette.applications import Starlette
from starlette.responses import Response, StreamingResponse

from server.api.endpoint import Body, Call, Endpoint, Nothing
from server.api.etags import Versioned, expected_version
from server.api.paging import Page, PageQuery, key_of, page_of
from server.api.serving import api_routes
from server.errors import NotFound, PreconditionFailed, StorageError
from tests.serving import serving


class Note(Versioned):
    id: str
    text: str


class NewNote(Body):
    text: Annotated[str, Field(max_length=100)]
    tags: tuple[str, ...] = ()


class NoteQuery(PageQuery):
    tag: tuple[str, ...] = ()


class Seen(BaseModel):
    tags: tuple[str, ...]


@dataclass
class Notes:
    """Notes in memory, by id."""

    kept: dict[str, Note] = field(default_factory=dict)

    def endpoints(self) -> Iterable[Endpoint]:
        one = "/api/notes/{id}"
        return [
            Endpoint("GET", "/api/notes", self.listed),
            Endpoint("POST", "/api/notes", self.make, status=201),
            Endpoint("POST", "/api/secrets", self.make, status=201, secret=True),
            Endpoint("GET", one, self.read, (NotFound,), etag=True),
            Endpoint("PUT", one, self.write, (NotFound, PreconditionFailed), etag=True),
            Endpoint("DELETE", one, self.remove, (NotFound,)),
            Endpoint("GET", "/api/broken", self.fail),
            Endpoint("GET", "/api/tags", self.tags),
            Endpoint("GET", "/api/cut", self.cut, sends=("text/plain",)),
            Endpoint("GET", "/api/plain", self.plain, sends=("text/plain",)),
        ]

    async def listed(self, call: Call[NoteQuery]) -> Page[Note]:
        """The notes, oldest first."""
        after = key_of(call.query.cursor, str)
        found = [note for id, note in sorted(self.kept.items()) if after is None or id > after[0]]
        return page_of(found[: call.query.limit + 1], call.query.limit, lambda note: (note.id,))

    async def make(self, call: Call[Nothing, NewNote]) -> Note:
        """Another note."""
        note = Note(id=f"note_{len(self.kept):03}", text=call.body.text, version=1)
        self.kept[note.id] = note
        call.reply.headers["Location"] = f"/api/notes/{note.id}"
        return note

    async def read(self, call: Call) -> Note:
        """One note."""
        return self._note(call.path["id"])

    async def write(self, call: Call[Nothing, NewNote]) -> Note:
        """Another text for a note."""
        note = self._note(call.path["id"])
        expected = expected_version(call.request)
        if expected not in (None, note.version):
            raise PreconditionFailed("The note was changed meanwhile.")
        self.kept[note.id] = note.model_copy(update={"text": call.body.text, "version": note.version + 1})
        return self.kept[note.id]

    async def remove(self, call: Call) -> None:
        """One note less."""
        del self.kept[self._note(call.path["id"]).id]

    async def fail(self, call: Call) -> Note:
        """Does not do what it should."""
        return Note.model_validate({"id": 7})

    async def tags(self, call: Call[NoteQuery]) -> Seen:
        """What was asked for."""
        return Seen(tags=call.query.tag)

    async def plain(self, call: Call) -> Response:
        """Not JSON."""
        call.reply.set_cookie("seen", "yes")
        return Response("plain", media_type="text/plain")

    async def cut(self, call: Call) -> Response:
        """The place that it is read from goes away on the way."""

        async def pieces() -> AsyncIterator[str]:
            yield "half"
            raise StorageError("The place is gone.")

        return StreamingResponse(pieces(), media_type="text/plain")

    def _note(self, id: str) -> Note:
        if id not in self.kept:
            raise NotFound("There is no such note.")
        return self.kept[id]


@asynccontextmanager
async def notes_client(**environment: str) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of a running server that has notes besides everything else."""
    async with serving(environment) as server, httpx2.AsyncClient(base_url=server.http) as client:
        add_notes(server.app)
        yield client


def add_notes(app: Starlette) -> None:
    app.router.routes += api_routes(app.state.services, Notes().endpoints())
