"""The rows of people who have an account, or are guests: found, made, changed. What they enter is normalised here."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from server.errors import Conflict, FieldFault, ValidationFailed
from server.identity.principal import Role
from server.storage.database import Database
from server.storage.ids import Now, new_id, now_ms
from server.storage.tables.accounts import identities, passkeys, people

ATOM = r"[^\s@<>()\[\],;:\\\".]+"
EMAIL = re.compile(rf"(?!.*=\?)(?=.{{1,64}}@){ATOM}(\.{ATOM})*@{ATOM}(\.{ATOM})+")
"""No encoded words (`=?`), which mean another address in the head of a mail."""
LONGEST_NAME = 80
PHONE = re.compile(r"\+?[0-9]{6,15}")


class EmailTaken(Conflict):
    """Somebody has an account with this e-mail address or phone number."""

    code = "already_registered"


@dataclass(frozen=True, slots=True)
class Person:
    """Who it is. role: what they may; version: grows with each edit."""

    id: str
    role: Role
    name: str
    email: str | None
    phone: str | None
    password_hash: str | None
    created_at: int
    email_verified_at: int | None
    seen_at: int | None
    suspended_at: int | None
    version: int

    @property
    def registered(self) -> bool:
        """Whether it is an account: neither a guest nor the owner before they came. It may have no address of mail."""
        return self.role in ("member", "operator") or self.email is not None


COLUMNS = [people.c[name] for name in Person.__dataclass_fields__]


@dataclass(frozen=True)
class People:
    """Reads and writes them. Whoever is being deleted is not there any more."""

    database: Database
    now: Now = now_ms

    async def get(self, id: str) -> Person | None:
        """The person of that id."""
        return await self._find(people.c.id == id)

    async def name_of(self, id: str) -> str:
        """What the person of that id is called; empty if nobody said."""
        person = await self.get(id)
        return person.name if person else ""

    async def by_email(self, email: str) -> Person | None:
        """The person with that address, which is as it is kept."""
        return await self._find(people.c.email == email)

    async def add(self, connection: AsyncConnection, role: Role, **values: Any) -> str:
        """A new row; its id. Raises `EmailTaken`."""
        id = new_id("person", self.now())
        row = people.insert().values(id=id, role=role, created_at=self.now(), **values)
        try:
            await connection.execute(row)
        except IntegrityError as error:
            raise EmailTaken("There is an account with this e-mail address or phone number.") from error
        return id

    async def change(
        self, connection: AsyncConnection, where: ColumnElement[bool], values: dict[str, Any]
    ) -> Person | None:
        """The row that fits, changed; None if none does. Raises `EmailTaken`."""
        values = {**values, "version": people.c.version + 1}
        change = update(people).where(where & people.c.deleted_at.is_(None)).values(values).returning(*COLUMNS)
        try:
            row = (await connection.execute(change)).one_or_none()
        except IntegrityError as error:
            raise EmailTaken("There is an account with this e-mail address or phone number.") from error
        return Person(*row) if row else None

    async def _find(self, where: ColumnElement[bool]) -> Person | None:
        wanted = select(*COLUMNS).where(where & people.c.deleted_at.is_(None))
        async with self.database.read() as connection:
            row = (await connection.execute(wanted)).one_or_none()
        return Person(*row) if row else None


def may_come_in() -> ColumnElement[bool]:
    """Whether what a person shows is good at all."""
    return people.c.suspended_at.is_(None) & people.c.deleted_at.is_(None)


async def check_way_in_left(connection: AsyncConnection, person_id: str) -> None:
    """Raises `Conflict` where nothing is left to log in with, for whom it is needed: guests come with a cookie only, and the
    owner registers with a password."""
    others = people.c.role.in_(("guest", "owner")) | people.c.password_hash.is_not(None)
    left = (
        select(people.c.id).where((people.c.id == person_id) & others),
        select(passkeys.c.id).where(passkeys.c.person_id == person_id),
        select(identities.c.subject).where(identities.c.person_id == person_id),
    )
    if not any([await connection.scalar(way.limit(1)) for way in left]):
        raise Conflict("This is the only way to log in to this account; set a password first.", code="last_way_in")


def email_of(written: str) -> str:
    """The address as it is kept and compared. Raises `ValidationFailed`."""
    email = unicodedata.normalize("NFKC", written).strip().lower()
    if len(email) > 254 or not email.isprintable() or not EMAIL.fullmatch(email):
        raise ValidationFailed([FieldFault("email", "invalid_email", "This is no e-mail address")])
    return email


def phone_of(written: str) -> str | None:
    """The number as it is kept; None for an empty one. Raises `ValidationFailed`."""
    if not written.strip():
        return None
    phone = re.sub(r"[\s()./-]", "", unicodedata.normalize("NFKC", written))
    phone = f"+{phone[2:]}" if phone.startswith("00") else phone
    if not PHONE.fullmatch(phone):
        raise ValidationFailed([FieldFault("phone", "invalid_phone", "This is no phone number")])
    return phone


def name_of(written: str) -> str:
    """A name without what cannot be seen. Raises `ValidationFailed` where nothing is left."""
    name = " ".join("".join(letter if letter.isprintable() else " " for letter in written).split())
    if not name or len(name) > LONGEST_NAME:
        raise ValidationFailed([FieldFault("name", "invalid_name", f"A name has 1 to {LONGEST_NAME} letters")])
    return name
