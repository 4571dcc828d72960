"""Passkeys: made by the person's device for one site, shown instead of a password. The library `webauthn` reads them.

A passkey is discoverable and asks the person to unlock the device, so that it stands for name and password together. The
caller keeps the challenge between the two steps where only that browser has it, for a few minutes, and takes it once.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import orjson
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError

from pipeline.errors import InvalidRequest, LimitReached
from server.accounts.people import check_way_in_left
from server.errors import NotFound, Unauthorized
from server.identity.origins import is_address
from server.storage.database import Database
from server.storage.ids import Now, new_id, now_ms
from server.storage.tables.accounts import passkeys

try:
    import webauthn
    from webauthn.helpers.exceptions import WebAuthnException
    from webauthn.helpers.structs import (
        AuthenticatorSelectionCriteria,
        PublicKeyCredentialDescriptor,
        ResidentKeyRequirement,
        UserVerificationRequirement,
    )

    AVAILABLE = True
except ImportError:  # there is no package of `cryptography` for Macs with Intel's processors
    AVAILABLE = False

MOST = 20
"""Passkeys that a person may have."""

CHALLENGE_BYTES = 32
LONGEST_NAME = 100
LONGEST_CREDENTIAL = 20_000
"""Bytes of what a browser sends back, as JSON; real ones have about 1,500."""

REFUSED = "This passkey does not log in here. Use another one, or another way."


@dataclass(frozen=True, slots=True)
class Passkey:
    """A passkey as its owner sees it. Times in milliseconds since 1970."""

    id: str
    name: str
    created_at: int
    used_at: int | None


@dataclass(frozen=True, slots=True)
class Site:
    """The site that passkeys are made for: the origin of the page."""

    origin: str

    @property
    def id(self) -> str:
        """The name that browsers bind a passkey to. Raises `InvalidRequest` for an address, which they do not take."""
        host = urlsplit(self.origin).hostname or ""
        if not host or is_address(host):
            raise InvalidRequest(
                "Passkeys need a name in the address of the page, such as localhost or kaikou.example.org.",
                code="passkeys_need_a_name",
            )
        return host


class Passkeys:
    """The passkeys of all people."""

    def __init__(self, database: Database, now: Now = now_ms) -> None:
        self._database, self._now = database, now

    async def begin_making(self, site: Site, person_id: str, name: str) -> tuple[dict[str, Any], bytes]:
        """What `navigator.credentials.create` takes, and the challenge in it. `name`: what the device shows."""
        known = await self._credential_ids(person_id)
        _check_room(len(known))
        challenge = secrets.token_bytes(CHALLENGE_BYTES)
        options = webauthn.generate_registration_options(
            rp_id=site.id,
            rp_name="Kaikou",
            user_id=person_id.encode(),
            user_name=name,
            challenge=challenge,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
            ),
            exclude_credentials=[PublicKeyCredentialDescriptor(id=id) for id in known],
        )
        return orjson.loads(webauthn.options_to_json(options)), challenge

    async def add(
        self, site: Site, person_id: str, challenge: bytes, credential: Mapping[str, Any], name: str = ""
    ) -> Passkey:
        """Keep what the device made. Raises `InvalidRequest` if it is not what was asked for, `LimitReached`."""
        checked = _sized(credential)
        try:
            made = webauthn.verify_registration_response(
                credential=checked,
                expected_challenge=challenge,
                expected_rp_id=site.id,
                expected_origin=site.origin,
                require_user_verification=True,
            )
        except (WebAuthnException, ValueError, KeyError, TypeError) as error:
            raise InvalidRequest(
                "This is no passkey that was asked for here. Begin again.", code="invalid_passkey"
            ) from error
        kept = Passkey(new_id("passkey", self._now()), name.strip()[:LONGEST_NAME] or "Passkey", self._now(), None)
        row = {
            "id": kept.id,
            "person_id": person_id,
            "credential_id": made.credential_id,
            "public_key": made.credential_public_key,
            "sign_count": made.sign_count,
            "name": kept.name,
            "transports": [],
            "created_at": kept.created_at,
        }
        try:
            async with self._database.write() as connection:
                theirs = select(func.count()).where(passkeys.c.person_id == person_id)
                _check_room(await connection.scalar(theirs) or 0)  # several may have been begun at once
                await connection.execute(passkeys.insert().values(row))
        except IntegrityError:
            raise InvalidRequest("This passkey is known already.", code="invalid_passkey") from None
        return kept

    def begin_login(self, site: Site) -> tuple[dict[str, Any], bytes]:
        """What `navigator.credentials.get` takes, and the challenge in it. Whose it is, the passkey says."""
        challenge = secrets.token_bytes(CHALLENGE_BYTES)
        options = webauthn.generate_authentication_options(
            rp_id=site.id, challenge=challenge, user_verification=UserVerificationRequirement.REQUIRED
        )
        return orjson.loads(webauthn.options_to_json(options)), challenge

    async def log_in(self, site: Site, challenge: bytes, credential: Mapping[str, Any]) -> str:
        """The id of the person whose passkey was shown. Raises `Unauthorized`.

        A count that did not grow is that of a copy; passkeys that are shared among devices do not count at all.
        """
        checked = _sized(credential)
        async with self._database.read() as connection:
            shown = passkeys.c.credential_id == _credential_id(checked)
            row = (await connection.execute(select(passkeys).where(shown))).mappings().first()
        if row is None:
            raise Unauthorized(REFUSED, code="passkey_refused")
        try:
            verified = webauthn.verify_authentication_response(
                credential=checked,
                expected_challenge=challenge,
                expected_rp_id=site.id,
                expected_origin=site.origin,
                credential_public_key=row["public_key"],
                credential_current_sign_count=row["sign_count"],
                require_user_verification=True,
            )
        except (WebAuthnException, ValueError, KeyError, TypeError) as error:
            raise Unauthorized(REFUSED, code="passkey_refused") from error
        as_it_was = (passkeys.c.id == row["id"]) & (passkeys.c.sign_count == row["sign_count"])
        change = update(passkeys).where(as_it_was).values(sign_count=verified.new_sign_count, used_at=self._now())
        async with self._database.write() as connection:
            changed = (await connection.execute(change)).rowcount
        if not changed and verified.new_sign_count:
            raise Unauthorized(REFUSED, code="passkey_refused")
        return str(row["person_id"])

    async def all(self, person_id: str) -> Sequence[Passkey]:
        """The person's passkeys, the oldest first."""
        columns = select(passkeys.c.id, passkeys.c.name, passkeys.c.created_at, passkeys.c.used_at)
        async with self._database.read() as connection:
            rows = await connection.execute(columns.where(passkeys.c.person_id == person_id).order_by(passkeys.c.id))
            return [Passkey(*row) for row in rows]

    async def remove(self, person_id: str, id: str) -> None:
        """Forget a passkey. Raises `NotFound`; `Conflict` if it is the last way to come in."""
        theirs = (passkeys.c.person_id == person_id) & (passkeys.c.id == id)
        async with self._database.write() as connection:
            if not (await connection.execute(delete(passkeys).where(theirs))).rowcount:
                raise NotFound("There is no such passkey.")
            await check_way_in_left(connection, person_id)

    async def _credential_ids(self, person_id: str) -> Sequence[bytes]:
        async with self._database.read() as connection:
            return (
                await connection.scalars(select(passkeys.c.credential_id).where(passkeys.c.person_id == person_id))
            ).all()


def _check_room(known: int) -> None:
    if known >= MOST:
        raise LimitReached(
            f"You have {MOST} passkeys, the most that are kept. Delete one first.", code="too_many_passkeys"
        )


def _sized(credential: Mapping[str, Any]) -> dict[str, Any]:
    if len(orjson.dumps(credential)) > LONGEST_CREDENTIAL:
        raise InvalidRequest("This is no passkey: it is too long.", code="invalid_passkey")
    return dict(credential)


def _credential_id(credential: Mapping[str, Any]) -> bytes:
    try:
        return webauthn.base64url_to_bytes(str(credential.get("rawId") or ""))
    except ValueError:
        return b""
