"""What a key may be used for. Whoever logs in may do all that is theirs; a program's key only what it was made for."""

from __future__ import annotations

from collections.abc import Iterable

from server.errors import Forbidden
from server.identity.principal import Principal

REALTIME, SPEECH = "realtime", "speech"

GRANTABLE = (
    REALTIME,
    SPEECH,
    "conversations:read",
    "conversations:write",
    "files:read",
    "files:write",
    "characters:read",
    "characters:write",
    "practice:read",
    "practice:write",
    "account:read",
    "people:read",
    "people:write",
    "audit:read",
    "turns:read",
    "metrics:read",
)
"""What a key can be made for. What is missing, a key can never do: nobody gets from a key to an account."""

WITH_EVERY_KEY = frozenset("status:read starter:read models:read place:write jobs:read jobs:write objects:read".split())
"""What says nothing of anybody, and how far the work is that was asked for."""


def check_scopes(principal: Principal, needed: Iterable[str]) -> None:
    """Raises `Forbidden` if the key that `principal` shows was not made for this."""
    if principal.scopes is None:
        return
    if missing := set(needed) - principal.scopes - WITH_EVERY_KEY:
        raise Forbidden(f"The key was not made for this: it lacks {', '.join(sorted(missing))}.", code="scope_missing")
