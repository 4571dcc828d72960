"""`POST /api/practice/documents`: the text of a CV or an advert that was dropped. Nothing of it is kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from starlette.routing import BaseRoute

from pipeline.errors import InvalidRequest
from server.api.endpoint import Call, Described, Endpoint
from server.api.serving import api_routes
from server.documents.documents import LARGEST, Documents
from server.errors import Overloaded, TooLarge, TooSlow, UnsupportedMediaType
from server.files.form import MULTIPART, FilePart, Form
from server.services import Services

FORM: Any = {
    "type": "object",
    "properties": {"file": {"type": "string", "format": "binary", "minLength": 1}},
    "required": ["file"],
}


def routes(services: Services) -> list[BaseRoute]:
    """The endpoint."""
    errors = (InvalidRequest, UnsupportedMediaType, TooLarge, TooSlow, Overloaded)
    path, api = "/api/practice/documents", DocumentsApi()
    return api_routes(services, [Endpoint("POST", path, api.read, errors, receives=(MULTIPART, FORM), costly=True)])


class ReadDocument(Described):
    """What is written in a document."""

    text: str
    """At most 20,000 characters."""
    cut: bool
    """Whether there was more: further text, or more than 50 pages."""


@dataclass(frozen=True)
class DocumentsApi:
    """The endpoint and what it needs."""

    documents: Documents = field(default_factory=Documents)

    async def read(self, call: Call) -> ReadDocument:
        """The text of a CV or an advert, of at most 5 MB: PDF, Word (.docx), a web page, Markdown or plain text.

        It goes into the field `file`. What it is, is seen by what is in it. Nothing is kept.
        """
        async for part in Form(call.request).files():
            document = await self.documents.read(await _content(part), part.name)
            return ReadDocument(text=document.text, cut=document.cut)
        raise InvalidRequest("Send the document in the field 'file'.", code="missing_required_parameter", param="file")


async def _content(part: FilePart) -> bytes:
    content = bytearray()
    async for piece in part.pieces:
        content += piece
        if len(content) > LARGEST:
            raise TooLarge(f"A document has at most {LARGEST // 10**6} MB.", code="file_too_large", param="file")
    return bytes(content)
