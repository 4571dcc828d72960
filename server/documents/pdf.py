"""The text of a PDF, page by page."""

from __future__ import annotations

import io
import logging

from pypdf import PdfReader
from pypdf.errors import FileNotDecryptedError, PdfReadError

from server.documents.text import Text, Unreadable

MOST_PAGES = 50


def text_of_pdf(content: bytes, text: Text) -> None:
    """Add the text of the first `MOST_PAGES` pages. Raises `Unreadable`; pypdf raises whatever a broken file makes it."""
    logging.disable(logging.CRITICAL)  # it tells of each small fault
    try:
        reader = PdfReader(io.BytesIO(content))
        if reader.is_encrypted and not reader.decrypt(""):  # many have an empty password: they only forbid to print
            raise Unreadable("document_encrypted")
        _add_pages(reader, text)
    except FileNotDecryptedError:
        raise Unreadable("document_encrypted") from None
    except PdfReadError:
        raise Unreadable("document_broken") from None


def _add_pages(reader: PdfReader, text: Text) -> None:
    for number, page in enumerate(reader.pages):
        if number == MOST_PAGES:
            text.cut = True
        if text.full:
            return
        text.add(page.extract_text() + "\n\n")
