"""Reads documents that were dropped: what kind they are, in a process of their own, within bounds."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog

from pipeline.errors import InvalidRequest, KaikouError
from server.characters.transfer.worker_slots import WorkerSlots
from server.documents.text import MOST
from server.errors import UnsupportedMediaType
from server.files.types.by_content import HEAD_BYTES, TAIL_BYTES, content_type

log = structlog.get_logger("kaikou")

LARGEST = 5_000_000
"""Bytes of a document."""

READ_S = 10.0
"""How long one may take; then its process is killed."""

KINDS = frozenset(
    {
        "application/pdf",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "text/html",
        "text/markdown",
        "text/plain",
    }
)

WHY: Mapping[str, str] = {
    "no_text": "There is no text in it, only pictures perhaps: paste the text instead.",
    "document_encrypted": "It is locked with a password: save it without one, or paste the text instead.",
    "document_broken": "It cannot be read; it may be damaged. Paste the text instead.",
    "document_too_large": "It holds too much to be read: paste the text instead.",
    "document_too_slow": "Reading it took too long: paste the text instead.",
}
"""What is said of a document that could not be read, by code."""

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Document:
    """What is written in one. cut: whether there was more."""

    text: str
    cut: bool


@dataclass(frozen=True)
class Documents:
    """Reads some at once. read_s: how long each may take."""

    slots: WorkerSlots = field(default_factory=WorkerSlots)
    read_s: float = READ_S

    async def read(self, content: bytes, name: str) -> Document:
        """The text of a document. Raises `UnsupportedMediaType`, `InvalidRequest`, `Overloaded`."""
        kind, _, parameters = content_type(content[:HEAD_BYTES], content[-TAIL_BYTES:], len(content), name).partition(
            ";"
        )
        if kind not in KINDS:
            message = "This is none of what can be read here: PDF, Word (.docx), web pages, Markdown and plain text."
            raise UnsupportedMediaType(message, code="document_type")
        charset = parameters.partition("charset=")[2] or "utf-8"
        told = await self.slots.run(self._read, kind, charset, content)
        if code := told.get("error"):
            raise InvalidRequest(WHY.get(code, WHY["document_broken"]), code=code)
        return Document(told["text"][:MOST], told["cut"] or len(told["text"]) > MOST)

    def _read(self, kind: str, charset: str, content: bytes) -> Mapping[str, Any]:
        command = (sys.executable, "-m", "server.documents.worker", kind, charset)
        try:
            done = subprocess.run(command, input=content, capture_output=True, timeout=self.read_s, cwd=ROOT)
        except subprocess.TimeoutExpired:
            return {"error": "document_too_slow"}
        except OSError as error:
            raise KaikouError("The server cannot start the program that reads documents.") from error
        if done.returncode:  # out of memory where even that cannot be told
            log.warning("a document could not be read", kind=kind, said=done.stderr[-300:].decode("utf-8", "replace"))
            return {"error": "document_too_large"}
        told: Mapping[str, Any] = json.loads(done.stdout)
        return told
