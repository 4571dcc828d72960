"""A multipart request, part by part as it comes in: nothing of it is kept but what somebody holds.

Files are handed on in the pieces that the network brings. What stands beside them is bounded: names, fields, the number of
parts, and how long nothing may come.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from dataclasses import dataclass, field

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect, Request

from pipeline.engines.within import within
from pipeline.errors import InvalidRequest
from server.errors import TooLarge, TooSlow, UnsupportedMediaType

MOST_PARTS = 200
MOST_HEADERS = 16
LARGEST_HEADERS = 8 * 1024
"""Bytes of the headers of one part, the name of its file among them."""
LARGEST_FIELD = 1024
LARGEST_FORM = 1 << 20
"""Beside the files: fields, headers, boundaries, what stands before the first one."""

IDLE_S = 60.0
"""How long nothing may come."""

MULTIPART = "multipart/form-data"

FILE_FIELDS = frozenset({"file", "files", "file[]", "files[]"})
"""Whose parts are files even without a file name: `curl -F file=<notes.txt`."""


@dataclass(frozen=True)
class FilePart:
    """A file that comes in. size: what it has if it is the last part; None where the request does not tell its length."""

    name: str
    size: int | None
    pieces: AsyncIterator[bytes]


@dataclass
class _Head:
    headers: dict[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class _Piece:
    """`at`: the position in the body of the first of its bytes."""

    content: bytes
    at: int


class _End:
    """Of a part."""


async def body_of(request: Request) -> AsyncGenerator[bytes, None]:
    """The body in pieces. Raises `TooSlow` if nothing comes for `IDLE_S`, or the sender leaves."""
    stream = aiter(request.stream())
    try:
        while True:
            async with within(IDLE_S):
                piece = await anext(stream, None)
            if piece is None:
                return
            yield piece
    except TimeoutError:
        raise TooSlow(f"Nothing came for {IDLE_S:g} s.", code="upload_too_slow") from None
    except ClientDisconnect:
        raise TooSlow("The connection was cut in the middle of the upload.", code="upload_cut") from None


class Form:
    """The parts of a request. `fields`: those that have come, without the files."""

    def __init__(self, request: Request) -> None:
        """Raises `UnsupportedMediaType`, `InvalidRequest`."""
        kind, options = parse_options_header(request.headers.get("content-type", ""))
        boundary = options.get(b"boundary", b"")
        if kind.decode("latin-1").lower() != MULTIPART:
            raise UnsupportedMediaType("Send files as multipart/form-data.")
        if not boundary:
            raise InvalidRequest("The Content-Type of the form names no boundary.", code="invalid_form")
        self.fields: dict[str, str] = {}
        self._body = body_of(request)
        self._length = content_length(request.headers)
        self._closing = len(boundary) + 8  # "\r\n--", boundary, "--\r\n"
        self._received = self._of_files = self._before = self._parts = 0
        self._events = deque[_Head | _Piece | _End]()
        self._ended = False
        self._header = b"", b""
        self._head = _Head()
        try:
            self._parser = self._new_parser(boundary)
        except FormParserError as error:
            raise _unreadable(error) from None

    async def files(self) -> AsyncGenerator[FilePart, None]:
        """The files. Each must be read to its end before the next one; fields that stand before it are known by then."""
        while (event := await self._next()) is not None:
            if not isinstance(event, _Head):
                continue
            name, file_name = _names(event)
            if file_name is None and name not in FILE_FIELDS:
                self.fields[name] = await self._field()
            else:
                yield FilePart(file_name or "", await self._left(), self._pieces())

    async def _left(self) -> int | None:
        """How many bytes of the body are left at the beginning of a file, without the closing boundary."""
        first = await self._next()
        if first is not None:
            self._events.appendleft(first)
        if not isinstance(first, _Piece):
            return 0
        return None if self._length is None else max(0, self._length - first.at - self._closing)

    async def _pieces(self) -> AsyncGenerator[bytes, None]:
        while isinstance(event := await self._next(), _Piece):
            self._of_files += len(event.content)
            yield event.content

    async def _field(self) -> str:
        value = bytearray()
        while isinstance(event := await self._next(), _Piece):
            value += event.content
            if len(value) > LARGEST_FIELD:
                raise InvalidRequest(f"A field of the form is longer than {LARGEST_FIELD} bytes.", code="invalid_form")
        return value.decode("utf-8", "replace")

    async def _next(self) -> _Head | _Piece | _End | None:
        """What comes next in the body; None at the end of the form. Raises `InvalidRequest`, `TooLarge`, `TooSlow`."""
        while not self._events:
            if self._ended:
                return None
            chunk = await anext(self._body, None)
            if chunk is None:
                message = "The form ends in the middle: the body is shorter than it should be."
                raise InvalidRequest(message, code="invalid_form")
            self._before, self._received = self._received, self._received + len(chunk)
            try:
                self._parser.write(chunk)
            except FormParserError as error:
                raise _unreadable(error) from None
            if self._received - self._of_files - self._waiting() > LARGEST_FORM:
                raise TooLarge(f"Beside its files the form may have {LARGEST_FORM} bytes.")
        return self._events.popleft()

    def _waiting(self) -> int:
        return sum(len(event.content) for event in self._events if isinstance(event, _Piece))

    def _new_parser(self, boundary: bytes) -> MultipartParser:
        return MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin_part,
                "on_header_field": lambda data, start, end: self._grow_header(data[start:end], b""),
                "on_header_value": lambda data, start, end: self._grow_header(b"", data[start:end]),
                "on_header_end": self._end_header,
                "on_headers_finished": lambda: self._events.append(self._head),
                "on_part_data": lambda data, start, end: self._events.append(
                    _Piece(data[start:end], self._before + start)
                ),
                "on_part_end": lambda: self._events.append(_End()),
                "on_end": self._end,
            },
            max_header_count=MOST_HEADERS,
            max_header_size=LARGEST_HEADERS,
        )

    def _begin_part(self) -> None:
        self._head, self._parts = _Head(), self._parts + 1
        if self._parts > MOST_PARTS:
            raise InvalidRequest(f"The form has more than {MOST_PARTS} parts.", code="invalid_form")

    def _grow_header(self, name: bytes, value: bytes) -> None:
        self._header = self._header[0] + name, self._header[1] + value

    def _end_header(self) -> None:
        name, value = self._header
        self._head.headers[name.decode("latin-1").lower()] = value
        self._header = b"", b""

    def _end(self) -> None:
        self._ended = True


def content_length(headers: Mapping[str, str]) -> int | None:
    """The length of the body, where it is told; the server's protocol has made sure that it is a number."""
    value = headers.get("content-length", "")
    return int(value) if value.isascii() and value.isdecimal() else None


def _names(head: _Head) -> tuple[str, str | None]:
    """The names of the field and of the file; None where it is no file. Browsers send both as UTF-8."""
    _, options = parse_options_header(head.headers.get("content-disposition", b""))
    file_name = options.get(b"filename")
    return (
        options.get(b"name", b"").decode("utf-8", "replace"),
        None if file_name is None else file_name.decode("utf-8", "replace"),
    )


def _unreadable(error: FormParserError) -> InvalidRequest:
    return InvalidRequest(f"The form cannot be read: {str(error)[:200]}.", code="invalid_form")
