"""Passwords: which ones may be chosen, and their hashes, which are made in threads of their own.

The rules are those of NIST SP 800-63B: long is good, the commonest are refused, and nobody is told to mix kinds of letters.
A hash (argon2id as OWASP recommends: 19 MiB, two passes, one lane) takes a tenth of a second of a core on purpose, so that
only a few are made at once and only some may wait: a server that many log in to goes on talking.
"""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from pipeline.errors import LimitReached
from server.errors import FieldFault, ValidationFailed

T = TypeVar("T")

LEAST, MOST = 8, 256
"""Characters of a password, counted as a person does: what an accent is written with is part of its letter."""

MEMORY_KIB, PASSES, LANES = 19 * 1024, 2, 1

AT_ONCE, WAITING = 2, 64
"""Hashes that are made at once, and that may wait for it: the last one some seconds."""

NOBODYS = "$argon2id$v=19$m=19456,t=2,p=1$OasBXrlx0HecXhONbT1mMw$tv0UcwH34hB0/kPlR60yRFLLNSYltIDcJ8/5MepL9ds"
"""Of random bytes that were thrown away. Compared where there is no account, so that an answer takes as long as with one."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Whether a password is right; `rehashed` is its hash by today's parameters, where the one that is kept has others."""

    right: bool
    rehashed: str = ""


class Passwords:
    """Makes and compares hashes off the event loop."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES)
        self._threads = ThreadPoolExecutor(AT_ONCE, "passwords")
        self._pending = 0

    async def hash(self, password: str) -> str:
        """The hash of a password. Raises `LimitReached` where too many wait."""
        return await self._in_thread(lambda: self._hasher.hash(normalized(password)))

    async def compare(self, kept: str | None, password: str) -> Comparison:
        """Whether `kept` is a hash of `password`; without one it takes as long and is not. Raises `LimitReached`."""
        return await self._in_thread(lambda: self._compare(kept, normalized(password)))

    def close(self) -> None:
        """End the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _compare(self, kept: str | None, password: str) -> Comparison:
        try:
            self._hasher.verify(kept or NOBODYS, password)
        except (VerificationError, InvalidHashError):
            return Comparison(right=False)
        if kept is None:
            return Comparison(right=False)
        return Comparison(True, self._hasher.hash(password) if self._hasher.check_needs_rehash(kept) else "")

    async def _in_thread(self, work: Callable[[], T]) -> T:
        if self._pending >= AT_ONCE + WAITING:
            raise LimitReached(
                "Too many people are logging in just now; try again in a moment.", code="too_many_logins"
            )
        self._pending += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._pending -= 1


def normalized(password: str) -> str:
    """The password as it is hashed: keyboards write the same letter in several ways."""
    return unicodedata.normalize("NFKC", password)


def check_password(password: str, about: Iterable[str], field: str = "password") -> None:
    """Raises `ValidationFailed` for a password that is too short, too long, or among the first that are tried.

    about: what is known of the person, such as their address, which a password may not be.
    """
    written = normalized(password)
    if len(written) < LEAST:
        raise _fault(field, "too_short", f"A password has at least {LEAST} characters")
    if len(written) > MOST:
        raise _fault(field, "too_long", f"A password has at most {MOST} characters")
    guess = written.casefold()
    known = {part.casefold() for whole in about for part in (whole, whole.partition("@")[0]) if part}
    if guess in common_passwords() or guess in known or len(set(guess)) < 3:
        raise _fault(field, "too_common", "This password is one of the first that are guessed; choose another")


@cache
def common_passwords() -> frozenset[str]:
    """The commonest of those that are long enough, in lower case."""
    return frozenset((Path(__file__).parent / "common_passwords.txt").read_text("utf-8").split())


def _fault(field: str, code: str, message: str) -> ValidationFailed:
    return ValidationFailed([FieldFault(field, code, message)])
