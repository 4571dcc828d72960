"""Passwords: changed by whoever knows the old one, and set anew by whoever reads the account's mail
or answers its questions.

Whoever asks to reset one is answered alike and as fast whether there is an account or not: it is looked up later, when the
mail is sent. The token is good once, for half an hour, and no longer once the password or the address was changed in any
other way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.accounts.attempts import Attempts
from server.accounts.audit import AuditLog, Client
from server.accounts.logins import Logins
from server.accounts.mail import Mail, Outbox
from server.accounts.people import People, Person, email_of
from server.accounts.proofs.passwords import Passwords, check_password
from server.accounts.proofs.questions import Question, SecurityQuestions
from server.accounts.proofs.tokens import Tokens
from server.accounts.proofs.used_tokens import UsedTokens
from server.errors import Conflict, Forbidden, Unauthorized
from server.identity.principal import Principal
from server.storage.tables.accounts import api_keys, identities, logins, passkeys, people, security_questions

RESET_S = 1800

JUST_NOW_MS = 10 * 60_000
"""So long ago somebody without a password must have logged in to do what others confirm with theirs."""

RESET = """\
Somebody asked to set a new password for your account. If it was you, open this within half an hour:

  {link}

If it was not, do nothing: your password stays as it is.

有人请求为您的账户设置新密码。如果是您本人，请在半小时内打开上面的链接；如果不是，请忽略这封邮件，您的密码不会改变。
"""

CHANGED = """\
The password of your account was changed just now, and all other log-ins have ended. If it was not you, set another one:

  {link}

