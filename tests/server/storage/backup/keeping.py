"""Something of everything that is kept, and all of it as one value."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, null, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.settings.keeping import StorageSettings
from server.storage.database import POSTGRESQL, Database
from server.storage.object_place import place_of
from server.storage.objects import Objects
from server.storage.opening import opened_database
from server.storage.tables import METADATA
from server.storage.tables.accounts import audit_log, people, signing_keys
from server.storage.tables.characters import character_versions, character_words, characters
from server.storage.tables.conversations import conversations, lines
from server.storage.tables.practice import practice_cards, practice_goals, practice_reports, practice_reviews, practices
from server.storage.words import match_of, terms_of, tokens_of

MOMENT = 1_800_000_000_000
CHARACTER: Mapping[str, Any] = {
    "id": "char_1",
    "person_id": "who",
    "version": 3,
    "listed_fields": {"name": {"zh": "守塔人"}},
    "tags": ["sea"],
    "draft": [None, 1.5],
}

LONG = bytes(range(256)) * 12_000
"""A recording that is read in several pieces."""


@dataclass(frozen=True)
class Kept:
    """A database and a place of objects."""

    settings: StorageSettings
    database: Database
    objects: Objects

    async def everything(self) -> Mapping[str, Any]:
        """All rows and all objects, but for how often a server that runs has told that it lives."""
        async with self.database.read() as connection:
            rows = {
                table.name: [tuple(row) for row in await connection.execute(select(table).order_by(*table.primary_key))]
                for table in METADATA.sorted_tables
            }
        found = [one.key async for one in self.objects.list()]
        content = {key: b"".join([piece async for piece in self.objects.read(key)]) for key in sorted(found)}
        tokens = lines.columns.keys().index("tokens")  # each database has its own
        rows["lines"] = [row[:tokens] + row[tokens + 1 :] for row in rows["lines"]]
        rows["writers"] = [row[:1] for row in rows["writers"]]
        rows["character_words"] = [row[:2] for row in rows["character_words"]]
        found_characters = await self.found("keep", "character_words")
        return {**rows, "found": await self.found("勇气"), "characters found": found_characters, "objects": content}

    async def found(self, query: str, table: str = "lines") -> Sequence[int]:
        """Numbers of the rows in which that stands."""
        match = match_of(terms_of(query), self.database.dialect)
        sqlite = f"SELECT rowid FROM {table}_fts WHERE {table}_fts MATCH :match"
        postgresql = f"SELECT number FROM {table} WHERE tokens @@ CAST(:match AS tsquery)"
        statement = postgresql if self.database.dialect == POSTGRESQL else sqlite
        async with self.database.read() as connection:
            return sorted((await connection.scalars(text(statement), {"match": match})).all())

    async def fill(self) -> None:
        """Rows with values of every kind, and objects."""
        common = {
            "character_id": "a",
            "character_name": "苏格拉底",
            "character_version": "1",
            "language": "zh",
            "writer_id": "w",
        }
        # They ended: a server that runs ends those of servers that live no more.
        moments = dict.fromkeys(("started_at", "talked_at", "updated_at", "ended_at"), MOMENT)
        async with self.database.write() as connection:
            await connection.execute(insert(people).values(id="who", role="member", email="é@x.org", created_at=MOMENT))
            for id, recording in (("conv_1", {"key": "recordings/conv_1", "s": 1.5}), ("conv_2", null())):
                row = {"id": id, "person_id": "who", "recording": recording, "pinned": id == "conv_1"}
                await connection.execute(insert(conversations).values(row | common | moments))
            said = "什么是勇气？\n\u2028\"'\\ 是勇气"
            rows = [line("conv_1", number, said, self.database.dialect) for number in range(1200)]
            await connection.execute(insert(lines), rows)
            await connection.execute(
                insert(characters).values(CHARACTER | {"created_at": MOMENT, "updated_at": MOMENT})
            )
            file = {"character_id": "char_1", "version": 3, "file": {"en": {"name": "N"}}, "created_at": MOMENT}
            await connection.execute(insert(character_versions).values(file))
            words = {"character_id": "char_1", "tokens": tokens_of("灯塔 keeper", self.database.dialect)}
            await connection.execute(insert(character_words).values(words))
            await self._practise(connection)
            key = {"id": "sign_1", "purpose": "links", "secret": bytes(range(256)), "created_at": MOMENT}
            await connection.execute(insert(signing_keys).values(key))
            await connection.execute(insert(audit_log).values(entry_at(MOMENT)))
        await self.objects.put("recordings/conv_1", LONG)
        await self.objects.put("files/nothing", b"")

    async def _practise(self, connection: AsyncConnection) -> None:
        """A practice with its report, a card of it that was reviewed, and a goal."""
        practice = {"id": "prac_1", "kind": "language", "language": "en", "title": "咖啡馆", "practice": {"steps": []}}
        rows = [
            (practices, practice | {"person_id": "who", "character_id": "a", "conversation_id": "conv_2"}),
            (practice_reports, {"practice_id": "prac_1", "part": "next", "state": "ready", "content": {"items": []}}),
            (practice_goals, {"language": "en", "measure": "days", "target": {"at_least": 3}}),
            (
                practice_cards,
                {"id": "card_1", "practice_id": "prac_1", "language": "en", "front": "I [goed]", "back": "I went"},
            ),
            (practice_reviews, {"card_id": "card_1", "rating": 3, "review": {"ms": None}, "reviewed_at": MOMENT}),
        ]
        more = {"created_at": MOMENT, "updated_at": MOMENT, "due_at": MOMENT, "digest": "d", "fsrs": {"stability": 2.5}}
        for table, row in rows:
            known = {name: value for name, value in more.items() if name in table.c}
            await connection.execute(insert(table).values({"person_id": "who"} | known | row))

    async def change(self) -> None:
        """What happens after a backup: things are added, edited and deleted."""
        async with self.database.write() as connection:
            await connection.execute(insert(people).values(id="later", role="member", created_at=MOMENT))
            await connection.execute(update(people).where(people.c.id == "who").values(name="Another"))
            await connection.execute(conversations.delete().where(conversations.c.id == "conv_1"))
        await self.objects.put("files/later", b"later")
        await self.objects.put("recordings/conv_1", b"went on")
        await self.objects.delete("files/nothing")


@asynccontextmanager
async def kept_in(settings: StorageSettings) -> AsyncIterator[Kept]:
    """What is kept there, opened."""
    async with opened_database(settings, ["owner"]) as database:
        yield Kept(settings, database, Objects(place_of(settings)))


def line(conversation_id: str, number: int, said: str, dialect: str) -> Mapping[str, Any]:
    """A row of the table of lines."""
    return {
        "conversation_id": conversation_id,
        "person_id": "who",
        "at_ms": 0,
        "item_id": f"item_{number}",
        "role": "user",
        "shown": True,
        "said": said,
        "heard": "",
        "interrupted": number % 2 == 0,
        "item": {"a": [1, None, {"b": "😀"}]},
        "tokens": tokens_of(said, dialect),
        "created_at": MOMENT + number,
    }


def entry_at(moment: int) -> Mapping[str, Any]:
    """A row of the audit log, which is kept for a long time."""
    return {"at": moment, "keep_until": 10 * MOMENT, "person_id": "gone", "action": "account_deleted", "details": {}}


def no_progress(_doing: str, _done: int, _total: int) -> None:
    """Nobody watches."""
