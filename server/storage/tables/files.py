"""Files that people uploaded, and how much of what they may have is taken."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, ForeignKey, Index, Integer, Table, false

from server.storage.tables.columns import METADATA, CleanText, id_column, moment, moments, person_column

files = Table(
    "files",
    METADATA,
    id_column(),
    person_column(),
    Column("name", CleanText, nullable=False),
    Column("area", CleanText, nullable=False),
    Column("type", CleanText, nullable=False, server_default=""),
    Column("bytes", BigInteger, nullable=False),
    Column("sha256", CleanText, nullable=False, server_default=""),
    Column("resumable", Boolean, nullable=False, server_default=false()),
    Column("received", BigInteger, nullable=False, server_default="0"),
    Column("version", Integer, nullable=False, server_default="1"),
    moment("created_at"),
    *moments("completed_at", "expires_at"),
    Index("ix_files_person_id_created_at_id", "person_id", "created_at", "id"),
    Index("ix_files_expires_at", "expires_at"),
)
"""Files, from before their first byte came: `completed_at` is null until the last one has.

`bytes`: what is reserved for an upload that goes on, what a complete file has; `received`: of a resumable upload.
`expires_at`: when it is given up or deleted; of what was deleted 0, until its object is gone, too.
"""

file_parts = Table(
    "file_parts",
    METADATA,
    Column("file_id", CleanText, ForeignKey("files.id", ondelete="CASCADE"), primary_key=True),
    Column("at", BigInteger, primary_key=True),
    Column("object_key", CleanText, nullable=False),
)
"""What has come of a resumable upload: an object for the bytes from `at` on."""

file_quotas = Table(
    "file_quotas",
    METADATA,
    Column("person_id", CleanText, ForeignKey("people.id", ondelete="CASCADE"), primary_key=True),
    Column("files", Integer, nullable=False, server_default="0"),
    Column("bytes", BigInteger, nullable=False, server_default="0"),
    CheckConstraint("files >= 0 AND bytes >= 0", name="not_negative"),
)
"""What each person has taken, uploads that go on included: the sum over their rows in `files`."""
