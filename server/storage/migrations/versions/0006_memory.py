"""What is remembered of people, and what they chose about that."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "memory_facts",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("character_id", sa.Text(), nullable=True),
        sa.Column("shared", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("conversation_id", sa.Text(), nullable=True),
        sa.Column("line_id", sa.Text(), server_default="", nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), server_default="", nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("quote", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("told_at", sa.BigInteger(), nullable=False),
        sa.Column("valid_from", sa.BigInteger(), nullable=False),
        sa.Column("valid_to", sa.BigInteger(), nullable=True),
        sa.Column("closed_by", sa.Text(), nullable=True),
        sa.Column("asked_at", sa.BigInteger(), nullable=True),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        _of("people", "memory_facts"),
        _of("conversations", "memory_facts"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_memory_facts")),
    )
    op.create_index("ix_memory_facts_conversation_id", "memory_facts", ["conversation_id"], unique=False)
    op.create_index("ix_memory_facts_deleted_at", "memory_facts", ["deleted_at"], unique=False)
    op.create_index(
        "ix_memory_facts_person_id_told_at_id", "memory_facts", ["person_id", "told_at", "id"], unique=False
    )
    op.create_table(
        "memory_choices",
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("character_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="on", nullable=False),
        sa.Column("shared", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("learn_from", sa.BigInteger(), server_default="0", nullable=False),
        _of("people", "memory_choices"),
        sa.PrimaryKeyConstraint("person_id", "character_id", name=op.f("pk_memory_choices")),
    )
    op.create_table(
        "memory_revisions",
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        _of("people", "memory_revisions"),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_memory_revisions")),
    )
    op.create_table(
        "memory_talks",
        sa.Column("conversation_id", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("read_number", sa.BigInteger(), server_default="0", nullable=False),
        _of("conversations", "memory_talks"),
        _of("people", "memory_talks"),
        sa.PrimaryKeyConstraint("conversation_id", name=op.f("pk_memory_talks")),
    )
    op.create_table(
        "memory_forgotten",
        sa.Column("conversation_id", sa.Text(), nullable=False),
        sa.Column("line_id", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        _of("conversations", "memory_forgotten"),
        _of("people", "memory_forgotten"),
        sa.PrimaryKeyConstraint("conversation_id", "line_id", name=op.f("pk_memory_forgotten")),
    )


def _of(owners: str, table: str) -> sa.ForeignKeyConstraint:
    column = {"people": "person_id", "conversations": "conversation_id"}[owners]
    return sa.ForeignKeyConstraint([column], [f"{owners}.id"], name=op.f(f"fk_{table}_{column}"), ondelete="CASCADE")


def downgrade() -> None:
    for table in ("forgotten", "talks", "revisions", "choices", "facts"):
        op.drop_table(f"memory_{table}")
