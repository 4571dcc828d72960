"""Talks of which something is remembered, without anybody's talking, and a language model that says what a test wants."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import nullcontext
from typing import Any

from sqlalchemy import Table, select

from pipeline.engines.protocols import ChatEvent, ChatRequest, EngineInfo, TextDelta
from server.memory.learning import Learning
from server.memory.store import FactStore, Filter
from server.storage.database import Database
from server.storage.tables import METADATA


class Model:
    """Answers each request with the next of its answers, the last one again and again; keeps what it was asked."""

    info = EngineInfo("written", "chat_model")

    def __init__(self, *answers: Any) -> None:
        self._answers = [answer if isinstance(answer, str) else json.dumps(answer) for answer in answers]
        self.asked: list[ChatRequest] = []

    async def reply(self, request: ChatRequest) -> AsyncIterator[ChatEvent]:
        self.asked.append(request)
        yield TextDelta(self._answers.pop(0) if len(self._answers) > 1 else self._answers[0])

    async def aclose(self) -> None:
        pass

    @property
    def seen(self) -> str:
        """All of what it was shown last."""
        return "\n".join(message.text for message in self.asked[-1].messages)


async def learn(database: Database, conversation_id: str, model: Model | None = None) -> int:
    """Read a talk for facts; how many were learnt."""
    return await Learning(FactStore(database), lambda: nullcontext(model)).read(conversation_id)


async def facts(database: Database, person: str = "ann", **wanted: str) -> list[tuple[str, str, bool]]:
    """Of what is known of the person: kind, text, and whether it holds; by text."""
    rows = await FactStore(database).listed(person, Filter(**wanted), None, 100)
    found = [(row.kind, row.text, row.valid_to is None) for row in rows if row.about == "person"]
    return sorted(found, key=lambda fact: fact[1])


async def dump(database: Database, without: Sequence[Table] = ()) -> str:
    """All that the tables hold, but for those left out."""
    tables = [table for table in METADATA.sorted_tables if table not in without]
    async with database.read() as connection:
        rows = [row for table in tables for row in await connection.execute(select(table))]
    return "\n".join(map(repr, rows))
