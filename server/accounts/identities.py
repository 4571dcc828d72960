"""Accounts with a provider of single sign-on: which person one belongs to, and how somebody comes in with one.

An identity is issuer and subject, never an address: those change hands. One is linked to an account by whoever is logged in
to it, or where both the provider and this server have verified the same address; an account that somebody registered with
another's address beforehand is not theirs to come into.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from server.accounts.accounts import Accounts, LoggedIn
from server.accounts.audit import Client
from server.accounts.people import LONGEST_NAME, Person, check_way_in_left, email_of, name_of
from server.accounts.proofs.single_sign_on import SignedOn
from server.errors import Conflict, Forbidden, NotFound, ValidationFailed
from server.identity.principal import Principal
from server.storage.tables.accounts import identities


@dataclass(frozen=True, slots=True)
class Linked:
    """An identity as its owner sees it."""

    issuer: str
    email: str
    created_at: int


@dataclass(frozen=True)
class Identities:
    """Links them, and lets people in."""

    accounts: Accounts

    async def enter(self, who: SignedOn, guest: Principal | None, client: Client) -> LoggedIn:
        """Log in whoever the provider says it is, with a new account if there is none; that has what `guest` had.

        Raises `Conflict` where an account must be logged in to first, `Forbidden` where nobody may register.
        """
        who, person = _as_kept(who), await self._person(who)
        try:
            person = person or await self._verified_on_both_sides(who, client)
            person = person or await self._registered(who, guest, client)
        except Conflict:  # unless the same person, who began twice, was quicker
            if (person := await self._person(who)) is None:
                raise
        return await self.accounts.log_in_as(person, client, "sign_on")

    async def link(self, person_id: str, who: SignedOn, client: Client) -> None:
        """Let whoever this is come in as `person_id`, who is logged in. Raises `Conflict`."""
        async with self.accounts.database.write() as connection:
            await self._link(connection, person_id, _as_kept(who), client)

    async def of(self, person_id: str) -> Sequence[Linked]:
        """A person's identities."""
        columns = select(identities.c.issuer, identities.c.email, identities.c.created_at)
        async with self.accounts.database.read() as connection:
            return [
                Linked(*row) for row in await connection.execute(columns.where(identities.c.person_id == person_id))
            ]

    async def unlink(self, person_id: str, issuer: str, client: Client) -> None:
        """Take the issuer's identities from a person. Raises `NotFound`; `Conflict` if it is the last way to come in."""
        theirs = identities.c.person_id == person_id
        async with self.accounts.database.write() as connection:
            gone = await connection.execute(delete(identities).where(theirs & (identities.c.issuer == issuer)))
            if not gone.rowcount:
                raise NotFound("There is no such link.")
            await check_way_in_left(connection, person_id)
            await self.accounts.audit.write(connection, "identity_unlinked", person_id, client, issuer=issuer)

    async def _person(self, who: SignedOn) -> Person | None:
        wanted = (identities.c.issuer == who.issuer) & (identities.c.subject == who.subject)
        async with self.accounts.database.read() as connection:
            id = await connection.scalar(select(identities.c.person_id).where(wanted))
        return await self.accounts.people.get(id) if id else None

    async def _verified_on_both_sides(self, who: SignedOn, client: Client) -> Person | None:
        person = await self.accounts.people.by_email(who.email) if who.email else None
        if person is None:
            return None
        if not (who.email_verified and person.email_verified_at is not None):
            raise Conflict(
                "There is an account with this e-mail address. Log in to it, then link the two in its settings.",
                code="link_while_logged_in",
            )
        await self.link(person.id, who, client)
        return person

    async def _registered(self, who: SignedOn, guest: Principal | None, client: Client) -> Person:
        if self.accounts.settings.registration == "closed":
            raise Forbidden("Nobody new can register here; ask whoever runs this server.", code="registration_closed")
        await self.accounts.attempts.count("register", client)
        now, verified = self.accounts.now(), who.email_verified and who.email
        values: dict[str, Any] = {"name": who.name, "email": who.email if verified else None}
        if verified:
            values["email_verified_at"] = now
        async with self.accounts.database.write() as connection:
            id = await self.accounts.new_member(connection, guest, values)
            await self._link(connection, id, who, client)
            await self.accounts.audit.write(connection, "registered", id, client, by="sign_on")
        person = await self.accounts.people.get(id)
        assert person is not None
        return person

    async def _link(self, connection: AsyncConnection, person_id: str, who: SignedOn, client: Client) -> None:
        row = {
            "issuer": who.issuer,
            "subject": who.subject,
            "person_id": person_id,
            "email": who.email,
            "created_at": self.accounts.now(),
        }
        try:
            await connection.execute(identities.insert().values(row))
        except IntegrityError:
            raise Conflict("This log-in belongs to an account already.", code="already_linked") from None
        await self.accounts.audit.write(connection, "identity_linked", person_id, client, issuer=who.issuer)


def _as_kept(who: SignedOn) -> SignedOn:
    """With name and address as those are that people enter here; an address that is none by our rules is left out."""
    try:
        email = email_of(who.email)
    except ValidationFailed:
        email = ""
    try:
        name = name_of(who.name[:LONGEST_NAME])
    except ValidationFailed:
        name = "?"
    return replace(who, email=email, name=name)
