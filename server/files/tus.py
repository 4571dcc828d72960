"""The headers of the tus protocol, version 1.0.0 (https://tus.io/protocols/resumable-upload), read and written. Pure."""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from collections.abc import Mapping
from email.utils import formatdate

from pipeline.errors import InvalidRequest
from server.errors import FieldFault, UnsupportedMediaType, ValidationFailed
from server.files.resumable import Checksum
from server.files.rows import FileRow

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,expiration,termination,checksum"
ALGORITHMS = ("sha1", "sha256", "md5")
BYTES = "application/offset+octet-stream"

NUMBER = re.compile(r"\d{1,18}", re.ASCII)
LARGEST_METADATA = 4096


def number(headers: Mapping[str, str], name: str) -> int:
    """A header that is a number of bytes. Raises `ValidationFailed`."""
    value = headers.get(name, "")
    if not NUMBER.fullmatch(value):
        raise ValidationFailed([FieldFault(name, "invalid", "It is a number of bytes")])
    return int(value)


def length(headers: Mapping[str, str]) -> int:
    """How long the file will be. Raises `ValidationFailed`: what is not known yet cannot be reserved."""
    if "upload-defer-length" in headers:
        raise ValidationFailed([FieldFault("Upload-Defer-Length", "unsupported", "The length must be told at once")])
    return number(headers, "Upload-Length")


def metadata(headers: Mapping[str, str]) -> dict[str, str]:
    """The pairs of `Upload-Metadata`; values come in base 64. Raises `ValidationFailed`."""
    given = headers.get("upload-metadata", "")
    try:
        if len(given) > LARGEST_METADATA:
            raise ValueError
        pairs = (pair.strip().partition(" ") for pair in given.split(",") if pair.strip())
        return {key: b64decode(value, validate=True).decode("utf-8", "replace") for key, _, value in pairs}
    except (binascii.Error, ValueError):
        message = (
            f"It is pairs of a key and a value in base 64, with commas between, of {LARGEST_METADATA} letters at most"
        )
        raise ValidationFailed([FieldFault("Upload-Metadata", "invalid", message)]) from None


def checksum(headers: Mapping[str, str]) -> Checksum | None:
    """What the bytes of a request should add up to. Raises `InvalidRequest` for what is none, as the protocol says."""
    given = headers.get("upload-checksum")
    if given is None:
        return None
    algorithm, _, expected = given.partition(" ")
    if algorithm not in ALGORITHMS:
        raise InvalidRequest(f"Upload-Checksum is by one of {', '.join(ALGORITHMS)}.", code="invalid_checksum")
    return Checksum(algorithm, expected.strip())


def has_bytes(headers: Mapping[str, str]) -> bool:
    """Whether the body is the bytes of a file."""
    return headers.get("content-type", "").partition(";")[0].strip().lower() == BYTES


def check_has_bytes(headers: Mapping[str, str]) -> None:
    """Raises `UnsupportedMediaType` for another body, as the protocol says."""
    if not has_bytes(headers):
        raise UnsupportedMediaType(f"Send the bytes with the header Content-Type: {BYTES}.")


def told(upload: FileRow) -> dict[str, str]:
    """The headers that say how far an upload is, and when it is given up."""
    headers = {"Upload-Offset": str(upload.received), "Cache-Control": "no-store"}
    if upload.completed_at is None and upload.expires_at is not None:
        headers["Upload-Expires"] = formatdate(upload.expires_at / 1000, usegmt=True)
    return headers
