"""People, how they show who they are, and what is written down about it."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, Table

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

people = Table(
    "people",
    METADATA,
    id_column(),
    Column("role", CleanText, nullable=False),
    Column("name", CleanText, nullable=False, server_default=""),
    Column("email", CleanText, unique=True),
    Column("phone", CleanText, unique=True),
    Column("password_hash", CleanText),
    moment("created_at"),
    *moments("email_verified_at", "seen_at", "suspended_at", "deleted_at"),
    Column("version", Integer, nullable=False, server_default="1"),
)
"""Everybody who has something here. `email` in lower case. Who needs no account, the owner say, has a row all the same.

`deleted_at`: the account is being deleted, which begins with its log-ins and ends with this row."""

logins = Table(
    "logins",
    METADATA,
    id_column(),
    person_column(index=True),
    Column("refresh_hash", CleanText, nullable=False),
    Column("address", CleanText, nullable=False, server_default=""),
    Column("user_agent", CleanText, nullable=False, server_default=""),
    moment("created_at"),
    moment("seen_at"),
    moment("expires_at"),
    *moments("revoked_at"),
)
"""A log-in until its log-out. `refresh_hash`: of the one refresh token that is good; an older one shows a theft."""

api_keys = Table(
    "api_keys",
    METADATA,
    id_column(),
    person_column(index=True),
    Column("name", CleanText, nullable=False),
    Column("hash", CleanText, nullable=False, unique=True),
    Column("hint", CleanText, nullable=False),
    Column("scopes", Json, nullable=False),
    moment("created_at"),
    *moments("used_at", "revoked_at"),
)
"""Keys of programs. `hash`: SHA-256 of the key, which has 256 random bits; `hint`: its first letters, to know it by."""

passkeys = Table(
    "passkeys",
    METADATA,
    id_column(),
    person_column(index=True),
    Column("credential_id", LargeBinary, nullable=False, unique=True),
    Column("public_key", LargeBinary, nullable=False),
    Column("sign_count", Integer, nullable=False),
    Column("name", CleanText, nullable=False),
    Column("transports", Json, nullable=False),
    moment("created_at"),
    *moments("used_at"),
)

identities = Table(
    "identities",
    METADATA,
    Column("issuer", CleanText, primary_key=True),
    Column("subject", CleanText, primary_key=True),
    person_column(index=True),
    Column("email", CleanText, nullable=False, server_default=""),
    moment("created_at"),
)
"""Accounts with providers of single sign-on."""

security_questions = Table(
    "security_questions",
    METADATA,
    Column("person_id", CleanText, ForeignKey("people.id", ondelete="CASCADE"), primary_key=True),
    Column("questions", Json, nullable=False),
    Column("answers_hash", CleanText, nullable=False),
)
"""What a person chose to be asked, and the hash of all answers together."""

used_tokens = Table("used_tokens", METADATA, id_column(), moment("expires_at"))
"""Tokens and tickets that are good once and were used, by their jti, until they expire anyway."""

signing_keys = Table(
    "signing_keys",
    METADATA,
    id_column(),
    Column("purpose", CleanText, nullable=False),
    Column("secret", LargeBinary, nullable=False),
    moment("created_at"),
    *moments("retired_at"),
    Index("ix_signing_keys_purpose_created_at", "purpose", "created_at"),
)
"""Secrets that tokens and links are signed with, of all servers on this database. The newest signs, others still verify."""

audit_log = Table(
    "audit_log",
    METADATA,
    Column("number", RowNumber, primary_key=True, autoincrement=True),
    moment("at"),
    moment("keep_until"),
    Column("person_id", CleanText, nullable=False),
    Column("action", CleanText, nullable=False),
    Column("address", CleanText, nullable=False, server_default=""),
    Column("details", Json, nullable=False),
    Index("ix_audit_log_person_id_number", "person_id", "number"),
    Index("ix_audit_log_keep_until", "keep_until"),
)
"""What happened to accounts. It outlives its people. The database itself refuses to change a row, or to remove one before
its `keep_until`."""