您账户的密码刚刚被修改，其他登录都已退出。如果不是您本人操作，请立即打开上面的链接重新设置密码。
"""


@dataclass(frozen=True)
class Recovery:
    """Changes and resets them. link: the address of the page, as people reach it."""

    people: People
    logins: Logins
    passwords: Passwords
    tokens: Tokens
    used: UsedTokens
    attempts: Attempts
    audit: AuditLog
    mails: Outbox
    questions: SecurityQuestions
    link: str

    async def confirm(self, principal: Principal, password: str, client: Client) -> Person:
        """Whether it really is whoever is logged in: by the password, or, without one, by having logged in just now.

        Raises `Forbidden`, `RateReached`.
        """
        person = await self.people.get(principal.id)
        if person is None or principal.kind not in ("login", "owner"):
            raise Forbidden("Log in to do this.", code="login_needed")
        if person.password_hash is None:
            if principal.kind == "login" and not await self._came_just_now(principal.grant):
                raise Forbidden("Log in again to do this.", code="login_needed")
            return person
        await self.attempts.count("password", client, person.id, person.id)
        if not (await self.passwords.compare(person.password_hash, password)).right:
            await self.audit.write_alone("login_failed", person.id, client, why="confirmation")
            raise Forbidden("The password is wrong.", code="wrong_password")
        return person

    async def change(self, principal: Principal, current: str, new: str, client: Client) -> None:
        """Another password; all other log-ins end. Raises `Forbidden`, `ValidationFailed`, `Conflict`."""
        person = await self.confirm(principal, current, client)
        if person.email is None:
            raise Forbidden("A password needs an e-mail address to log in with; set that first.", code="email_needed")
        check_password(new, (person.email, person.name, "kaikou"), "new")
        hashed = await self.passwords.hash(new)
        async with self.people.database.write() as connection:
            same = (people.c.id == person.id) & (people.c.password_hash.is_not_distinct_from(person.password_hash))
            if await self.people.change(connection, same, {"password_hash": hashed}) is None:
                raise Conflict("The password was changed meanwhile.")
            await self.logins.revoke(connection, person.id, but=principal.grant)
            await self.audit.write(connection, "password_changed", person.id, client)
        self._tell_changed(person.email)

    async def ask_to_reset(self, email: str, client: Client) -> None:
        """Send a link to an account's address, if there is one. Raises `Conflict` without mail, `RateReached`."""
        if not self.mails.configured:
            raise Conflict("This server sends no mail; ask whoever runs it.", code="no_mail")
        email = email_of(email)
        await self.attempts.count("reset", client, email)

        async def write() -> Mail | None:
            person = await self.people.by_email(email)
            if person is None or person.suspended_at is not None:
                return None
            await self.audit.write_alone("reset_requested", person.id, client)
            token = await self.tokens.sign("reset", person.id, RESET_S, about={"was": _mark(person)})
            link = f"{self.link}/#/account/reset/{token}"
            return Mail(email, "Kaikou: a new password · 设置新密码", RESET.format(link=link))

        self.mails.put(write)

    async def reset(self, token: str, new: str, client: Client) -> None:
        """Set a password with a token from a mail; all log-ins end. Raises `Unauthorized`, `ValidationFailed`."""
        claims = await self.tokens.verify("reset", token)
        person = await self.people.get(claims.person)
        if person is None or person.email is None or claims.about.get("was") != _mark(person):
            raise Unauthorized("This link is good no longer; ask for another one.", code="invalid_token")
        check_password(new, (person.email, person.name, "kaikou"))
        hashed = await self.passwords.hash(new)
        verified = person.email_verified_at or self.people.now()  # who has the token reads mail to this address
        async with self.people.database.write() as connection:
            await self.used.use(claims, connection)
            same = (people.c.id == person.id) & (people.c.email == person.email)
            changed = {"password_hash": hashed, "email_verified_at": verified}
            if await self.people.change(connection, same, changed) is None:
                raise Unauthorized("This link is good no longer; ask for another one.", code="invalid_token")
            await self.logins.revoke(connection, person.id)
            if person.email_verified_at is None:
                await _forget_ways_in(connection, person.id)
            await self.audit.write(connection, "password_reset", person.id, client)
        self._tell_changed(person.email)

    async def choose_questions(
        self, principal: Principal, password: str, answers: Mapping[Question, str], client: Client
    ) -> None:
        """Be asked these questions from now on; none without answers. Raises `Forbidden`, `ValidationFailed`."""
        person = await self.confirm(principal, password, client)
        hashed = await self.questions.hash(answers) if answers else ""
        async with self.people.database.write() as connection:
            if answers:
                await self.questions.choose(connection, person.id, hashed, list(answers))
            else:
                await self.questions.forget(connection, person.id)
            await self.audit.write(connection, "account_changed", person.id, client, fields=["questions"])

    async def asked(self, email: str, client: Client) -> Sequence[Question]:
        """The questions of an account, or of nobody, which looks the same. Raises `RateReached`."""
        email = email_of(email)
        await self.attempts.count("reset", client)
        person = await self.people.by_email(email)
        return await self.questions.asked(email, person.id if person else "")

    async def answer(self, email: str, answers: Mapping[Question, str], new: str, client: Client) -> None:
        """Set a password with the answers to one's questions; all log-ins end. Raises `Unauthorized`, `ValidationFailed`."""
        email = email_of(email)
        await self.attempts.count("reset", client, email)
        person = await self.people.by_email(email)
        check_password(new, (email, "kaikou"))
        right = await self.questions.right(person.id if person else "", answers)
        if person is None or not right or person.suspended_at is not None:
            await self.audit.write_alone("login_failed", person.id if person else "", client, why="questions")
            raise Unauthorized("The answers do not fit this account.", code="wrong_answers")
        check_password(new, (person.name,))  # only now: who answered right may learn the name
        hashed = await self.passwords.hash(new)
        async with self.people.database.write() as connection:
            same = (people.c.id == person.id) & (people.c.email == email)
            if await self.people.change(connection, same, {"password_hash": hashed}) is None:
                raise Unauthorized("The answers do not fit this account.", code="wrong_answers")
            await self.logins.revoke(connection, person.id)
            await self.audit.write(connection, "password_reset", person.id, client, how="questions")
        self._tell_changed(email)

    def _tell_changed(self, email: str) -> None:
        if not self.mails.configured:
            return

        async def write() -> Mail:
            text = CHANGED.format(link=f"{self.link}/#/account/forgot")
            return Mail(email, "Kaikou: your password was changed · 密码已修改", text)

        self.mails.put(write)

    async def _came_just_now(self, login: str) -> bool:
        async with self.people.database.read() as connection:
            came_at = await connection.scalar(select(logins.c.created_at).where(logins.c.id == login))
        return came_at is not None and self.people.now() - came_at <= JUST_NOW_MS


async def _forget_ways_in(connection: AsyncConnection, person_id: str) -> None:
    """Let the password be the only one: somebody else may have registered with this address before its owner came."""
    for table in (api_keys, passkeys, identities, security_questions):
        await connection.execute(delete(table).where(table.c.person_id == person_id))


def _mark(person: Person) -> str:
    """Changes with the password and with the address, and tells nothing of them."""
    return sha256(f"{person.email}\n{person.password_hash or ''}".encode()).hexdigest()[:16]
