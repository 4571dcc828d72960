"""What went wrong with the place of objects, as our errors: stable codes, and neither keys nor paths in a message."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError

from server.errors import StorageError, StorageFull

log = structlog.get_logger("kaikou")

SYSTEM_ERROR = re.compile(r"\(os error (\d+)\)")
"""obstore hands the system's error number on in its message only, where Rust's standard library writes it."""
NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
REFUSED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
S3_FULL = "status code: 507"
"""Insufficient Storage: what MinIO and others answer when their disks are full."""


@contextmanager
def translated(place: str) -> Iterator[None]:
    """Raise what obstore raises inside as a `StorageError`. place: what the log calls it.

    A `FileNotFoundError` passes: what is missing, one object or the whole place, the caller knows.
    """
    try:
        yield
    except FileNotFoundError:
        raise
    except (BaseError, OSError) as error:
        reason = described(error)
        log.error("files cannot be kept or read", place=place, reason=reason)
        raise as_storage_error(error) from error


def described(error: BaseException) -> str:
    """One line for the operator. What follows is a dump of structures, or the body of the server's answer."""
    return re.split(r"\n|<", str(error), maxsplit=1)[0][:300].rstrip(" :")


def as_storage_error(error: Exception) -> StorageError:
    """The same as one of ours."""
    number = SYSTEM_ERROR.search(str(error))
    code = int(number[1]) if number else getattr(error, "errno", None)
    if code in NO_ROOM or S3_FULL in str(error):
        return StorageFull("There is no room left where files are kept.")
    if code in REFUSED or isinstance(error, (PermissionDeniedError, UnauthenticatedError)):
        return StorageError("The place where files are kept refuses the server.", code="storage_refused")
    return StorageError("The place where files are kept cannot be reached just now; try again in a moment.")


def lost() -> StorageError:
    """The whole place is not there."""
    return StorageError("The place where files are kept is not there any more.", code="storage_lost")
