"""Who a request is accounted to: what a key, or having no need of one, is turned into at the door."""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["owner", "key", "client_secret", "login", "api_key"]
"""owner: nothing, for nobody is asked; key: one of the settings; login: a cookie or a token; api_key: an account's."""

Role: TypeAlias = Literal["owner", "operator", "member", "guest"]
"""Without accounts, everybody is owner of what is theirs. An operator sees accounts and usage, never what was said."""

ID_BYTES = 6


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks. `id` is theirs from one start of the server to the next, and owns what is kept; `kind` is what they showed.

    Neither is a secret nor can be turned back into one, so both may be logged. Whoever holds a client secret acts on
    the account of the one who made it, and has its `id`.

    scopes: what a key may be used for; None: everything. grant: the log-in or the key that was shown, which can be revoked.
    """

    id: str
    kind: Kind
    role: Role = "owner"
    scopes: frozenset[str] | None = None
    grant: str = ""


OWNER = Principal("owner", "owner")
"""The principal of everybody where the server asks for no keys."""


def holder_of(key: str) -> Principal:
    """Who has a key of the operator's; the id is derived from it by a hash."""
    digest = blake2b(key.encode(), digest_size=ID_BYTES, person=b"kaikou principal").hexdigest()
    return Principal(f"key_{digest}", "key")


def by_client_secret(maker: Principal) -> Principal:
    """Who comes with a client secret that `maker` made."""
    return replace(maker, kind="client_secret")
