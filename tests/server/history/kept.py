"""Conversations that were kept, without anybody's talking: items as a journal tells them, and a keeper that writes them."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import insert, select

from pipeline.characters.character import Character
from pipeline.conversation.journal import Entry, ItemFinished, ItemSnapshot
from pipeline.conversation.transcript import Item
from server.characters.reading import load_characters
from server.history.clean_up import CleanUp
from server.history.exporting.job import ExportJob
from server.history.keeping.keeper import Keeper
from server.history.keeping.kept import About, KeptConversation
from server.history.store import ConversationStore
from server.jobs.jobs import Jobs
from server.settings import Settings
from server.settings.keeping import JobSettings, StorageSettings
from server.storage.database import Database
from server.storage.ids import Now, new_id, now_ms
from server.storage.links import Links
from server.storage.objects import Objects
from server.storage.tables.conversations import conversations, lines

CHARACTERS = load_characters(Settings().characters.folder)
NOON = 1_800_000_000_000
"""A moment in 2027, in milliseconds since 1970."""

_numbers = itertools.count(1)


def said(text: str, role: Any = "user", **fields: Any) -> ItemFinished:
    """A line that was said, whole."""
    item = Item(fields.pop("id", f"item_{next(_numbers)}"), role=role, text=text, spoken=True, **fields)
    return ItemFinished(ItemSnapshot.of(item), None)


def answered(text: str, **fields: Any) -> ItemFinished:
    """A line of the character's."""
    return said(text, "assistant", **fields)


class Told:
    """What somebody was told of keeping."""

    def __init__(self) -> None:
        self.states: list[tuple[bool, str]] = []

    def __call__(self, kept: bool, reason: str) -> None:
        self.states.append((kept, reason))


def begin(keeper: Keeper, person: str = "ann", told: Told | None = None, character: str = "wizard") -> KeptConversation:
    """A conversation of that person's."""
    about = About(CHARACTERS[character], "en")
    return keeper.begin(keeper.new(person), lambda: about, told or Told())


@asynccontextmanager
async def keeping(database: Database, now: Callable[[], int] = lambda: NOON, **options: Any) -> AsyncIterator[Keeper]:
    """A keeper that writes at once."""
    keeper = Keeper(database, every_s=0.01, now=now, **options)
    async with keeper.running():
        yield keeper


async def keep(
    keeper: Keeper, *entries: Entry, person: str = "ann", ended: str = "left", character: str = "wizard"
) -> str:
    """A whole conversation, written; its id."""
    kept = begin(keeper, person, character=character)
    for entry in entries:
        await kept.write(entry)
    kept.end(ended)
    await keeper.written(kept.opened.id)
    return kept.opened.id


def a_character(id: str = "wizard") -> Character:
    return CHARACTERS[id]


def texts(rows: Sequence[Any]) -> list[str]:
    return [row.said for row in rows]


def exporting(database: Database, objects: Objects, jobs: Jobs | None = None, now: Now = now_ms) -> ExportJob:
    """Exports of what is kept."""
    jobs = jobs or Jobs(JobSettings(), StorageSettings())
    return ExportJob(ConversationStore(database), objects, Links.on(database), jobs, now)


def cleaning(database: Database, objects: Objects, days: int = 0, now: Now = now_ms) -> CleanUp:
    """The clean-up of what is kept."""
    return CleanUp(database, objects, exporting(database, objects), days, now)


async def copies(database: Database, id: str, count: int) -> None:
    """So many conversations more, like that one."""
    async with database.write() as connection:
        query = select(conversations).where(conversations.c.id == id)
        row = dict((await connection.execute(query)).one()._mapping)
        said = [
            dict(line._mapping) for line in await connection.execute(select(lines).where(lines.c.conversation_id == id))
        ]
        for line in said:
            del line["number"]
        ids = [new_id("conv") for _ in range(count)]
        await connection.execute(insert(conversations), [row | {"id": id} for id in ids])
        await connection.execute(insert(lines), [line | {"conversation_id": id} for id in ids for line in said])
