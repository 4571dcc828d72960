"""Practices, their reports, what people make for them, their goals and cards."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from server.storage.migrations.types import JSON, ROW_NUMBER

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

LISTED = ["person_id", "created_at", "id"]


def upgrade() -> None:
    op.create_table(
        "practices",
        *_texts("id", "person_id", "kind", "language", "character_id", "title"),
        sa.Column("practice", JSON, nullable=False),
        sa.Column("state", sa.Text(), server_default="ready", nullable=False),
        sa.Column("conversation_id", sa.Text(), nullable=True),
        sa.Column("moves", JSON, nullable=True),
        sa.Column("corrections", JSON, nullable=True),
        *_moments("created_at"),
        *_moments("began_at", "ended_at", nullable=True),
        _of("people", "person_id", "practices"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_practices")),
    )
    op.create_index("ix_practices_person_id_created_at_id", "practices", LISTED, unique=False)
    op.create_index("ix_practices_conversation_id", "practices", ["conversation_id"], unique=False)
    op.create_table(
        "practice_reports",
        *_texts("practice_id", "part", "person_id", "state"),
        sa.Column("content", JSON, nullable=True),
        sa.Column("made_by", sa.Text(), server_default="", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        *_moments("updated_at"),
        _of("practices", "practice_id", "practice_reports"),
        _of("people", "person_id", "practice_reports"),
        sa.PrimaryKeyConstraint("practice_id", "part", name=op.f("pk_practice_reports")),
    )
    op.create_table(
        "practice_templates",
        *_texts("id", "person_id", "kind"),
        sa.Column("file", JSON, nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        *_moments("created_at", "updated_at"),
        _of("people", "person_id", "practice_templates"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_practice_templates")),
    )
    op.create_index("ix_practice_templates_person_id_id", "practice_templates", ["person_id", "id"], unique=False)
    op.create_table(
        "practice_goals",
        *_texts("person_id", "language", "measure"),
        sa.Column("target", JSON, nullable=False),
        *_moments("updated_at"),
        _of("people", "person_id", "practice_goals"),
        sa.PrimaryKeyConstraint("person_id", "language", "measure", name=op.f("pk_practice_goals")),
    )
    op.create_table(
        "practice_cards",
        *_texts("id", "person_id"),
        sa.Column("practice_id", sa.Text(), nullable=True),
        sa.Column("line_id", sa.Text(), server_default="", nullable=False),
        *_texts("language", "front", "back"),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("kind", sa.Text(), server_default="", nullable=False),
        sa.Column("fsrs", JSON, nullable=False),
        *_texts("digest"),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        *_moments("due_at", "created_at", "updated_at"),
        *_moments("deleted_at", nullable=True),
        _of("people", "person_id", "practice_cards"),
        _of("practices", "practice_id", "practice_cards", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_practice_cards")),
        sa.UniqueConstraint("person_id", "digest", name=op.f("uq_practice_cards_person_id_digest")),
    )
    op.create_index(
        "ix_practice_cards_person_id_due_at_id", "practice_cards", ["person_id", "due_at", "id"], unique=False
    )
    op.create_index("ix_practice_cards_practice_id", "practice_cards", ["practice_id"], unique=False)
    op.create_index("ix_practice_cards_deleted_at", "practice_cards", ["deleted_at"], unique=False)
    op.create_table(
        "practice_reviews",
        sa.Column("number", ROW_NUMBER, autoincrement=True, nullable=False),
        *_texts("person_id", "card_id"),
        sa.Column("rating", sa.Integer(), nullable=False),
        sa.Column("review", JSON, nullable=False),
        *_moments("reviewed_at"),
        _of("people", "person_id", "practice_reviews"),
        _of("practice_cards", "card_id", "practice_reviews"),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_practice_reviews")),
    )
    op.create_index("ix_practice_reviews_card_id", "practice_reviews", ["card_id"], unique=False)
    op.create_index(
        "ix_practice_reviews_person_id_reviewed_at", "practice_reviews", ["person_id", "reviewed_at"], unique=False
    )


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def _moments(*names: str, nullable: bool = False) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger(), nullable=nullable) for name in names]


def _of(owners: str, column: str, table: str, ondelete: str = "CASCADE") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{owners}.id"], name=op.f(f"fk_{table}_{column}"), ondelete=ondelete)


def downgrade() -> None:
    for table in ("reviews", "cards", "goals", "templates", "reports"):
        op.drop_table(f"practice_{table}")
    op.drop_table("practices")
