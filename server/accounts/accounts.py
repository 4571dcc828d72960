"""Accounts: who registers, logs in and leaves. What all ways to log in share is `Accounts.log_in_as`."""

from __future__ import annotations

import base64
import hmac
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.accounts.api_keys import ApiKeys
from server.accounts.attempts import Attempts
from server.accounts.audit import DAY_MS, AuditLog, Client
from server.accounts.deletion import Deletion
from server.accounts.logins import Logins
from server.accounts.mail import Outbox
from server.accounts.operators import Operators
from server.accounts.people import People, Person, email_of, name_of, phone_of
from server.accounts.proofs.credentials import AccessToken, PageCookie, ProgramKey, Ticket
from server.accounts.proofs.passkeys import AVAILABLE as PASSKEYS
from server.accounts.proofs.passwords import Passwords, check_password
from server.accounts.proofs.questions import SecurityQuestions
from server.accounts.proofs.tokens import Tokens
from server.accounts.proofs.used_tokens import UsedTokens
from server.accounts.recovery import Recovery
from server.accounts.revocation import Conversation, Grants, RevocationWatch
from server.api.rates import Buckets
from server.errors import Conflict, FieldFault, Forbidden, Unauthorized, ValidationFailed
from server.identity.identity import Credentials
from server.identity.principal import OWNER, Principal
from server.settings import Settings
from server.storage.database import Database
from server.storage.ids import Now, now_ms
from server.storage.signing_keys import SigningKeys
from server.storage.tables.accounts import people
from server.storage.tables.memory import memory_choices

OWNER_CODE_LETTERS = 20
"""Of base 32: 100 bits."""


@dataclass(frozen=True, slots=True)
class Registration:
    """What somebody registers with, as they wrote it. code: the owner's, see `Accounts.owner_code`."""

    email: str
    password: str
    name: str
    phone: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """Who came in, and by which log-in."""

    person: Person
    login: str


