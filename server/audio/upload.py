"""A multipart request → its file and fields, read within bounds of size, number and time."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO

import structlog
from python_multipart.multipart import parse_options_header
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

from pipeline.engines.within import within
from pipeline.errors import InvalidRequest
from server.errors import NoRoom, TooLarge, TooSlow

log = structlog.get_logger("kaikou")

MOST_FIELDS = 64
LARGEST_FIELD = 64 * 1024
FIELDS_BYTES = 1024 * 1024
"""Beside the file: fields, part headers, boundaries."""

UPLOAD_S = 300.0
"""A file may come over a slow line: 25 MiB in five minutes are 0.7 Mbit/s."""


@dataclass(frozen=True)
class Upload:
    """What was sent. `fields` by name without "[]", each with all its values. Whoever has it closes `file`."""

    fields: Mapping[str, Sequence[str]]
    file: BinaryIO


async def upload(request: Request, most_bytes: int, field: str = "file") -> Upload:
    """Read a request that has one file, in that field. Raises `InvalidRequest`, `TooLarge`, `TooSlow`, `NoRoom`."""
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        message = f"Send the file as multipart/form-data, in the field '{field}'."
        raise InvalidRequest(message, code="invalid_content_type")
    body = _bounded(request, most_bytes + FIELDS_BYTES)
    parser = _Parser(request.headers, body, max_files=1, max_fields=MOST_FIELDS, max_part_size=LARGEST_FIELD)
    parser.field = field
    try:
        async with within(UPLOAD_S):
            form = await parser.parse()
    except MultiPartException as error:
        raise InvalidRequest(f"The form cannot be read: {error.message}", code="invalid_form") from None
    except OSError as error:
        log.error("no room for an upload; TMPDIR names another folder for temporary files", error=str(error))
        message = "The server has no room for the file: it cannot write into its folder for temporary files."
        raise NoRoom(message) from error
    except (TimeoutError, ClientDisconnect):
        raise TooSlow(f"The upload did not end within {UPLOAD_S:g} s.", code="upload_too_slow") from None
    fields: dict[str, list[str]] = {}
    file: UploadFile | None = None
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            file, name_of_file = value, name
        else:
            fields.setdefault(name.removesuffix("[]"), []).append(value)
    if file is None or name_of_file != field:
        await form.close()
        message = f"Missing '{field}': send the audio as a file in the field of that name."
        raise InvalidRequest(message, code="missing_required_parameter", param=field)
    if (file.size or 0) > most_bytes:
        await form.close()
        raise _too_large(most_bytes)
    return Upload(fields, file.file)


class _Parser(MultiPartParser):
    """Takes one part for a file whatever its name, also where it has none or one that only browsers understand."""

    field = "file"

    def on_headers_finished(self) -> None:
        part = self._current_part
        _, options = parse_options_header(part.content_disposition)
        if options.get(b"name") == self.field.encode() and b"filename" not in options:
            part.content_disposition = (part.content_disposition or b"") + b'; filename=""'
        super().on_headers_finished()


async def _bounded(request: Request, most_bytes: int) -> AsyncGenerator[bytes, None]:
    received = 0
    async for piece in request.stream():
        received += len(piece)
        if received > most_bytes:
            raise _too_large(most_bytes - FIELDS_BYTES)
        yield piece


def _too_large(most_bytes: int) -> TooLarge:
    return TooLarge(f"The file is too large: at most {most_bytes / 2**20:g} MiB.", code="file_too_large", param="file")
