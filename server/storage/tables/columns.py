"""What the columns of all tables are made of, so that SQLite and PostgreSQL hold the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, ForeignKey, Integer, MetaData, Text
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

from pipeline.text.clean import clean

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class CleanText(TypeDecorator[str]):
    """Text that both databases take: PostgreSQL refuses NUL, and neither takes half a surrogate pair."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else clean(value)


Json: TypeEngine[Any] = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
"""A value as JSON; None is no value."""

RowNumber: TypeEngine[int] = BigInteger().with_variant(Integer(), "sqlite")
"""A primary key that counts up; SQLite counts only what it knows as INTEGER."""


SearchTokens: TypeEngine[Any] = Text().with_variant(TSVECTOR(), "postgresql")
"""Words with their places: PostgreSQL's own type; for SQLite's search index a text with spaces in it."""


def id_column() -> Column[str]:
    """The primary key of what is known by a name, see `new_id`."""
    return Column("id", CleanText, primary_key=True)


def person_column(*, index: bool = False, primary_key: bool = False) -> Column[str]:
    """Whose row it is; it goes with its person."""
    reference = ForeignKey("people.id", ondelete="CASCADE")
    return Column("person_id", CleanText, reference, nullable=False, index=index, primary_key=primary_key)


def moment(name: str, *, nullable: bool = False) -> Column[int]:
    """A time in milliseconds since 1970."""
    return Column(name, BigInteger, nullable=nullable)


def moments(*names: str) -> Sequence[Column[int]]:
    """Times that may not have come yet."""
    return [moment(name, nullable=True) for name in names]
