"""Objects by signed links: whole and in ranges, and harmless whatever was uploaded."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import quote

import httpx2
import pytest
import pytest_asyncio
from structlog.testing import capture_logs

from server.services import Services
from server.web.objects import PATH
from tests.serving import Serving, serving

pytestmark = pytest.mark.asyncio(loop_scope="module")

CONTENT = bytes(range(256)) * 20_000
"""Several pieces of what is read at once."""
SIZE = len(CONTENT)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server() -> AsyncIterator[Serving]:
    async with serving({"KAIKOU_API_KEYS": "sk-one"}) as running:
        yield running


async def link(
    server: Serving, content: bytes = CONTENT, type: str = "audio/ogg", name: str = "a.ogg", s: int = 60
) -> str:
    services: Services = server.app.state.services
    await services.objects.put("test/object", content)
    return f"{server.http}{PATH}/{await services.links.token('test/object', type, name, s)}"


async def ask(server: Serving, method: str = "GET", **headers: str) -> httpx2.Response:
    async with httpx2.AsyncClient() as client:
        return await client.request(
            method, await link(server), headers={k.replace("_", "-"): v for k, v in headers.items()}
        )


async def test_a_link_needs_no_key_and_gives_the_whole(server: Serving) -> None:
    answer = await ask(server)
    told = {name: answer.headers[name] for name in ("content-type", "content-length", "accept-ranges", "cache-control")}
    assert (answer.status_code, answer.content) == (200, CONTENT)
    assert told == {
        "content-type": "audio/ogg",
        "content-length": str(SIZE),
        "accept-ranges": "bytes",
        "cache-control": "private, no-cache",
    }


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-", 0, SIZE),
        ("bytes=0-0", 0, 1),
        ("bytes=100-299", 100, 300),
        (f"bytes={SIZE - 1}-", SIZE - 1, SIZE),
        (f"bytes=1048570-{SIZE * 9}", 1_048_570, SIZE),
        ("bytes=-5", SIZE - 5, SIZE),
        (f"bytes=-{SIZE * 2}", 0, SIZE),
    ],
)
async def test_a_range_is_answered_with_it_alone(server: Serving, asked: str, start: int, end: int) -> None:
    answer = await ask(server, range=asked)
    assert (answer.status_code, answer.headers["content-range"]) == (206, f"bytes {start}-{end - 1}/{SIZE}")
    assert answer.content == CONTENT[start:end]


@pytest.mark.parametrize("asked", [f"bytes={SIZE}-", f"bytes={SIZE}-{SIZE}", "bytes=-0", "bytes=999999999999999999-"])
async def test_a_range_beyond_the_end_is_refused_with_the_length(server: Serving, asked: str) -> None:
    answer = await ask(server, range=asked)
    assert (answer.status_code, answer.headers["content-range"], answer.content) == (416, f"bytes */{SIZE}", b"")


@pytest.mark.parametrize(
    "asked",
    [
        "",
        "bytes=",
        "bytes=-",
        "bytes=5-4",
        "bytes=0-1,4-5",
        "items=0-1",
        "bytes=a-b",
        "bytes=٣-٤",
        "bytes=0-1;x",
        "9" * 9,
    ],
)
async def test_what_is_no_single_range_is_answered_with_the_whole(server: Serving, asked: str) -> None:
    async with httpx2.AsyncClient() as client:
        answer = await client.get(await link(server), headers={"range": asked.encode()})
    assert (answer.status_code, len(answer.content)) == (200, SIZE)


async def test_a_range_of_what_was_replaced_since_is_answered_with_the_whole(server: Serving) -> None:
    etag = (await ask(server, "HEAD")).headers["etag"]
    async with httpx2.AsyncClient() as client:
        address = await link(server)
        services: Services = server.app.state.services
        now = (await services.objects.info("test/object")).etag
        same = await client.get(address, headers={"Range": "bytes=0-1", "If-Range": now})
        for other in (etag, f"W/{now}", "Tue, 01 Dec 2026 00:00:00 GMT"):
            assert (await client.get(address, headers={"Range": "bytes=0-1", "If-Range": other})).status_code == 200
    assert (same.status_code, same.content) == (206, CONTENT[:2])


async def test_who_has_it_already_is_told_so(server: Serving) -> None:
    async with httpx2.AsyncClient() as client:
        address = await link(server)
        etag = (await client.head(address)).headers["etag"]
        answer = await client.get(address, headers={"If-None-Match": etag})
    assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", etag)


async def test_the_head_tells_the_length_and_sends_nothing(server: Serving) -> None:
    answer = await ask(server, "HEAD", range="bytes=0-1")
    assert (answer.status_code, answer.headers["content-length"], answer.content) == (200, str(SIZE), b"")


async def test_nothing_is_an_object_too(server: Serving) -> None:
    async with httpx2.AsyncClient() as client:
        address = await link(server, b"")
        whole = await client.get(address)
        part = await client.get(address, headers={"Range": "bytes=0-"})
    assert (whole.status_code, whole.content, whole.headers["content-length"]) == (200, b"", "0")
    assert (part.status_code, part.headers["content-range"]) == (416, "bytes */0")


@pytest.mark.parametrize(
    ("type", "told", "kind"),
    [
        ("text/html", "text/html; charset=utf-8", "attachment"),
        ("image/svg+xml", "image/svg+xml", "attachment"),
        ("application/pdf", "application/pdf", "attachment"),
        ("text/plain", "text/plain; charset=utf-8", "inline"),
        ("image/png", "image/png", "inline"),
        ("audio/ogg", "audio/ogg", "inline"),
        ("text/html\r\nX-Set: 1", "application/octet-stream", "attachment"),
        ("nonsense", "application/octet-stream", "attachment"),
    ],
)
async def test_what_was_uploaded_runs_nothing_on_our_origin(server: Serving, type: str, told: str, kind: str) -> None:
    async with httpx2.AsyncClient() as client:
        answer = await client.get(await link(server, b"<script>alert(1)</script>", type))
    assert answer.headers["content-type"] == told
    assert answer.headers["content-disposition"].startswith(f"{kind};")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["content-security-policy"].startswith("sandbox; default-src 'none'")


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("a.ogg", "a.ogg"),
        ("Größe 录音.ogg", "Gr__e __.ogg"),
        ('a"; filename="b.exe', "a_; filename=_b.exe"),
        ("a\\b\r\nSet-Cookie: x=1", "a_b__Set-Cookie: x=1"),
        ("100%41.ogg", "100_41.ogg"),
        ("../../etc/passwd", "../../etc/passwd"),
    ],
)
async def test_a_file_is_saved_under_its_name_however_hostile(server: Serving, name: str, plain: str) -> None:
    async with httpx2.AsyncClient() as client:
        answer = await client.head(await link(server, b"x", "application/zip", name))
    expected = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
    assert answer.headers["content-disposition"] == expected
    assert "set-cookie" not in answer.headers


async def test_a_link_that_is_wrong_or_old_or_whose_object_is_gone_is_not_found(server: Serving) -> None:
    async with httpx2.AsyncClient() as client:
        right, old = await link(server), await link(server, s=0)
        wrong = await client.get(right[:-2] + ("AA" if right[-2:] != "AA" else "BB"))
        expired = await client.get(old)
        services: Services = server.app.state.services
        await services.objects.delete("test/object")
        gone = await client.get(right)
    told = [(answer.status_code, answer.json()["error"]["code"]) for answer in (wrong, expired, gone)]
    assert told == [(404, "link_invalid"), (404, "link_expired"), (404, "object_not_found")]


async def read_while_it_goes(server: Serving, address: str) -> None:
    """Delete the object when its first bytes have come, then read on."""
    async with httpx2.AsyncClient() as client, client.stream("GET", address) as answer:
        pieces = answer.aiter_raw(1 << 16)
        await anext(pieces)
        await server.app.state.services.objects.delete("test/object")
        async for _ in pieces:
            pass


async def test_a_link_whose_object_goes_away_on_the_way_is_cut_and_does_not_get_into_the_log(server: Serving) -> None:
    address = await link(server, bytes(40 << 20))
    with capture_logs() as logs, pytest.raises(httpx2.RemoteProtocolError):
        await read_while_it_goes(server, address)
    assert [(line["event"], line["path"], line["code"]) for line in logs] == [
        ("an answer was cut short", f"{PATH}/{{token}}", "object_not_found")
    ]
