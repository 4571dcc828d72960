"""What is told of files."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from server.api.endpoint import Body
from server.api.etags import Versioned
from server.api.moments import Moment
from server.api.paging import Page, PageQuery
from server.files.quotas import Usage
from server.files.rows import Area
from server.settings.keeping import FileSettings

LONGEST_NAME = 1000
"""Letters of a name that is sent; what is made of it is shorter."""


class File(Versioned):
    """A file. Its type is told by what is in it."""

    id: str
    name: str
    type: str
    bytes: int
    sha256: str
    area: Area
    created_at: Moment
    expires_at: Moment | None
    """When it is deleted; null for what stays."""
    link: str
    """An address at which it can be read without a log-in, for a day."""


class Room(BaseModel):
    """What you have, uploads that go on included, and the most that you may have."""

    files: int
    bytes: int
    most_files: int
    most_bytes: int

    @classmethod
    def of(cls, usage: Usage, settings: FileSettings) -> Room:
        """The same of one person."""
        return cls(files=usage.files, bytes=usage.bytes, most_files=settings.most, most_bytes=settings.bytes)


class FileList(Page[File]):
    """Files, newest first."""

    usage: Room


class Uploaded(BaseModel):
    """The files of an upload, in the order that they came in."""

    files: list[File]
    usage: Room


class UploadQuery(BaseModel):
    """Where to. Without it the form's field `area` says so, and if there is none they are permanent."""

    area: Area | None = None


class ListQuery(PageQuery):
    """Which files."""

    area: Area | None = None


class Edit(Body):
    """What to change. What is not there stays as it is."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    name: Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)] | None = None
    area: Area | None = None

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("Say what to change")
        return self
