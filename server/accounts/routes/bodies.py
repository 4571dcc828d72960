"""What is sent to the endpoints of accounts, and what they answer."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from server.accounts.api_keys import ApiKey
from server.accounts.audit import Entry
from server.accounts.logins import TokenPair
from server.accounts.people import Person
from server.accounts.proofs.credentials import TICKET_S
from server.accounts.proofs.passwords import LEAST, MOST
from server.api.endpoint import Body, Described
from server.api.etags import Versioned
from server.api.moments import Moment
from server.identity.principal import Kind, Principal, Role
from server.identity.scopes import GRANTABLE

Text = Annotated[str, Field(max_length=320)]
Secret = Annotated[str, Field(max_length=4 * MOST)]
"""Longer than a password may be: what is too long is told, what is far too long is not even looked at."""


class Account(Versioned):
    """Somebody's account. A guest, and whoever needs no account, has neither address nor password."""

    id: str
    role: Role
    shown: Kind
    """What was shown to come in: a log-in, a key, or nothing."""
    name: str
    email: str | None
    email_verified: bool
    phone: str | None
    has_password: bool
    created_at: Moment


class PasswordRules(Described):
    """How long a password is."""

    least: int = LEAST
    most: int = MOST


class Me(Described):
    """Who asks, and how one can come in here. `account` is null for whoever has to log in, or to come as a guest."""

    mode: Literal["off", "optional", "required"]
    registration: Literal["open", "closed"]
    owner_missing: bool
    """Whether the owner's account waits for its code, which the start message tells."""
    mail: bool
    """Whether a forgotten password can be reset by mail."""
    password: PasswordRules
    passkeys: bool
    """Whether passkeys can be made and shown; the page must also lie at a name, not at an address."""
    questions: bool
    """Whether security questions can be chosen, and answered for a new password."""
    sign_on: str | None
    """What the provider of single sign-on is called, if there is one."""
    account: Account | None


class Register(Body):
    """A new account."""

    email: Annotated[Text, Field(examples=["ann@example.com"])]
    password: Annotated[Secret, Field(examples=["correct horse battery"])]
    name: Annotated[Text, Field(examples=["Ann"])]
    phone: Text = ""
    code: Text = ""
    """The code of the start message, for the owner's account."""
    tokens: bool = False
    """For programs: answer tokens instead of setting a cookie."""


class LogIn(Body):
    """A log-in with a password."""

    email: Annotated[Text, Field(examples=["ann@example.com"])]
    password: Annotated[Secret, Field(examples=["correct horse battery"])]
    tokens: bool = False
    """For programs: answer tokens instead of setting a cookie."""


class Refresh(Body):
    """A refresh token, which is good once."""

    refresh_token: Annotated[str, Field(max_length=2048)]


class Tokens(Described):
    """What a program sends as `Authorization: Bearer` (access), and gets new ones with (refresh)."""

    access_token: str
    refresh_token: str
    token_type: Literal["Bearer"] = "Bearer"
    expires_in: int
    """Seconds that the access token is good."""


class Entered(Described):
    """Who came in. `tokens` only where they were asked for; else the cookie is set."""

    account: Account
    tokens: Tokens | None = None


class SomeChange(Body):
    """Base of changes that say at least one thing."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.model_fields_set:
            raise PydanticCustomError("nothing", "say what to change")
        return self


class Change(SomeChange):
    """What to change of the account; what is left out stays. `email` needs the password."""

    name: Text | None = None
    phone: Text | None = None
    email: Text | None = None
    password: Secret = ""


class ChangePassword(Body):
    """The password there is, unless there is none yet, and the new one. Other log-ins end."""

    current: Secret = ""
    new: Secret


class Confirm(Body):
    """The password once more, where the account has one."""

    password: Secret = ""


class NewKey(Body):
    """A key for a program: what to know it by, and what it may be used for."""

    name: Annotated[str, Field(min_length=1, max_length=80)]
    scopes: Annotated[list[Literal[GRANTABLE]], Field(min_length=1)]  # type: ignore[valid-type]


class Key(Described):
    """A key of a program. `hint` is how it begins."""

    id: str
    name: str
    hint: str
    scopes: list[str]
    created_at: Moment
    used_at: Moment | None


class MadeKey(Described):
    """A new key. `secret` is shown this once."""

    key: Key
    secret: str


class SocketTicket(Described):
    """Opens one WebSocket, sent as the subprotocol `kaikou-ticket.` and the ticket, beside `realtime`."""

    ticket: str
    expires_in: int = TICKET_S


class AuditEntry(Described):
    """Something that happened to an account."""

    number: int
    at: Moment
    person_id: str
    action: str
    address: str
    details: dict[str, Any]


class Usage(Described):
    """How much somebody has here; never what."""

    conversations: int
    files: int
    file_bytes: int


class PersonSeen(Described):
    """Somebody as operators see them."""

    id: str
    role: Role
    name: str
    email: str | None
    created_at: Moment
    seen_at: Moment | None
    suspended: bool
    usage: Usage


class PersonChange(SomeChange):
    """What to change of somebody; what is left out stays. Only the owner changes roles."""

    role: Literal["member", "operator"] | None = None
    suspended: bool | None = None


class Forgot(Body):
    """Whose password is forgotten."""

    email: Text


class Reset(Body):
    """The token of the link that was sent, and the new password."""

    token: Annotated[str, Field(max_length=2048)]
    password: Secret


class LoginSeen(Described):
    """A log-in that goes on."""

    created_at: Moment
    seen_at: Moment
    address: str
    user_agent: str
    this_one: bool


class Export(Described):
    """What is kept of an account itself. What was said, and files, are exported where they are shown."""

    account: Account
    logins: list[LoginSeen]
    keys: list[Key]
    audit: list[AuditEntry]


def key_of(key: ApiKey) -> Key:
    """A key as it is answered."""
    return Key(
        id=key.id,
        name=key.name,
        hint=key.hint,
        scopes=list(key.scopes),
        created_at=key.created_at,
        used_at=key.used_at,
    )


def entry_of(entry: Entry) -> AuditEntry:
    """A row of the audit log as it is answered."""
    return AuditEntry(
        number=entry.number,
        at=entry.at,
        person_id=entry.person_id,
        action=entry.action,
        address=entry.address,
        details=dict(entry.details),
    )


def account_of(person: Person, principal: Principal) -> Account:
    """What somebody sees of their own account."""
    return Account(
        version=person.version,
        id=person.id,
        role=principal.role,
        shown=principal.kind,
        name=person.name,
        email=person.email,
        email_verified=person.email_verified_at is not None,
        phone=person.phone,
        has_password=person.password_hash is not None,
        created_at=person.created_at,
    )


def tokens_of(pair: TokenPair) -> Tokens:
    """A pair of tokens as it is answered."""
    return Tokens(access_token=pair.access_token, refresh_token=pair.refresh_token, expires_in=pair.expires_in)
