"""`/api/conversations`: what a person has kept."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute

from server.accounts.audit import AuditLog, client_of
from server.api.endpoint import Call, Endpoint, Nothing
from server.api.etags import expected_version
from server.api.paging import Page, cursor_of, key_of, page_of
from server.api.serving import api_routes
from server.errors import NotFound, PreconditionFailed
from server.history.answers import Conversation, ConversationQuery, Deleted, Edit, ExportQuery, Hit, Line, LineQuery
from server.history.exporting.formats import EXPORTS, Export, name_of
from server.history.search import search
from server.history.store import ConversationStore, Filter, Row, day_of
from server.services import Services
from server.storage.objects import Objects
from server.storage.words import terms_of
from server.web.ranged import ALSO, disposition, ranged_response

EXPORTED_AT_ONCE = 500
"""Lines of an export that are held at a time."""

OPAQUE = "application/octet-stream"
"""The type for which a browser saves a file."""


def routes(services: Services) -> list[BaseRoute]:
    """The endpoints of `/api/conversations`."""
    api = ConversationsApi(ConversationStore(services.database), services.objects, services.accounts.audit)
    all_, one = "/api/conversations", "/api/conversations/{id}"
    written = tuple(export.type.partition(";")[0] for export in EXPORTS.values())
    return api_routes(
        services,
        [
            Endpoint("GET", all_, api.listed),
            Endpoint("DELETE", all_, api.delete_all),
            Endpoint("POST", f"{all_}/restore", api.restore_all),
            Endpoint("GET", one, api.show, (NotFound,), etag=True),
            Endpoint("PATCH", one, api.edit, (NotFound, PreconditionFailed), etag=True),
            Endpoint("DELETE", one, api.delete, (NotFound,)),
            Endpoint("POST", f"{one}/restore", api.restore, (NotFound,)),
            Endpoint("GET", f"{one}/lines", api.lines, (NotFound,)),
            Endpoint(
                "GET", f"{one}/export", api.export, (NotFound,), sends=(*written, "audio/ogg"), also=ALSO, costly=True
            ),
        ],
    )


@dataclass(frozen=True)
class ConversationsApi:
    """The endpoints and what they need."""

    store: ConversationStore
    objects: Objects
    audit: AuditLog

    async def listed(self, call: Call[ConversationQuery]) -> Page[Conversation]:
        """The conversations, the newest first; with `q` those in which that was said.

        Of a search the order is that of the newest lines in which it was found.
        """
        query, person_id = call.query, call.principal.id
        since, until = day_of(query.day, query.offset_minutes)
        wanted = Filter(query.character, query.pinned, since, until)
        after = key_of(query.cursor, int, str)
        if query.q.strip():
            return await self._found(call, wanted, after)
        rows = await self.store.listed(person_id, wanted, after, query.limit)
        page = page_of(rows, query.limit, lambda row: (row.talked_at, row.id))
        practised = await self.store.practices_of([row.id for row in page.items])
        items = [Conversation.of(row, practice_id=practised.get(row.id)) for row in page.items]
        return Page(items=items, next=page.next)

    async def _found(self, call: Call[ConversationQuery], wanted: Filter, after: Any) -> Page[Conversation]:
        query, terms = call.query, terms_of(call.query.q)
        found = await search(self.store.database, call.principal.id, terms, wanted, after, query.limit)
        page = page_of(found, query.limit, lambda one: (one.newest, one.conversation.id))
        practised = await self.store.practices_of([one.conversation.id for one in page.items])
        items = [
            Conversation.of(
                one.conversation, [Hit.of(row, terms) for row in one.lines], practised.get(one.conversation.id)
            )
            for one in page.items
        ]
        return Page(items=items, next=page.next)

    async def show(self, call: Call) -> Conversation:
        """One conversation, without its lines."""
        return await self._told(await self.store.get(call.principal.id, call.path["id"]))

    async def _told(self, row: Row) -> Conversation:
        practised = await self.store.practices_of([row.id])
        return Conversation.of(row, practice_id=practised.get(row.id))

    async def lines(self, call: Call[LineQuery]) -> Page[Line]:
        """What was said, the oldest first."""
        query = call.query
        (after,) = key_of(query.cursor, int) or (0,)
        rows = await self.store.lines(call.principal.id, call.path["id"], after, query.limit, query.around)
        kept = rows[: query.limit]
        following = cursor_of(kept[-1].number) if len(rows) > query.limit else None
        return Page(items=[Line.of(row) for row in kept], next=following)

    async def export(self, call: Call[ExportQuery]) -> Response:
        """A conversation to take away, as a file.

        `audio` is the recording. Of an interrupted line text and Markdown show behind `[…` what was not heard any more;
        subtitles show what was heard. The JSON is described in docs/history.md.
        """
        row = await self.store.get(call.principal.id, call.path["id"])
        if (
            call.request.method == "GET" and "range" not in call.request.headers
        ):  # a player that seeks takes nothing more
            about = {"conversation": row.id, "format": call.query.format}
            await self.audit.write_alone("exported", call.principal.id, client_of(call.request), **about)
        if call.query.format == "audio":
            return await self._recording(call, row)
        export = EXPORTS[call.query.format]
        conversation = Conversation.of(row)
        name = disposition(OPAQUE, f"{name_of(conversation)}.{export.ending}")
        headers = {
            "Content-Disposition": name,
            "Cache-Control": "private, no-store",
            "X-Content-Type-Options": "nosniff",
        }
        content = self._written(call.principal.id, conversation, export)
        return StreamingResponse(content, 200, headers, export.type)

    async def _written(self, person_id: str, conversation: Conversation, export: Export) -> AsyncIterator[str]:
        yield export.head(conversation)
        after, number = 0, 0
        while rows := (await self.store.lines(person_id, conversation.id, after, EXPORTED_AT_ONCE))[:EXPORTED_AT_ONCE]:
            yield "".join(export.parts(conversation, [Line.of(row) for row in rows], number))
            after, number = rows[-1].number, number + len(rows)
        yield export.tail

    async def _recording(self, call: Call[Any, Any], row: Row) -> Response:
        if not row.recording:
            raise NotFound("The conversation was not recorded.", code="recording_not_found")
        name = f"{name_of(Conversation.of(row))}.ogg"
        return await ranged_response(call.request, self.objects, row.recording["key"], "audio/ogg", name)

    async def edit(self, call: Call[Nothing, Edit]) -> Conversation:
        """Give it a title, pin it, or let go of the pin."""
        values = call.body.model_dump(exclude_none=True)
        version = expected_version(call.request)
        return await self._told(await self.store.edit(call.principal.id, call.path["id"], version, values))

    async def delete(self, call: Call) -> Deleted:
        """Delete a conversation: what was said, how it sounded, and that it can be found.

        It is in no answer from now on, and removed once it cannot be undone any more.
        """
        return self._deleted(*await self.store.delete(call.principal.id, call.path["id"]))

    async def delete_all(self, call: Call) -> Deleted:
        """Delete all conversations."""
        return self._deleted(*await self.store.delete(call.principal.id))

    async def restore(self, call: Call) -> Conversation:
        """Undo the deletion of a conversation."""
        await self.store.restore(call.principal.id, call.path["id"])
        return await self.show(call)

    async def restore_all(self, call: Call) -> None:
        """Undo what was deleted in the last seconds."""
        await self.store.restore(call.principal.id)

    @staticmethod
    def _deleted(deleted: int, undo_until: int) -> Deleted:
        return Deleted(undo_until=undo_until, deleted=deleted)
