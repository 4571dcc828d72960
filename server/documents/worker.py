"""The program that reads one document: a process of its own, bounded in memory and killed when it takes too long.

    python -m server.documents.worker application/pdf utf-8 < file

It writes one line of JSON, `{"text", "cut"}` or `{"error"}`. Documents come from anywhere; what reads them are small loops
of ours around expat, zlib and pypdf, none of which ends early enough by itself for everything that somebody may think of.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress

from server.documents.docx import text_of_docx
from server.documents.html import text_of_html
from server.documents.pdf import text_of_pdf
from server.documents.text import Text, Unreadable

MOST_MEMORY = 1 << 30
"""Bytes of address space. Python with pypdf takes 100 MB."""

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\u00ad\u200b\ufeff]")
"""What no reader sees: control characters, soft hyphens, marks."""


def _plain(content: bytes, charset: str, text: Text) -> None:
    text.add(content.decode(charset, "replace"))


def _page(content: bytes, charset: str, text: Text) -> None:
    text_of_html(content.decode(charset, "replace"), text)


READERS: Mapping[str, Callable[[bytes, str, Text], None]] = {
    "application/pdf": lambda content, _charset, text: text_of_pdf(content, text),
    DOCX: lambda content, _charset, text: text_of_docx(content, text),
    "text/html": _page,
    "text/plain": _plain,
    "text/markdown": _plain,
}
"""By media type."""


def read(kind: str, charset: str, content: bytes) -> Mapping[str, object]:
    """What the program writes."""
    text = Text()
    try:
        READERS[kind](content, charset, text)
    except Unreadable as error:
        return {"error": error.code}
    except MemoryError:
        return {"error": "document_too_large"}
    except Exception:  # noqa: BLE001 — the process's outermost frame: pypdf raises whatever a broken file makes it
        return {"error": "document_broken"}
    written = _tidy(text.written)
    if not written:
        return {"error": "no_text"}
    return {"text": written, "cut": text.cut}


def _tidy(text: str) -> str:
    """One line a line, at most one empty one together."""
    text = UNPRINTABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n").replace("\x0c", "\n"))
    lines = "\n".join(" ".join(line.split()) for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", lines).strip()


def _bound_memory() -> None:
    with suppress(ImportError, ValueError, OSError):  # Windows has no such bounds, and macOS takes some for none
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    _bound_memory()
    sys.stdout.write(json.dumps(read(sys.argv[1], sys.argv[2], sys.stdin.buffer.read())))
