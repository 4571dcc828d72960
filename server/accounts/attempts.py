"""How often somebody may try to come in: from an address, and for an account from an address, so that nobody guesses on.

Each try costs one of a bucket that refills steadily: whoever is out of tries has another one soon. A stranger's guesses for
an account hardly bind its owner, who is at another address; those from everywhere do, but never for good.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

from server.accounts.audit import AuditLog, Client
from server.api.rates import Buckets, Rate, spend
from server.errors import RateReached

HOUR_S = 3600.0


@dataclass(frozen=True, slots=True)
class Bound:
    """Tries of one kind in an hour: from an address, for an account from an address, and for an account from anywhere."""

    address: int
    here: int = 0
    account: int = 0


BOUNDS = {
    "log_in": Bound(240, 30, 50),
    "password": Bound(240, 30, 50),
    "register": Bound(60),
    "guest": Bound(240),
    "owner_code": Bound(20),
    "reset": Bound(60, 5, 10),
}
"""An office of people shares one address; a person mistypes a password some times, a guesser needs thousands.

A full bucket and what refills it make at most twice as many in one hour: 100 for an account (ASVS 2.2.1)."""


@dataclass(frozen=True)
class Attempts:
    """Counts them, where all rates are counted."""

    audit: AuditLog
    buckets: Buckets

    async def count(self, action: str, client: Client, account: str = "", person: str = "") -> None:
        """One more try, of `account` as somebody wrote it, who is `person`. Raises `RateReached`."""
        try:
            for rate, who in _spent(action, client, account):
                await spend(self.buckets, rate, who)
        except RateReached as reached:
            await self.audit.write_alone("limit_hit", person, client, limit=action)
            minutes = int(reached.retry_after_s / 60) + 1
            message = f"Too many attempts; try again in {minutes} min."
            raise TooManyAttempts(message, reached.retry_after_s, {}) from None


class TooManyAttempts(RateReached):
    """It was tried too often; `Retry-After` says when it may be tried again."""

    code = "too_many_attempts"


def _spent(action: str, client: Client, account: str) -> Iterator[tuple[Rate, str]]:
    bound = BOUNDS[action]
    yield Rate(f"{action}_address", bound.address, HOUR_S), client.network
    if account:
        who = sha256(account.encode()).hexdigest()[:32]  # Redis need not know addresses of mail
        if bound.here:
            yield Rate(f"{action}_here", bound.here, HOUR_S), f"{who}:{client.network}"
        if bound.account:
            yield Rate(f"{action}_account", bound.account, HOUR_S), who
