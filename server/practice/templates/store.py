"""Roles and scenes of people's own. Nobody else's are in an answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func, select, update

from server.errors import NotFound, PreconditionFailed, QuotaExceeded
from server.practice.locking import lock_person
from server.practice.templates.reading import checked
from server.storage.database import Database
from server.storage.ids import Now, new_id, now_ms
from server.storage.tables.practice import practice_templates

KIND = "ptpl"
"""Of ids, see `new_id`."""

MOST = 100
"""Of one person."""

table = practice_templates.c


def is_own(id: str) -> bool:
    """Whether it is the id of one that somebody made, not of a file."""
    return id.startswith(f"{KIND}_")


def no_such_template() -> NotFound:
    """For one that is not there, or somebody else's."""
    return NotFound("There is no role or scene of that id.", code="template_not_found")


@dataclass(frozen=True)
class OwnTemplates:
    """All methods take the person's id. most: how many one person may have."""

    database: Database
    now: Now = now_ms
    most: int = MOST

    async def all(self, person_id: str) -> Sequence[Any]:
        """All of the person's, the newest first."""
        query = select(practice_templates).where(table.person_id == person_id).order_by(table.id.desc())
        async with self.database.read() as connection:
            return (await connection.execute(query)).all()

    async def get(self, person_id: str, id: str) -> Any:
        """One of them. Raises `NotFound`."""
        query = select(practice_templates).where(table.id == id, table.person_id == person_id)
        async with self.database.read() as connection:
            row = (await connection.execute(query)).one_or_none()
        if row is None:
            raise no_such_template()
        return row

    async def create(self, person_id: str, data: Mapping[str, Any]) -> str:
        """Make one of a file; its id. Raises `ValidationFailed`, `TooLarge`, `QuotaExceeded`."""
        (file, parsed), at = checked(data), self.now()
        id = new_id(KIND, at)
        row = {"id": id, "person_id": person_id, "kind": parsed.kind, "file": file, "created_at": at, "updated_at": at}
        count = select(func.count()).select_from(practice_templates).where(table.person_id == person_id)
        async with self.database.write() as connection:
            await lock_person(connection, person_id)
            if (await connection.scalar(count) or 0) >= self.most:
                message = f"You may have {self.most} roles and scenes of your own, and have as many: delete one first."
                raise QuotaExceeded(message, code="too_many_templates")
            await connection.execute(practice_templates.insert().values(**row))
        return id

    async def save(self, person_id: str, id: str, data: Mapping[str, Any], expected: int | None) -> None:
        """Write one anew. Practices that were planned with it stay as they are.

        Raises `NotFound`, `PreconditionFailed`, `ValidationFailed`, `TooLarge`.
        """
        file, parsed = checked(data)
        mine = (table.id == id, table.person_id == person_id)
        change = update(practice_templates).where(*mine)
        if expected is not None:
            change = change.where(table.version == expected)
        values = {"kind": parsed.kind, "file": file, "version": table.version + 1, "updated_at": self.now()}
        async with self.database.write() as connection:
            if (await connection.execute(change.values(**values))).rowcount:
                return
            if await connection.scalar(select(table.id).where(*mine)) is None:
                raise no_such_template()
        raise PreconditionFailed("It was changed meanwhile: read the newest version, and save over that.")

    async def delete(self, person_id: str, id: str) -> None:
        """Remove one. Raises `NotFound`."""
        gone = delete(practice_templates).where(table.id == id, table.person_id == person_id)
        async with self.database.write() as connection:
            if not (await connection.execute(gone)).rowcount:
                raise no_such_template()
