"""Tokens, on both databases: what is believed, and what is not."""

from __future__ import annotations

import base64
import json
from typing import Any

import jwt

from server.accounts.proofs.tokens import LEEWAY_S, Kind, Tokens
from server.errors import Unauthorized
from server.storage.database import Database
from server.storage.signing_keys import REPLACED_MS, SigningKeys

BEGAN = 1_800_000_000_000


class Clock:
    """A wall clock that tests set; `elapsed` goes with it."""

    def __init__(self) -> None:
        self.ms = BEGAN

    def __call__(self) -> int:
        return self.ms

    def elapsed(self) -> float:
        return self.ms / 1000


def keys_of(database: Database, clock: Clock) -> SigningKeys:
    return SigningKeys(database, "tokens", REPLACED_MS, clock, clock.elapsed)


async def code_of(tokens: Tokens, token: str, kind: Kind = "access") -> str:
    """Why a token is refused; empty if it is not."""
    try:
        await tokens.verify(kind, token)
    except Unauthorized as refused:
        return refused.code
    return ""


async def test_a_token_says_who_and_which_log_in_until_it_expires(database: Database) -> None:
    clock = Clock()
    tokens = Tokens(keys_of(database, clock), clock)
    token = await tokens.sign("access", "ann", 900, "login_1")
    claims = await tokens.verify("access", token)

    clock.ms += (900 + LEEWAY_S) * 1000 - 1
    still = await code_of(tokens, token)
    clock.ms += 1

    assert (claims.person, claims.grant, claims.expires_at) == ("ann", "login_1", BEGAN + 900_000)
    assert (still, await code_of(tokens, token)) == ("", "token_expired")


async def test_a_token_has_all_claims_and_is_for_one_use_only(database: Database) -> None:
    clock = Clock()
    tokens = Tokens(keys_of(database, clock), clock)
    token = await tokens.sign("refresh", "ann", 900)
    claims = jwt.decode(token, options={"verify_signature": False})

    assert {"iss", "sub", "aud", "iat", "exp", "jti", "type"} <= set(claims)
    kinds: tuple[Kind, ...] = ("login", "access", "ticket", "reset", "verify")
    assert {await code_of(tokens, token, kind) for kind in kinds} == {"invalid_token"}


async def test_forged_tokens_are_refused(database: Database) -> None:
    clock = Clock()
    keys = keys_of(database, clock)
    tokens, key = Tokens(keys, clock), await keys.newest()
    secret, id = key.secret, key.id
    good = await tokens.sign("access", "ann", 900)
    said: dict[str, Any] = jwt.decode(good, options={"verify_signature": False})
    other = await SigningKeys(database, "links", REPLACED_MS, clock, clock.elapsed).newest()

    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    def signed(claims: dict[str, Any], key: bytes = secret, alg: str = "HS256", kid: Any = id) -> str:
        return jwt.encode(claims, key, alg, headers={"kid": kid})

    forged = {
        "no signature": f"{part({'alg': 'none', 'kid': id})}.{part(said)}.",
        "another algorithm": signed(said, alg="HS512", key=secret * 2),
        "another key": signed(said, b"x" * 32),
        "a key of another purpose": signed(said, other.secret, kid=other.id),
        "an unknown key": signed(said, kid="sig_0000"),
        "no key": jwt.encode(said, secret, "HS256"),
        "changed": good[:-4] + ("AAAA" if good[-4:] != "AAAA" else "BBBB"),
        "another audience": signed({**said, "aud": "others"}),
        "another issuer": signed({**said, "iss": "others"}),
        "no id": signed({key: value for key, value in said.items() if key != "jti"}),
        "expiry as text": signed({**said, "exp": "9999999999"}),
        "a number for a subject": signed({**said, "sub": 1}),
        "far too long": good + "A" * 3000,
        "nothing": "",
        "dots": "eyJ..",
    }

    assert {what: await code_of(tokens, token) for what, token in forged.items()} == dict.fromkeys(
        forged, "invalid_token"
    )
    assert await code_of(tokens, good) == ""


async def test_an_old_key_verifies_what_it_signed_and_not_for_ever(database: Database) -> None:
    clock = Clock()
    keys = keys_of(database, clock)
    tokens = Tokens(keys, clock)
    first = await keys.newest()

    clock.ms += REPLACED_MS - 1000
    late = await tokens.sign("login", "ann", REPLACED_MS // 1000)
    clock.ms += REPLACED_MS - 2000
    second = await keys.newest()
    good = await code_of(tokens, late, "login")
    for _ in range(3):
        clock.ms += REPLACED_MS
        await keys.newest()

    assert (second.id > first.id, good, await code_of(tokens, late, "login")) == (True, "", "invalid_token")


async def test_a_clock_that_was_set_back_locks_nobody_out(database: Database) -> None:
    clock = Clock()
    tokens = Tokens(keys_of(database, clock), clock)
    token = await tokens.sign("access", "ann", 900)

    clock.ms -= 3 * 3_600_000

    assert await code_of(tokens, token) == ""
    assert await code_of(tokens, await tokens.sign("access", "ann", 900)) == ""
