"""Links to objects that need no log-in: whoever has one may read that object, until it expires.

A link is the claim (key, type, name, expiry) and an HMAC over it by a key that all servers on one database share. Nothing
is kept of a link, so that none can be taken back before it expires; an object that is deleted is gone all the same.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass

import orjson

from server.errors import NotFound
from server.storage.database import Database
from server.storage.ids import Now, now_ms
from server.storage.signing_keys import SigningKeys

PURPOSE = "links"
LONGEST_S = 7 * 24 * 3600
"""How long a link is good at most."""
LONGEST_TOKEN = 4_000
"""Letters of a link's last segment: a name of 255 characters in UTF-8 makes 1,400."""


@dataclass(frozen=True, slots=True)
class Linked:
    """What a link is to: an object, and how it is told to a browser."""

    key: str
    type: str
    name: str
    expires_at: int


class Links:
    """Makes links, and reads those that it or another server on the same database made."""

    def __init__(self, keys: SigningKeys, now: Now = now_ms) -> None:
        self._keys, self._now = keys, now

    @classmethod
    def on(cls, database: Database) -> Links:
        """Those of all servers on `database`."""
        return cls(SigningKeys(database, PURPOSE, 1000 * LONGEST_S))

    async def token(self, key: str, type: str, name: str, valid_s: int) -> str:
        """A link's last segment, good for `valid_s` seconds. type: of the content; name: of the file, as it is saved."""
        claim = [key, type, name, self._now() + 1000 * min(valid_s, LONGEST_S)]
        signing = await self._keys.newest()
        signed = f"{signing.id}.{_text(orjson.dumps(claim))}"
        return f"{signed}.{_text(_mac(signing.secret, signed))}"

    async def opened(self, token: str) -> Linked:
        """What a link is to. Raises `NotFound` for one that was changed, is another's or has expired."""
        signed, _, mac = token.rpartition(".")
        id, _, claim = signed.partition(".")
        signing = await self._keys.find(id) if id else None
        if signing is None or not hmac.compare_digest(_text(_mac(signing.secret, signed)).encode(), mac.encode()):
            raise NotFound("This link is not right.", code="link_invalid")
        linked = Linked(*orjson.loads(urlsafe_b64decode(claim + "=" * (-len(claim) % 4))))
        if linked.expires_at <= self._now():
            raise NotFound("This link has expired.", code="link_expired")
        return linked


def _mac(secret: bytes, signed: str) -> bytes:
    return hmac.digest(secret, f"{PURPOSE}:{signed}".encode(), "sha256")


def _text(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()
