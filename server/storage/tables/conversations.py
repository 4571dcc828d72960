"""Conversations, their lines, and the servers that write them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, Table, UniqueConstraint, false

from server.storage.tables.columns import (
    METADATA,
    CleanText,
    Json,
    RowNumber,
    SearchTokens,
    id_column,
    moment,
    moments,
    person_column,
)

conversations = Table(
    "conversations",
    METADATA,
    id_column(),
    person_column(),
    Column("title", CleanText, nullable=False, server_default=""),
    Column("character_id", CleanText, nullable=False),
    Column("character_name", CleanText, nullable=False),
    Column("character_version", CleanText, nullable=False),
    Column("language", CleanText, nullable=False),
    Column("ended", CleanText, nullable=False, server_default=""),
    Column("line_count", Integer, nullable=False, server_default="0"),
    Column("preview", CleanText, nullable=False, server_default=""),
    Column("pinned", Boolean, nullable=False, server_default=false()),
    Column("recording", Json),
    Column("summary", Json),
    Column("version", Integer, nullable=False, server_default="1"),
    moment("started_at"),
    moment("talked_at"),
    moment("updated_at"),
    *moments("ended_at", "deleted_at"),
    Column("length_ms", BigInteger, nullable=False, server_default="0"),
    Column("writer_id", CleanText, nullable=False),
    Column("attempt", Integer, nullable=False, server_default="1"),
    Index("ix_conversations_person_id_talked_at_id", "person_id", "talked_at", "id"),
    Index("ix_conversations_deleted_at", "deleted_at"),
    Index("ix_conversations_ended_at", "ended_at"),
)
"""`ended`: why, empty while it goes on; `deleted_at`: when it was deleted, which can be undone for some seconds.

`talked_at`: when it was begun, or continued the last time; `length_ms`: how long its lines are so far, which is where those
of the next attempt begin. `summary`: what of its older part is known to the language model, see `Summary`.
`attempt` grows whenever somebody goes on with it: who writes for an earlier one is refused.
"""

writers = Table(
    "writers",
    METADATA,
    id_column(),
    Column("beat", BigInteger, nullable=False),
)
"""The servers that keep conversations; each raises its `beat` while it lives."""

lines = Table(
    "lines",
    METADATA,
    Column("number", RowNumber, primary_key=True, autoincrement=True),
    Column("conversation_id", CleanText, ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False),
    Column("person_id", CleanText, nullable=False),
    Column("item_id", CleanText, nullable=False),
    Column("role", CleanText, nullable=False),
    Column("shown", Boolean, nullable=False),
    Column("said", CleanText, nullable=False),
    Column("heard", CleanText, nullable=False),
    Column("interrupted", Boolean, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("end_ms", BigInteger),
    Column("item", Json, nullable=False),
    Column("timing", Json),
    Column("tokens", SearchTokens, nullable=False),
    moment("created_at"),
    UniqueConstraint("conversation_id", "item_id"),
    Index("ix_lines_conversation_id_number", "conversation_id", "number"),
    Index("ix_lines_person_id_number", "person_id", "number"),
)
"""`shown`: whether there are words in it that the person said or was to hear; what else is kept is needed to go on.

`heard`: what of `said` was heard; `at_ms`, `end_ms`: since the conversation began; `item`: all of it, to go on with.
`tokens`: what it is found by, see `server/storage/words.py`; the search index is made of it.
"""
