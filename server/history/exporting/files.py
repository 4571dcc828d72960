"""Conversations as files of a zip: what was said as text, JSON and subtitles, and how it sounded."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

from server.api.moments import iso
from server.errors import NotFound
from server.history.answers import Conversation, Line
from server.history.exporting.formats import DAY, EXPORTS, Export
from server.history.exporting.zip_file import ZipEntry
from server.history.store import ConversationStore, Row
from server.storage.objects import Objects

LINES = 500
"""Of a conversation, that are held at a time."""

FORMATS = ("text", "json", "srt")

LONGEST_NAME = 60
"""Letters of a title in the name of a folder: file systems take 255 bytes."""

ID_LETTERS = 10
"""Of a conversation's id, in the name of its folder: two of one day may have one title."""


@dataclass(frozen=True, slots=True)
class BesideFile:
    """A file that another domain adds. name: with its folders."""

    name: str
    at_ms: int
    content: bytes


@dataclass
class ZipPart:
    """A part of a zip, which begins at `at` there. It counts what is written of it, and gathers the records of its files."""

    store: ConversationStore
    objects: Objects
    person_id: str
    at: int
    size: int = 0
    files: int = 0
    records: bytearray = field(default_factory=bytearray)

    async def conversation(self, row: Row) -> AsyncIterator[bytes]:
        """The files of a conversation, in pieces. One that is deleted meanwhile ends there."""
        conversation = Conversation.of(row)
        folder, moment = folder_of(conversation), _moment(conversation.started_at)
        for format in FORMATS:
            export = EXPORTS[format]
            name = f"{folder}/conversation.{export.ending}"
            async for piece in self._file(ZipEntry(name, self._end, moment), self._said(conversation, export)):
                yield piece
        if row.recording:
            entry = ZipEntry(f"{folder}/recording.ogg", self._end, moment, level=0)
            async for piece in self._file(entry, self.objects.read(row.recording["key"])):
                yield piece

    async def file(self, beside: BesideFile) -> AsyncIterator[bytes]:
        """A file of another domain, in pieces."""

        async def content() -> AsyncIterator[bytes]:
            yield beside.content

        entry = ZipEntry(beside.name, self._end, _moment(beside.at_ms))
        async for piece in self._file(entry, content()):
            yield piece

    @property
    def _end(self) -> int:
        return self.at + self.size

    async def _file(self, entry: ZipEntry, content: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        yield self._counted(entry.head())
        with suppress(NotFound):
            async for some in content:
                yield self._counted(await asyncio.to_thread(entry.add, some))
        yield self._counted(entry.tail())
        self.records += entry.record()
        self.files += 1

    async def _said(self, conversation: Conversation, export: Export) -> AsyncIterator[bytes]:
        yield export.head(conversation).encode()
        after, number = 0, 0
        while rows := (await self.store.lines(self.person_id, conversation.id, after, LINES))[:LINES]:
            yield await asyncio.to_thread(_written, conversation, export, rows, number)
            after, number = rows[-1].number, number + len(rows)
        yield export.tail.encode()

    def _counted(self, piece: bytes) -> bytes:
        self.size += len(piece)
        return piece


def _written(conversation: Conversation, export: Export, rows: Sequence[Row], first: int) -> bytes:
    return "".join(export.parts(conversation, [Line.of(row) for row in rows], first)).encode()


def folder_of(conversation: Conversation) -> str:
    """A folder's name that every system takes, and no other conversation has: day, title, some of the id."""
    return name_of(conversation.started_at, conversation.title or conversation.character.name, conversation.id)


def name_of(at_ms: int, title: str, id: str) -> str:
    """The same of anything that has a moment, a title and an id."""
    plain = "".join(letter if letter.isalnum() or letter in "-'" else " " for letter in title)
    shown = " ".join(plain.split())[:LONGEST_NAME].strip()
    return f"{iso(at_ms)[:DAY]} {shown} {id[-ID_LETTERS:]}"


def _moment(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC)
