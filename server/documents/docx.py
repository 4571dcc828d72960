"""The text of a Word document: its main part, read as it is unpacked, with no entity and no other part looked at."""

from __future__ import annotations

import io
import zlib
from typing import IO, NoReturn
from xml.parsers.expat import ExpatError, ParserCreate
from zipfile import BadZipFile, ZipFile

from server.documents.text import Text, Unreadable

MAIN_PART = "word/document.xml"

LARGEST = 30_000_000
"""Bytes of that part unpacked. A book of 500 pages has 10 MB."""

PIECE = 1 << 16

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
STRICT_WORD = "http://purl.oclc.org/ooxml/wordprocessingml/main"
FALLBACK = "http://schemas.openxmlformats.org/markup-compatibility/2006 Fallback"
"""The same once more, for programs that do not know the newer way."""

BREAKS = {"p": "\n", "br": "\n", "cr": "\n", "tc": "\t", "tab": "\t"}
"""What stands for the end of an element."""


def text_of_docx(content: bytes, text: Text) -> None:
    """Add the text. Raises `Unreadable`."""
    try:
        with ZipFile(io.BytesIO(content)) as file, file.open(MAIN_PART) as part:
            _Body(text).read(part)
    except (BadZipFile, KeyError, ExpatError, zlib.error, EOFError, NotImplementedError, ValueError):
        raise Unreadable("document_broken") from None
    except RuntimeError:  # as zipfile says that it wants a password
        raise Unreadable("document_encrypted") from None


class _Body:
    def __init__(self, text: Text) -> None:
        self._text, self._in_text, self._in_fallback = text, False, 0
        self._parser = ParserCreate(namespace_separator=" ")
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._said
        self._parser.StartDoctypeDeclHandler = _refused  # Word writes none; entities are declared in one

    def read(self, part: IO[bytes]) -> None:
        size = 0
        while piece := part.read(PIECE):
            size += len(piece)
            if size > LARGEST:
                raise Unreadable("document_too_large")
            self._parser.Parse(piece, False)
            if self._text.full:
                return
        self._parser.Parse(b"", True)

    def _start(self, name: str, _attributes: object) -> None:
        if name == FALLBACK:
            self._in_fallback += 1
        self._in_text = _local(name) == "t"

    def _end(self, name: str) -> None:
        if name == FALLBACK:
            self._in_fallback -= 1
        self._in_text = False
        if not self._in_fallback and (added := BREAKS.get(_local(name))):
            self._text.add(added)

    def _said(self, said: str) -> None:
        if self._in_text and not self._in_fallback:
            self._text.add(said)


def _local(name: str) -> str:
    """The name of an element of Word's; empty for all others."""
    namespace, _, local = name.rpartition(" ")
    return local if namespace in (WORD, STRICT_WORD) else ""


def _refused(*_declared: object) -> NoReturn:
    raise Unreadable("document_broken")
