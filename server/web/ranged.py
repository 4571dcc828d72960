"""An object as an answer: whole or the range that a player asks for, and harmless whatever somebody uploaded."""

from __future__ import annotations

import re
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from server.api.etags import is_known
from server.storage.objects import Objects

SHOWN = re.compile(r"(audio|video)/[\w.+-]+|image/(png|jpeg|gif|webp|avif)|text/plain(; charset=[\w-]+)?", re.ASCII)
"""What a browser may show in its place; everything else is saved. No SVG, which is a page with scripts."""
TYPE = re.compile(r"[\w.+-]+/[\w.+-]+(; charset=[\w-]+)?", re.ASCII)
UNKNOWN = "application/octet-stream"

POLICY = "sandbox; default-src 'none'; frame-ancestors 'none'"
"""For whoever opens it as a page all the same: it is of no origin, runs nothing and loads nothing."""

RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)
"""One range. More of them at once, of which no player makes use, are answered with the whole, as HTTP allows."""

ALSO = {206: "The range that was asked for.", 304: "The client has it already.", 416: "There is nothing at that range."}
"""What such a route answers beside 200."""


async def ranged_response(request: Request, objects: Objects, key: str, type: str, name: str) -> Response:
    """What is kept under `key`, as a GET or HEAD asks for it: 200, 206, 304 or 416. Raises `NotFound` and `StorageError`.

    type: the content's, of those that were made sure of; name: what the file is called when it is saved, however hostile.
    """
    found = await objects.info(key)
    headers = {
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-cache",  # asked about each time: what was deleted is gone
        "Content-Disposition": disposition(type, name),
        "Content-Security-Policy": POLICY,
        "Content-Type": _content_type(type),
        "ETag": found.etag,
        "X-Content-Type-Options": "nosniff",
    }
    if is_known(request, found.etag):
        return Response(None, 304, headers)
    if request.method == "HEAD":
        return Response(None, 200, {**headers, "Content-Length": str(found.bytes)})
    asked = _range(request, found.etag, found.bytes)
    if asked is None:
        start, end, status = 0, found.bytes, 200
    else:
        start, end, status = *asked, 206
        if start >= end:
            return Response(None, 416, {**headers, "Content-Range": f"bytes */{found.bytes}"})
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{found.bytes}"
    headers["Content-Length"] = str(end - start)
    return StreamingResponse(objects.read(key, start, end), status, headers)


def disposition(type: str, name: str) -> str:
    """The header that says whether it is shown or saved, and under which name (RFC 6266, RFC 8187)."""
    kind = "inline" if SHOWN.fullmatch(type) else "attachment"
    plain = re.sub(r'[^ -~]|["\\%]', "_", name)
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='', errors='replace')}"


def _content_type(type: str) -> str:
    parts = TYPE.fullmatch(type)
    if not parts:
        return UNKNOWN
    return f"{type}; charset=utf-8" if type.startswith("text/") and not parts[1] else type


def _range(request: Request, etag: str, size: int) -> tuple[int, int] | None:
    """Start and end of what is asked for, empty where there is none of it; None: the whole."""
    asked = RANGE.fullmatch(request.headers.get("range", "").strip())
    if not asked or not (asked[1] or asked[2]):
        return None
    if (only_if := request.headers.get("if-range")) is not None and only_if.strip() != etag:
        return None  # it was replaced since
    if not asked[1]:
        return max(0, size - int(asked[2])), size
    start, last = int(asked[1]), int(asked[2] or size)
    if asked[2] and last < start:
        return None  # no range at all, and ignored
    return start, min(last + 1, size)
