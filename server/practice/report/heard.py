"""All that a report is made of: the practice, what was said in its talk, and which question each answer belongs to."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import select

from pipeline.practice.answers.quotes import words_of
from pipeline.practice.director.orders import order_in
from pipeline.practice.practice import Practice, PracticeStep
from pipeline.practice.speech import Spoken, SpokenTurn
from pipeline.text.language import language_of
from server.practice.report.store import ReportStore
from server.practice.talk import spoken
from server.practice.values import practice_of
from server.storage.tables.conversations import conversations, lines
from server.storage.tables.practice import practices

MOST_LINES = 4_000
"""Of a talk; one of two hours has some thousand."""

ANSWERS = frozenset(("ask", "card", "follow_up", "interrupt", "close"))
"""Moves of the director that follow an answer. After all others the person had asked for something, or was stuck."""


@dataclass(frozen=True)
class Heard:
    """A talk. `turns`: all of the person's; `spoken`: those that measures are made of.

    corrections: that were told while it was talked, as practices keep them. visited: steps that came up.
    previous: contents of the last practice's report, by part; known_words: said in earlier practices.
    """

    row: Any
    practice: Practice
    turns: Sequence[SpokenTurn]
    spoken: Spoken
    corrections: Sequence[Mapping[str, Any]] = ()
    visited: frozenset[str] = frozenset()
    asides: frozenset[str] = frozenset()
    """Ids of lines that answer nothing: orders, questions back, and what was said after the end."""
    previous: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    known_words: frozenset[str] = frozenset()

    @property
    def own(self) -> str:
        """The language of the report: "en" or "zh"."""
        return "zh" if self.practice.own_language.startswith("zh") else "en"

    @property
    def said(self) -> bool:
        """Whether the person said anything."""
        return any(words_of(turn.text) for turn in self.turns)

    @property
    def practised(self) -> Sequence[SpokenTurn]:
        """The turns in the language that is practised, without orders: a press says those for the person."""
        language = self.practice.language
        return [turn for turn in self.turns if language_of(turn.text, language) == language and not self._orders(turn)]

    def _orders(self, turn: SpokenTurn) -> bool:
        practice = self.practice
        aside = turn.line_id in self.asides
        return aside and order_in(turn.text, practice.language, practice.own_language) is not None

    @property
    def words(self) -> int:
        """How many words they have; of Chinese, characters."""
        return sum(len(words_of(turn.text)) for turn in self.practised)

    def answers(self, step: PracticeStep) -> Sequence[SpokenTurn]:
        """What was said to a question."""
        return [turn for turn in self.turns if turn.step == step.id and turn.line_id not in self.asides]


async def heard(store: ReportStore, practice_id: str) -> Heard | None:
    """The talk of a practice; None where practice or talk are gone. Raises `Conflict` for one of another version."""
    async with store.database.read() as connection:
        row = (await connection.execute(select(practices).where(practices.c.id == practice_id))).one_or_none()
        if row is None:
            return None
        there = (conversations.c.id == row.conversation_id, conversations.c.deleted_at.is_(None))
        if await connection.scalar(select(conversations.c.id).where(*there)) is None:
            return None
        query = select(lines).where(lines.c.conversation_id == row.conversation_id, lines.c.shown)
        said = (await connection.execute(query.order_by(lines.c.number).limit(MOST_LINES))).all()
    previous, practice = await store.previous(row), practice_of(row.practice)
    steps, visited = await asyncio.to_thread(steps_of, practice, said, row.moves or {})
    talk = await spoken(store.database, row.conversation_id, {line: {"step": step} for line, step in steps.items()})
    turns = turns_of(talk, said, practice.language, steps)
    asides = frozenset(line for line, record in (row.moves or {}).items() if not _is_answer(record))
    words = await store.known_words(row)
    talk = replace(talk, language=practice.language.partition("-")[0])
    return Heard(row, practice, turns, talk, row.corrections or (), visited, asides, previous, words)


def turns_of(talk: Spoken, said: Sequence[Any], language: str, steps: Mapping[str, str]) -> Sequence[SpokenTurn]:
    """All that the person said, in order: what was spoken with its times, what was typed with that of its line."""
    heard_ones = {turn.line_id: turn for turn in talk.turns}
    return [
        heard_ones.get(line.item_id)
        or SpokenTurn(
            line.item_id, line.said, language, line.at_ms, line.end_ms or line.at_ms, step=steps.get(line.item_id, "")
        )
        for line in said
        if line.role == "user"
    ]


def steps_of(
    practice: Practice, said: Sequence[Any], moves: Mapping[str, Mapping[str, Any]]
) -> tuple[Mapping[str, str], frozenset[str]]:
    """Which step each line of the person's belongs to, and which steps came up.

    As the director kept it; of lines of which it kept nothing (the server died), the one whose question was asked last.
    """
    asks = [(step.id, [_plain(ask) for ask in step.ask if _plain(ask)]) for step in practice.steps]
    now, found, visited = "", dict[str, str](), set[str]()
    for line in said:
        if line.role == "user":
            record = moves.get(line.item_id)
            found[line.item_id] = str(record.get("step") or "") if record else now
            now = str(record.get("to", now)) if record else now
        else:
            text = _plain(line.said)
            now = next((id for id, ways in asks if any(way in text for way in ways)), now)
        visited |= {now, found.get(line.item_id, "")}
    return {line: step for line, step in found.items() if step}, frozenset(visited - {""})


def _is_answer(record: Mapping[str, Any]) -> bool:
    move = record.get("move", "")
    return not move or (move in ANSWERS and not (move == "close" and record.get("fate") == "skipped"))


def _plain(text: str) -> str:
    return " ".join(word.plain for word in words_of(text))
