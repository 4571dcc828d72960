"""What is remembered of people over talks, and what they chose about that."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, Table, false

from server.storage.tables.columns import METADATA, CleanText, id_column, moment, moments, person_column


def _conversation(*, primary_key: bool = False) -> Column[str]:
    """The talk that it comes from, which it goes with."""
    reference = ForeignKey("conversations.id", ondelete="CASCADE")
    return Column("conversation_id", CleanText, reference, primary_key=primary_key, nullable=not primary_key)


memory_facts = Table(
    "memory_facts",
    METADATA,
    id_column(),
    person_column(),
    Column("about", CleanText, nullable=False),
    Column("character_id", CleanText),
    Column("shared", Boolean, nullable=False, server_default=false()),
    _conversation(),
    Column("line_id", CleanText, nullable=False, server_default=""),
    Column("kind", CleanText, nullable=False),
    Column("topic", CleanText, nullable=False, server_default=""),
    Column("text", CleanText, nullable=False),
    Column("quote", CleanText, nullable=False),
    Column("source", CleanText, nullable=False),
    moment("told_at"),
    moment("valid_from"),
    *moments("valid_to"),
    Column("closed_by", CleanText),
    *moments("asked_at", "deleted_at"),
    Index("ix_memory_facts_person_id_told_at_id", "person_id", "told_at", "id"),
    Index("ix_memory_facts_conversation_id", "conversation_id"),
    Index("ix_memory_facts_deleted_at", "deleted_at"),
)
"""`about`: the person, or the character that said it of itself; `character_id`: to whom it was told, or who said it.

`shared`: all characters may know it. `conversation_id` and `line_id`: where it was told last; of what its owner wrote none.
`quote`: the words, exactly; `source`: how it came in. `valid_to`, `closed_by`: when the fact of that id contradicted it.
`asked_at`: when a character asked how it stands; `deleted_at`: when it was deleted, which can be undone for some seconds.
"""

memory_choices = Table(
    "memory_choices",
    METADATA,
    person_column(primary_key=True),
    Column("character_id", CleanText, primary_key=True),
    Column("state", CleanText, nullable=False, server_default="on"),
    Column("shared", Boolean, nullable=False, server_default=false()),
    Column("learn_from", BigInteger, nullable=False, server_default="0"),
)
"""What somebody wants of one character, or, without a character, of all.

`learn_from`: when memory was turned on again, or all was forgotten: nothing is learnt from what was said before.
"""

memory_revisions = Table(
    "memory_revisions",
    METADATA,
    person_column(primary_key=True),
    Column("revision", Integer, nullable=False, server_default="1"),
)
"""Grows with each change of what is remembered of a person: so their talks, wherever they go on, see that there was one."""

memory_talks = Table(
    "memory_talks",
    METADATA,
    _conversation(primary_key=True),
    person_column(),
    Column("read_number", BigInteger, nullable=False, server_default="0"),
)
"""Of each conversation up to which line it was read for facts."""

memory_forgotten = Table(
    "memory_forgotten",
    METADATA,
    _conversation(primary_key=True),
    Column("line_id", CleanText, primary_key=True),
    person_column(),
)
"""Lines from which something was forgotten: nothing is learnt from them any more, and no character is shown them."""
