"""Versions of what is answered, so that nothing is sent twice and no edit overwrites one that its author did not see."""

from __future__ import annotations

from hashlib import blake2b

from starlette.requests import Request

from server.api.endpoint import Described
from server.errors import FieldFault, ValidationFailed

ANY = "*"

DIGITS = 9
"""Of a version, at most: as large as databases keep one."""


class Versioned(Described):
    """Base of answers that can be edited. `version` grows by one with each edit."""

    version: int
    """Send it back as `If-Match` with an edit."""


def etag_of(data: bytes, answer: object = None) -> str:
    """The strong ETag of an answer: its version, where it has one, and a hash of the bytes that are sent."""
    version = f"{answer.version}-" if isinstance(answer, Versioned) else ""
    return f'"{version}{blake2b(data, digest_size=8).hexdigest()}"'


def is_known(request: Request, etag: str) -> bool:
    """Whether the client has what `etag` names: it says so in `If-None-Match`."""
    known = request.headers.get("if-none-match", "")
    return known.strip() == ANY or etag in (one.strip().removeprefix("W/") for one in known.split(","))


def expected_version(request: Request) -> int | None:
    """The version that `If-Match` wants to edit; None if any will do. The part after the dash may differ: it covers
    what is not edited, such as lines that came meanwhile. Raises `ValidationFailed`."""
    given = request.headers.get("if-match", ANY).strip()
    if given == ANY:
        return None
    number = given.removeprefix("W/").strip('"').partition("-")[0]
    if not number.isascii() or not number.isdecimal() or len(number) > DIGITS:
        message = "Send the ETag of what you edit, or its version in quotes"
        raise ValidationFailed([FieldFault("If-Match", "invalid_etag", message)])
    return int(number)
