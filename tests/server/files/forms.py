"""Multipart requests as they come in: whole, in pieces, wrong, or cut."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any

from starlette.requests import Request

BOUNDARY = "----x7MA4YWxkTrZu0gW"
CLOSING = f"--{BOUNDARY}--\r\n".encode()


def file(content: bytes, name: str = "a.txt", field: str = "file") -> bytes:
    """A part that is a file."""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n\r\n'
    return head.encode() + content + b"\r\n"


def field(name: str, value: str) -> bytes:
    """A part that is none."""
    return f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()


def form(*parts: bytes) -> bytes:
    """A whole body."""
    return b"".join(parts) + CLOSING


def request(
    body: bytes | Iterable[bytes] | AsyncIterator[bytes],
    length: int | None = -1,
    cut: bool = False,
    headers: Mapping[str, str] | None = None,
) -> Request:
    """A request. length: what it says of it, -1 for the truth, None for nothing; cut: the connection ends after the body."""
    told = {"content-type": f"multipart/form-data; boundary={BOUNDARY}", **(headers or {})}
    if length is not None:
        assert length >= 0 or isinstance(body, bytes)
        told["content-length"] = str(len(body) if isinstance(body, bytes) and length < 0 else length)
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/",
        "headers": [(name.encode(), value.encode()) for name, value in told.items()],
    }
    pieces = _messages(body)

    async def receive() -> Any:
        async for piece in pieces:
            return {"type": "http.request", "body": piece, "more_body": True}
        return {"type": "http.disconnect"} if cut else {"type": "http.request", "body": b"", "more_body": False}

    return Request(scope, receive)


async def _messages(body: bytes | Iterable[bytes] | AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    if isinstance(body, bytes):
        for start in range(0, len(body), 65_536):
            yield body[start : start + 65_536]
    elif isinstance(body, AsyncIterator):
        async for piece in body:
            yield piece
    else:
        for piece in body:
            yield piece
