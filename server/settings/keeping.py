"""Sections of what is kept: where it lies, for how long, how much of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from pydantic import Field, SecretStr

from server.settings.section import Count, Section
from server.settings.values.addresses import BucketUrl, S3Endpoint


class StorageSettings(Section):
    """Where everything lies that is kept."""

    flat_names: ClassVar[Mapping[str, str]] = {"folder": "data"}

    folder: Path = Path(__file__).parents[2] / "data"
    """The folder of the database, recordings and files."""
    database_url: SecretStr | None = None
    """A PostgreSQL database, as postgresql://user:password@host/name; without it a SQLite file in the data folder."""
    objects_url: BucketUrl = ""
    """Where recordings and files lie: s3://bucket/prefix; without it in the data folder."""
    s3_endpoint: S3Endpoint = ""
    """Address of an S3 server that is not Amazon's, such as https://minio.example.org."""
    s3_region: str = "us-east-1"
    """Region of the S3 bucket."""
    s3_access_key: SecretStr | None = None
    """Access key of the S3 bucket."""
    s3_secret_key: SecretStr | None = None
    """Secret key of the S3 bucket."""


class HistorySettings(Section):
    """Conversations that are kept."""

    prefix = "history_"

    keep: bool = True
    """Whether conversations are kept; what was said, not how it sounded, which each person is asked for."""
    days: int = Field(default=0, ge=0, le=36_500)
    """After how many days a conversation that is not pinned is deleted; 0 keeps it until its owner deletes it."""


class FileSettings(Section):
    """Files that people upload."""

    prefix = "files_"

    most: Count = 20
    """Files that a person may have."""
    bytes: Count = 200_000_000
    """Bytes that all files of a person may have together."""
    temporary_hours: Count = 24
    """After how many hours a file in the temporary area is deleted."""


class JobSettings(Section):
    """Background work: clean-up, exports, summaries."""

    prefix = "jobs_"

    workers: int = Field(default=2, ge=0, le=64)
    """Jobs that this process does at once; 0 leaves them to other processes on the same database."""
    most: Count = 20
    """Jobs of a person that may wait or be done at once."""
