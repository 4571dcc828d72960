"""What is remembered of requests."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, LargeBinary, Table

from server.storage.tables.columns import METADATA, CleanText, Json, moment, moments, person_column

idempotency_keys = Table(
    "idempotency_keys",
    METADATA,
    person_column(primary_key=True),
    Column("key", CleanText, primary_key=True),
    Column("fingerprint", CleanText, nullable=False),
    Column("status", Integer),
    Column("headers", Json),
    Column("body", LargeBinary),
    moment("created_at"),
    *moments("finished_at"),
    Index("ix_idempotency_keys_created_at", "created_at"),
)
"""Requests that carried an `Idempotency-Key`, and their answers. `fingerprint`: of method, path and body."""