class Accounts:
    """The accounts of this server, and what they need."""

    def __init__(self, settings: Settings, database: Database, buckets: Buckets, now: Now = now_ms) -> None:
        chosen = settings.accounts
        self.settings, self.server, self.database, self.now = chosen, settings.server, database, now
        self.mode = chosen.accounts
        keys = SigningKeys(database, "tokens", chosen.login_days * DAY_MS, now)
        self._owner_keys = SigningKeys(database, "owner_code", 0, now)
        self.tokens, self.passwords = Tokens(keys, now), Passwords()
        self.audit = AuditLog(database, chosen.audit_days, now)
        self.attempts = Attempts(self.audit, buckets)
        self.people = People(database, now)
        self.logins = Logins(database, self.tokens, self.audit, chosen.login_days, now)
        self.keys = ApiKeys(database, self.audit, now)
        self.used = UsedTokens(database, now)
        self.tickets = Ticket(self.tokens, self.used, self.logins, self.keys)
        self.grants = Grants(database, now)
        self.revocations = RevocationWatch(self.grants)
        self.mails = Outbox(settings.mail)
        self.questions = SecurityQuestions(database, self.passwords, SigningKeys(database, "questions", 0, now))
        self.recovery = Recovery(
            self.people,
            self.logins,
            self.passwords,
            self.tokens,
            self.used,
            self.attempts,
            self.audit,
            self.mails,
            self.questions,
            settings.mail.public_url,
        )
        self.deletion = Deletion(database, self.audit, self.revocations, now)
        self.operators = Operators(database, self.people, self.logins, self.audit)

    @property
    def credentials(self) -> Sequence[Credentials]:
        """The ways to show an account; none without accounts."""
        if self.mode == "off":
            return ()
        return (
            self.tickets,
            ProgramKey(self.keys),
            AccessToken(self.tokens, self.logins),
            PageCookie(self.server, self.tokens, self.logins),
        )

    def check_on(self) -> None:
        """Raises `Forbidden` where there are no accounts."""
        if self.mode == "off":
            raise Forbidden(
                "There are no accounts on this server; see the setting KAIKOU_ACCOUNTS.", code="accounts_off"
            )

    def check_passkeys(self) -> None:
        """The same where there are no passkeys, either."""
        self.check_on()
        if not PASSKEYS:
            raise Forbidden("There is no package for passkeys on this machine.", code="passkeys_off")

    @asynccontextmanager
    async def running(self, conversations: Callable[[], Collection[Conversation]]) -> AsyncIterator[None]:
        """Send mails, and end the `conversations` of this process whose log-in is revoked, until the block ends."""
        try:
            async with self.mails.running(), self.revocations.running(conversations):
                yield
        finally:
            self.passwords.close()

    async def clean_up(self) -> dict[str, int]:
        """Forget what has been kept long enough, and finish what a server that was killed had begun; how much that was."""
        return {
            "people": await self.deletion.go_on(self.settings.login_days) if self.mode != "off" else 0,
            "logins": await self.logins.forget_old(),
            "tokens": await self.used.forget_expired(),
            "audit": await self.audit.forget_old(),
        }

    # --- Coming in ----------------------------------------------------------------------------------------------------

    async def log_in_as(self, person: Person, client: Client, how: str) -> LoggedIn:
        """Log in somebody who has proved to be `person`, by `how`. Raises `Forbidden` for a suspended account."""
        if person.suspended_at is not None:
            await self.audit.write_alone("login_failed", person.id, client, why="suspended")
            raise Forbidden("This account is suspended; ask whoever runs this server.", code="account_suspended")
        async with self.database.write() as connection:
            login = await self.logins.open(connection, person.id, client)
            await self.audit.write(connection, "logged_in", person.id, client, how=how, login=login)
        return LoggedIn(person, login)

    async def log_in(self, email: str, password: str, client: Client) -> LoggedIn:
        """Log in with a password. Raises `Unauthorized`, and `RateReached`; neither says whether there is an account."""
        self.check_on()
        email = email_of(email)
        person = await self.people.by_email(email)
        id = person.id if person else ""
        await self.attempts.count("log_in", client, email, id)
        found = await self.passwords.compare(person.password_hash if person else None, password)
        if person is None or not found.right:
            await self.audit.write_alone("login_failed", id, client, why="password")
            raise Unauthorized("E-mail address or password is wrong.", code="wrong_credentials")
        if found.rehashed:
            async with self.database.write() as connection:
                same = (people.c.id == id) & (people.c.password_hash == person.password_hash)
                await self.people.change(connection, same, {"password_hash": found.rehashed})
        return await self.log_in_as(person, client, "password")

    async def register(self, wanted: Registration, guest: Principal | None, client: Client) -> LoggedIn:
        """A new account, which has what `guest` said until now, or, with the owner's code, what was kept without accounts.

        Raises `EmailTaken`, `ValidationFailed`, `Forbidden`, `RateReached`.
        """
        self.check_on()
        await self.attempts.count("register", client)
        values = {"email": email_of(wanted.email), "name": name_of(wanted.name), "phone": phone_of(wanted.phone)}
        check_password(wanted.password, (str(values["email"]), str(values["name"]), "kaikou"))
        is_owner = await self._is_owner(wanted.code, client) if wanted.code else False
        if self.settings.registration == "closed" and not is_owner:
            raise Forbidden("Nobody new can register here; ask whoever runs this server.", code="registration_closed")
        values["password_hash"] = await self.passwords.hash(wanted.password)
        async with self.database.write() as connection:
            if is_owner:
                unclaimed = (people.c.id == OWNER.id) & people.c.email.is_(None)
                person = await self.people.change(connection, unclaimed, values)
                if person is None:
                    raise Conflict("The owner's account is there already; log in.", code="already_registered")
            id = OWNER.id if is_owner else await self.new_member(connection, guest, values)
            login = await self.logins.open(connection, id, client)
            await self.audit.write(connection, "registered", id, client, was_guest=bool(guest and guest.id == id))
            await self.audit.write(connection, "logged_in", id, client, how="registration", login=login)
        self.revocations.ask_now()
        registered = await self.people.get(id)
        assert registered is not None
        return LoggedIn(registered, login)

    async def come_as_guest(self, client: Client) -> LoggedIn:
        """A new guest. Raises `Forbidden` where guests may not come, `RateReached`."""
        self.check_on()
        if self.mode != "optional":
            raise Forbidden("Guests may not come to this server; log in.", code="no_guests")
        await self.attempts.count("guest", client)
        async with self.database.write() as connection:
            id = await self.people.add(connection, "guest")
            login = await self.logins.open(connection, id, client)
        guest = await self.people.get(id)
        assert guest is not None
        return LoggedIn(guest, login)

    async def new_member(self, connection: AsyncConnection, guest: Principal | None, values: dict[str, Any]) -> str:
        """A new account, or what `guest` has been until now as one; its id. Raises `EmailTaken`."""
        if guest and guest.role == "guest":
            still = (people.c.id == guest.id) & (people.c.role == "guest")
            person = await self.people.change(connection, still, {**values, "role": "member"})
            await self.logins.revoke(connection, guest.id)  # a cookie that somebody planted ends here
            if person:
                await self._keep_from_memory(connection, person.id)
                return person.id
        return await self.people.add(connection, "member", **values)

    async def _keep_from_memory(self, connection: AsyncConnection, id: str) -> None:
        """Nothing is learnt from what somebody said as a guest."""
        of_all, learn_from = {"person_id": id, "character_id": ""}, {"learn_from": self.now()}
        changed = await connection.execute(update(memory_choices).filter_by(**of_all).values(**learn_from))
        if not changed.rowcount:
            await connection.execute(insert(memory_choices).values(**of_all, **learn_from))

    # --- Leaving ------------------------------------------------------------------------------------------------------

    async def log_out(self, principal: Principal, client: Client) -> None:
        """End the log-in that `principal` shows."""
        async with self.database.write() as connection:
            if await self.logins.revoke(connection, principal.id, principal.grant):
                await self.audit.write(connection, "logged_out", principal.id, client)
        self.revocations.ask_now()

    async def log_out_everywhere(self, principal: Principal, client: Client) -> None:
        """End all log-ins of a person."""
        async with self.database.write() as connection:
            ended = await self.logins.revoke(connection, principal.id)
            await self.audit.write(connection, "logged_out_everywhere", principal.id, client, logins=ended)
        self.revocations.ask_now()

    # --- The owner ----------------------------------------------------------------------------------------------------

    async def owner_code(self) -> str:
        """What whoever starts the server registers the owner's account with; empty when it is registered, or not needed.

        Made from a key in the database, so that all servers on it print the same.
        """
        if self.mode == "off" or not await self._owner_is_missing():
            return ""
        return await self._owner_code()

    async def _owner_code(self) -> str:
        key = await self._owner_keys.newest()
        digest = hmac.new(key.secret, b"owner", sha256).digest()
        letters = base64.b32encode(digest).decode().lower()[:OWNER_CODE_LETTERS]
        return "-".join(letters[start : start + 5] for start in range(0, OWNER_CODE_LETTERS, 5))

    async def _owner_is_missing(self) -> bool:
        owner = await self.people.get(OWNER.id)
        return owner is not None and owner.email is None

    async def _is_owner(self, code: str, client: Client) -> bool:
        await self.attempts.count("owner_code", client)
        if not hmac.compare_digest(code.strip().lower().encode(), (await self._owner_code()).encode()):
            await self.audit.write_alone("login_failed", "", client, why="owner_code")
            raise ValidationFailed([FieldFault("code", "wrong_code", "This is not the code of the start message")])
        return True
