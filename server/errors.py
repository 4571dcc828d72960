"""Errors on the way out: one table from the error tree to HTTP statuses and to the wire's error types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import structlog
from pydantic import ValidationError

from pipeline.errors import (
    EngineBusy,
    EngineError,
    EngineTimeout,
    EngineUnavailable,
    InvalidRequest,
    KaikouError,
    LimitReached,
)

log = structlog.get_logger("kaikou")


@dataclass(frozen=True, slots=True)
class FieldFault:
    """What is wrong with a field, which is named by its dotted path; an empty one means all that was sent."""

    field: str
    code: str
    message: str


class TooLarge(InvalidRequest):
    """What was sent is larger than it may be."""

    code = "body_too_large"


class QuotaExceeded(TooLarge):
    """It is more than a person may have."""

    code = "quota_exceeded"


class ChecksumMismatch(InvalidRequest):
    """The bytes that came are not those that were sent."""

    code = "checksum_mismatch"


class TooSlow(InvalidRequest):
    """What was sent did not arrive within the time that it may take, or its sender left meanwhile."""

    code = "body_too_slow"


class NoRoom(KaikouError):
    """What was sent cannot be kept while it is worked on: the disk is full, or nothing may be written there."""

    code = "no_room"


class Overloaded(KaikouError):
    """The machine has too much else to do: what was asked for did not get on in time."""

    code = "overloaded"


class RateReached(LimitReached):
    """It was asked for too often. `headers` say what the rate is, `retry_after_s` when there is more of it."""

    code = "rate_limited"

    def __init__(self, message: str, retry_after_s: float, headers: Mapping[str, str]) -> None:
        super().__init__(message)
        self.retry_after_s, self.headers = retry_after_s, headers


class StorageError(KaikouError):
    """The database, or the place of recordings and files, cannot be used. Nothing was changed."""

    code = "storage_unavailable"


class StorageFull(StorageError):
    """There is no room left where things are kept."""

    code = "storage_full"


class ValidationFailed(InvalidRequest):
    """The request can be read, but a field of it is not as it should be. `fields` says which and how."""

    code = "validation_failed"

    def __init__(self, fields: Sequence[FieldFault]) -> None:
        first = fields[0]
        super().__init__(f"Invalid '{first.field}': {first.message}." if first.field else f"{first.message}.")
        self.fields = tuple(fields)


class UnsupportedMediaType(InvalidRequest):
    """The body is of another type than this route takes."""

    code = "unsupported_media_type"


class MethodNotAllowed(InvalidRequest):
    """There is something at this address, but not for this method."""

    code = "method_not_supported"


class Forbidden(KaikouError):
    """We know who asks, and they may not."""

    code = "forbidden"


class Conflict(KaikouError):
    """It does not fit the state that things are in by now."""

    code = "conflict"


class PreconditionFailed(KaikouError):
    """It was changed since the version that `If-Match` names; get it anew."""

    code = "changed_meanwhile"


class NotFound(KaikouError):
    """There is nothing of that name."""

    code = "not_found"


class Unauthorized(KaikouError):
    """The key is missing or wrong."""

    code = "invalid_api_key"


class OriginDenied(KaikouError):
    """The web page that asks is of an origin that may not."""

    code = "origin_denied"


class UpgradeRequired(KaikouError):
    """A WebSocket's address was asked by plain HTTP."""

    code = "websocket_required"


class NotImplementedYet(KaikouError):
    """Part of the protocol, but not of this server."""

    code = "not_implemented"


STATUS: Mapping[type[KaikouError], int] = {
    InvalidRequest: 400,
    TooLarge: 413,
    ChecksumMismatch: 460,  # as tus has it
    TooSlow: 408,
    Unauthorized: 401,
    OriginDenied: 403,
    UpgradeRequired: 426,
    ValidationFailed: 422,
    UnsupportedMediaType: 415,
    MethodNotAllowed: 405,
    Forbidden: 403,
    Conflict: 409,
    PreconditionFailed: 412,
    NotFound: 404,
    LimitReached: 429,
    NotImplementedYet: 501,
    EngineBusy: 503,
    EngineUnavailable: 503,
    EngineTimeout: 504,
    EngineError: 502,
    Overloaded: 503,
    NoRoom: 507,
    StorageError: 503,
    StorageFull: 507,
    KaikouError: 500,
}
"""The HTTP status of an error, that of its nearest ancestor in the tree."""


def status_of(error: KaikouError) -> int:
    """The HTTP status that says what `error` is."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def details_of(error: KaikouError) -> dict[str, Any] | None:
    """What programs can make use of beside the code: which fields are wrong, or what the error says itself."""
    if (details := getattr(error, "details", None)) is not None:
        return dict(details)
    faults = getattr(error, "fields", ())
    if not faults and (param := getattr(error, "param", None)):
        faults = (FieldFault(param, error.code, error.message),)
    return {"fields": [asdict(fault) for fault in faults]} if faults else None


def openai_error(error: KaikouError) -> dict[str, Any]:
    """The `error` object of the OpenAI API."""
    status = status_of(error)
    kind = "server_error" if status >= 500 else "invalid_request_error"
    return {"type": kind, "code": error.code, "message": error.message, "param": getattr(error, "param", None)}


UNEXPECTED = KaikouError("Something went wrong inside the server; please try again.")


def as_told(error: Exception, event: str, **about: Any) -> KaikouError:
    """The error as a client is told it. One that nobody expected is logged as `event`, and the client not told what."""
    if isinstance(error, KaikouError):
        return error
    if isinstance(error, ValidationError):
        return invalid_request(error)
    log.error(event, exc_info=error, **about)
    return UNEXPECTED


BRANCHES = frozenset(
    "str constrained-int server_vad semantic_vad message function_call function_call_output item_reference "
    "CustomVoice FunctionChoice literal['none','auto','required']".split()
)
"""What pydantic puts into a path to say which of several types it tried; no field is called so."""


def invalid_request(error: ValidationError, prefix: str = "") -> InvalidRequest:
    """What pydantic found wrong, as our error: the first finding, its dotted path and how it should be."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    path = ".".join(str(part) for part in first["loc"] if part not in BRANCHES)
    param = ".".join(part for part in (prefix, path) if part) or None
    where = f"'{param}'" if param else "the message"
    code = "missing_required_parameter" if first["type"] == "missing" else "invalid_value"
    return InvalidRequest(f"Invalid {where}: {first['msg']}.", code=code, param=param)
