"""Practices, their reports, what people make for them, their goals, and the cards that they learn from."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Table, UniqueConstraint

from server.storage.tables.columns import (
    METADATA,
    CleanText,
    Json,
    RowNumber,
    id_column,
    moment,
    moments,
    person_column,
)

practices = Table(
    "practices",
    METADATA,
    id_column(),
    person_column(),
    Column("kind", CleanText, nullable=False),
    Column("language", CleanText, nullable=False),
    Column("character_id", CleanText, nullable=False),
    Column("title", CleanText, nullable=False),
    Column("practice", Json, nullable=False),
    Column("state", CleanText, nullable=False, server_default="ready"),
    Column("conversation_id", CleanText),
    Column("moves", Json),
    Column("corrections", Json),
    moment("created_at"),
    *moments("began_at", "ended_at"),
    Index("ix_practices_person_id_created_at_id", "person_id", "created_at", "id"),
    Index("ix_practices_conversation_id", "conversation_id"),
)
"""`practice`: the whole `Practice` as JSON. `state`: ready, going, over. `conversation_id` is no foreign key: a practice is
begun before its talk is in the database, which is so from the first line on. It names none once the talk is deleted.

`moves`: which step each line of the person's answered, as `{line_id: {"step": …, "move": …}}`; `corrections`: those that
were told while it was talked. Both are written when the talk ends.
"""

practice_reports = Table(
    "practice_reports",
    METADATA,
    Column("practice_id", CleanText, ForeignKey("practices.id", ondelete="CASCADE"), primary_key=True),
    Column("part", CleanText, primary_key=True),
    person_column(),
    Column("state", CleanText, nullable=False),
    Column("content", Json),
    Column("made_by", CleanText, nullable=False, server_default=""),
    Column("reason", CleanText, nullable=False, server_default=""),
    Column("attempts", Integer, nullable=False, server_default="0"),
    moment("updated_at"),
)
"""A report in its parts, each as it is ready. `state`: waiting, ready, missing.

`reason`: why it is missing, or why only rules made it. `attempts`: which making of the report it is of, from 1 on. Once the
talk is gone only numbers are left in `content`.
"""

practice_templates = Table(
    "practice_templates",
    METADATA,
    id_column(),
    person_column(),
    Column("kind", CleanText, nullable=False),
    Column("file", Json, nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
    moment("created_at"),
    moment("updated_at"),
    Index("ix_practice_templates_person_id_id", "person_id", "id"),
)
"""Roles and scenes of people's own; `file` is as the files of `personas/practice/`."""

practice_goals = Table(
    "practice_goals",
    METADATA,
    person_column(primary_key=True),
    Column("language", CleanText, primary_key=True),
    Column("measure", CleanText, primary_key=True),
    Column("target", Json, nullable=False),
    moment("updated_at"),
)
"""What somebody wants to reach of one measure: `{"at_least": …}` or `{"at_most": …}`; measure "days" counts days a week."""

practice_cards = Table(
    "practice_cards",
    METADATA,
    id_column(),
    person_column(),
    Column("practice_id", CleanText, ForeignKey("practices.id", ondelete="SET NULL")),
    Column("line_id", CleanText, nullable=False, server_default=""),
    Column("language", CleanText, nullable=False),
    Column("front", CleanText, nullable=False),
    Column("back", CleanText, nullable=False),
    Column("reason", CleanText, nullable=False, server_default=""),
    Column("kind", CleanText, nullable=False, server_default=""),
    Column("fsrs", Json, nullable=False),
    Column("digest", CleanText, nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
    moment("due_at"),
    moment("created_at"),
    moment("updated_at"),
    *moments("deleted_at"),
    UniqueConstraint("person_id", "digest"),
    Index("ix_practice_cards_person_id_due_at_id", "person_id", "due_at", "id"),
    Index("ix_practice_cards_practice_id", "practice_id"),
    Index("ix_practice_cards_deleted_at", "deleted_at"),
)
"""Cards of spaced repetition; `fsrs`: where a card is, as the fsrs package writes it.

`digest`: of what the card was made of, so that the same correction is one card; editing does not change it.
`version` grows with each edit and each review.
"""

practice_reviews = Table(
    "practice_reviews",
    METADATA,
    Column("number", RowNumber, primary_key=True, autoincrement=True),
    person_column(),
    Column("card_id", CleanText, ForeignKey("practice_cards.id", ondelete="CASCADE"), nullable=False),
    Column("rating", Integer, nullable=False),
    Column("review", Json, nullable=False),
    Column("reviewed_at", BigInteger, nullable=False),
    Index("ix_practice_reviews_card_id", "card_id"),
    Index("ix_practice_reviews_person_id_reviewed_at", "person_id", "reviewed_at"),
)
"""Each answer to a card; `review`: how long it took (`ms`, or null), and where the card was `before`, to take it back."""
