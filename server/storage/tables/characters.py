"""Characters that people make, their versions, and what people do with those that they find."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Table, UniqueConstraint

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

characters = Table(
    "characters",
    METADATA,
    id_column(),
    person_column(),
    Column("version", Integer, nullable=False, server_default="0"),
    Column("listed_fields", Json, nullable=False),
    Column("name", CleanText, nullable=False, server_default=""),
    Column("languages", CleanText, nullable=False, server_default=""),
    Column("purpose", CleanText, nullable=False, server_default=""),
    Column("voices", CleanText, nullable=False, server_default=""),
    Column("tags", Json, nullable=False),
    Column("picture_key", CleanText, nullable=False, server_default=""),
    Column("origin_id", CleanText, nullable=False, server_default=""),
    Column("origin_name", CleanText, nullable=False, server_default=""),
    moment("created_at"),
    moment("updated_at"),
    *moments("published_at", "hidden_at", "deleted_at"),
    Column("imported_bytes", BigInteger, nullable=False, server_default="0"),
    Column("draft", Json),
    Column("imported", Json),
    Index("ix_characters_person_id_created_at_id", "person_id", "created_at", "id"),
    Index(
        "ix_characters_listed",
        *("deleted_at", "published_at", "hidden_at", "person_id", "version", "created_at"),
        *("name", "purpose", "languages", "id"),
    ),
)
"""The index `listed` has all that lists are ordered by, so that of the long rows only those of a page are read.

`version`: of the newest file, 0 while there is a draft alone. Objects of a character lie under `characters/<id>/`.

`listed_fields`: what lists show of that file, see `ListedFields`; `name`, `languages`, `purpose` and `voices` are what
they are ordered and filtered by, the latter as words with a space on each side. `draft`: as the form holds it, not checked.
`imported`: the card that it came from, for all of it that a file does not say; `imported_bytes`: what
is kept of that card, its objects among it.
`published_at`: null for what only its owner sees; `hidden_at`: when an operator took it from everybody else.
`deleted_at`: when it was deleted, which can be undone for some seconds.
"""

character_versions = Table(
    "character_versions",
    METADATA,
    Column("character_id", CleanText, ForeignKey("characters.id", ondelete="CASCADE"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("file", Json, nullable=False),
    moment("created_at"),
)
"""Files as they were saved, the newest ones of each character."""

character_words = Table(
    "character_words",
    METADATA,
    Column("number", RowNumber, primary_key=True, autoincrement=True),
    Column("character_id", CleanText, ForeignKey("characters.id", ondelete="CASCADE"), nullable=False),
    Column("tokens", SearchTokens, nullable=False),
    UniqueConstraint("character_id"),
)
"""What each is found by, see `server/storage/words.py`; the search index is made of it."""

character_talks = Table(
    "character_talks",
    METADATA,
    Column("character_id", CleanText, primary_key=True),
    Column("talks", Integer, nullable=False),
)
"""With how many people each character, also a built-in one, talked lately; counted anew again and again."""

character_favourites = Table(
    "character_favourites",
    METADATA,
    person_column(primary_key=True),
    Column("character_id", CleanText, primary_key=True),
    moment("created_at"),
)
"""Whose favourite is which character, also a built-in one."""

character_reports = Table(
    "character_reports",
    METADATA,
    id_column(),
    person_column(),
    Column("character_id", CleanText, ForeignKey("characters.id", ondelete="CASCADE"), nullable=False),
    Column("reason", CleanText, nullable=False),
    Column("text", CleanText, nullable=False, server_default=""),
    moment("created_at"),
    *moments("settled_at"),
    UniqueConstraint("person_id", "character_id"),
    Index("ix_character_reports_created_at_id", "created_at", "id"),
)
"""What people reported of others' characters; settled once an operator has hidden or shown the character."""
