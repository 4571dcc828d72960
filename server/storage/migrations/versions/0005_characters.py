"""Characters that people make, their versions, the index to search them, and favourites, talks and reports of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from server.storage.migrations.types import JSON, ROW_NUMBER, SEARCH_TOKENS

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

SEARCH = {
    "postgresql": ["CREATE INDEX character_words_fts ON character_words USING gin (tokens)"],
    "sqlite": [
        "CREATE VIRTUAL TABLE character_words_fts USING fts5(tokens, content='character_words', content_rowid='number', "
        "tokenize=\"unicode61 remove_diacritics 0 tokenchars '_'\", prefix='2 3')",
        "CREATE TRIGGER character_words_fts_insert AFTER INSERT ON character_words BEGIN "
        "INSERT INTO character_words_fts(rowid, tokens) VALUES (new.number, new.tokens); END",
        "CREATE TRIGGER character_words_fts_delete AFTER DELETE ON character_words BEGIN "
        "INSERT INTO character_words_fts(character_words_fts, rowid, tokens) "
        "VALUES ('delete', old.number, old.tokens); END",
        "CREATE TRIGGER character_words_fts_update AFTER UPDATE OF tokens ON character_words BEGIN "
        "INSERT INTO character_words_fts(character_words_fts, rowid, tokens) VALUES ('delete', old.number, old.tokens); "
        "INSERT INTO character_words_fts(rowid, tokens) VALUES (new.number, new.tokens); END",
    ],
}
"""The index follows its table by triggers, so that what is deleted by any way is not found any more."""


LISTED = ["deleted_at", "published_at", "hidden_at", "person_id", "version", "created_at"]
LISTED += ["name", "purpose", "languages", "id"]


def upgrade() -> None:
    op.create_table(
        "characters",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="0", nullable=False),
        sa.Column("listed_fields", JSON, nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("languages", sa.Text(), server_default="", nullable=False),
        sa.Column("purpose", sa.Text(), server_default="", nullable=False),
        sa.Column("voices", sa.Text(), server_default="", nullable=False),
        sa.Column("tags", JSON, nullable=False),
        sa.Column("picture_key", sa.Text(), server_default="", nullable=False),
        sa.Column("origin_id", sa.Text(), server_default="", nullable=False),
        sa.Column("origin_name", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("published_at", sa.BigInteger(), nullable=True),
        sa.Column("hidden_at", sa.BigInteger(), nullable=True),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.Column("imported_bytes", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("draft", JSON, nullable=True),
        sa.Column("imported", JSON, nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_characters_person_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_characters")),
    )
    op.create_index("ix_characters_listed", "characters", LISTED, unique=False)
    op.create_index(
        "ix_characters_person_id_created_at_id", "characters", ["person_id", "created_at", "id"], unique=False
    )
    op.create_table(
        "character_versions",
        sa.Column("character_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("file", JSON, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        _of_character("character_versions"),
        sa.PrimaryKeyConstraint("character_id", "version", name=op.f("pk_character_versions")),
    )
    op.create_table(
        "character_words",
        sa.Column("number", ROW_NUMBER, autoincrement=True, nullable=False),
        sa.Column("character_id", sa.Text(), nullable=False),
        sa.Column("tokens", SEARCH_TOKENS, nullable=False),
        _of_character("character_words"),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_character_words")),
        sa.UniqueConstraint("character_id", name=op.f("uq_character_words_character_id")),
    )
    op.create_table(
        "character_talks",
        sa.Column("character_id", sa.Text(), nullable=False),
        sa.Column("talks", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("character_id", name=op.f("pk_character_talks")),
    )
    op.create_table(
        "character_favourites",
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("character_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_character_favourites_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("person_id", "character_id", name=op.f("pk_character_favourites")),
    )
    op.create_table(
        "character_reports",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("character_id", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_character_reports_person_id"), ondelete="CASCADE"
        ),
        _of_character("character_reports"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_character_reports")),
        sa.UniqueConstraint("person_id", "character_id", name=op.f("uq_character_reports_person_id_character_id")),
    )
    op.create_index("ix_character_reports_created_at_id", "character_reports", ["created_at", "id"], unique=False)
    for statement in SEARCH[op.get_context().dialect.name]:
        op.execute(statement)


def _of_character(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_character_id")
    return sa.ForeignKeyConstraint(["character_id"], ["characters.id"], name=name, ondelete="CASCADE")


def downgrade() -> None:
    if op.get_context().dialect.name == "sqlite":
        op.execute("DROP TABLE character_words_fts")
    for table in ("reports", "favourites", "talks", "words", "versions"):
        op.drop_table(f"character_{table}")
    op.drop_table("characters")
