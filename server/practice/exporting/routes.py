"""What somebody takes along: `/api/practices/{id}/report/export` and `/api/practice/cards/export`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import Field
from sqlalchemy import select
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute

from pipeline.practice.measures.definitions import definitions
from server.accounts.audit import AuditLog, client_of
from server.api.endpoint import Call, Described, Endpoint
from server.api.moments import iso
from server.api.serving import api_routes
from server.errors import NotFound
from server.practice.cards.store import CardStore, Row
from server.practice.exporting.anki import HEAD, AnkiCard, lines_of, package_of
from server.practice.exporting.document import About, Document, Part, document_of
from server.practice.exporting.markdown import markdown_of
from server.practice.exporting.pdf import pdf_of
from server.practice.store import is_deleted, no_such_practice
from server.services import Services
from server.storage.database import Database
from server.storage.tables.practice import practice_reports, practices
from server.web.ranged import disposition

MARKDOWN, PDF = "text/markdown", "application/pdf"
TSV, APKG = "text/tab-separated-values", "application/octet-stream"

AT_ONCE = 500
"""Cards that are held at a time."""

WRITERS = 2
"""Files that are written at the same time; each takes a core."""

NAMES = {"en": "English", "zh": "中文"}
MINUTE = len("2026-11-30T12:00")


def routes(services: Services) -> list[BaseRoute]:
    """The endpoints. They stand before those that have any name where these have `export`."""
    api = ExportsApi(services.database, services.accounts.audit)
    report, cards = "/api/practices/{id}/report/export", "/api/practice/cards/export"
    return api_routes(
        services,
        [
            Endpoint("GET", report, api.report, (NotFound,), sends=(MARKDOWN, PDF), costly=True),
            Endpoint("GET", cards, api.cards, sends=(TSV, APKG), costly=True),
        ],
    )


class ReportExportQuery(Described):
    """As what."""

    format: Literal["markdown", "pdf"] = "markdown"


class CardExportQuery(Described):
    """Which cards, and as what."""

    format: Literal["tsv", "apkg"] = "apkg"
    """apkg: a package for Anki; tsv: a text file, which Anki and spreadsheets read."""
    language: Annotated[str, Field(max_length=8)] = ""


@dataclass(frozen=True)
class ExportsApi:
    """The endpoints and what they need."""

    database: Database
    audit: AuditLog
    writers: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(WRITERS))

    async def report(self, call: Call[ReportExportQuery]) -> Response:
        """A report to take along: what to do next, the evidence, and what the numbers mean; in its reader's language."""
        document = await self._document(call.principal.id, call.path["id"])
        await self._told(call, practice=call.path["id"])
        name = f"{document.title} {document.about[:10]}"
        if call.query.format == "markdown":
            written = markdown_of(document).encode()
            return Response(written, 200, _headers(f"{name}.md"), f"{MARKDOWN}; charset=utf-8")
        async with self.writers:
            return Response(await asyncio.to_thread(pdf_of, document), 200, _headers(f"{name}.pdf"), PDF)

    async def cards(self, call: Call[CardExportQuery]) -> Response:
        """Cards for Anki. Each has the same identifier in every export, so that importing it again makes no second one."""
        person_id, language = call.principal.id, call.query.language
        await self._told(call, cards=language or "all")
        store = CardStore(self.database)
        if call.query.format == "tsv":
            content = self._lines(store, person_id, language)
            return StreamingResponse(content, 200, _headers("Kaikou.txt"), f"{TSV}; charset=utf-8")
        rows = [row async for page in _pages(store, person_id, language) for row in page]
        newest = max((row.updated_at for row in rows), default=store.now())
        names = {row.language: f"Kaikou · {NAMES.get(row.language, row.language)}" for row in rows}
        async with self.writers:
            package = await asyncio.to_thread(package_of, [_anki(row) for row in rows], names, newest)
        return Response(package, 200, _headers("Kaikou.apkg"), APKG)

    async def _lines(self, store: CardStore, person_id: str, language: str) -> AsyncIterator[str]:
        yield HEAD
        async for page in _pages(store, person_id, language):
            yield lines_of([_anki(row) for row in page])

    async def _document(self, person_id: str, id: str) -> Document:
        async with self.database.read() as connection:
            query = select(practices).where(practices.c.id == id, practices.c.person_id == person_id)
            practice = (await connection.execute(query)).one_or_none()
            if practice is None:
                raise no_such_practice()
            told = ~is_deleted(practice.conversation_id)
            of = select(practice_reports).where(practice_reports.c.practice_id == id, told)
            rows = (await connection.execute(of)).all()
        language = practice.practice.get("own_language", "en")
        began, ended = practice.began_at or practice.created_at, practice.ended_at
        about = About(
            title=practice.title,
            language=language,
            day=iso(began)[:MINUTE].replace("T", " "),
            minutes=max(1, round((ended - began) / 60_000)) if ended else 0,
            made_at=max((row.updated_at for row in rows), default=began),
        )
        return document_of(
            about,
            {row.part: _part(row) for row in rows},
            {one.id: one for one in definitions(language, practice.language)},
        )

    async def _told(self, call: Call[Any, Any], **about: str) -> None:
        format = call.query.format
        await self.audit.write_alone("exported", call.principal.id, client_of(call.request), format=format, **about)


def _part(row: Row) -> Part:
    return Part(row.state, row.content or {}, row.made_by, getattr(row, "reason", ""))


def _anki(row: Row) -> AnkiCard:
    return AnkiCard(row.id, row.language, row.front, row.back, row.reason, row.kind)


async def _pages(store: CardStore, person_id: str, language: str) -> AsyncIterator[list[Row]]:
    after = ""
    while rows := await store.made_after(person_id, language, after, AT_ONCE):
        yield list(rows)
        after = rows[-1].id


def _headers(name: str) -> Mapping[str, str]:
    return {
        "Content-Disposition": disposition("application/octet-stream", name),
        "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff",
    }
