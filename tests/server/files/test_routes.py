"""`/api/files` as its clients see it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from tests.server.accounts.people import PASSWORD, browser, register
from tests.serving import Serving, serving

pytestmark = pytest.mark.asyncio(loop_scope="module")

EVIL = b"<!DOCTYPE html><script>parent.document.title = 'gotcha'</script>"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server() -> AsyncIterator[Serving]:
    async with serving({"KAIKOU_API_KEYS": "sk-ann,sk-ben"}) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def ann(server: Serving) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=server.http, headers={"Authorization": "Bearer sk-ann"}) as client:
        yield client
        for file in (await client.get("/api/files")).json()["data"]["items"]:
            await client.delete(f"/api/files/{file['id']}")


async def upload(client: httpx2.AsyncClient, *files: tuple[str, bytes], **query: str) -> list[dict[str, Any]]:
    answer = await client.post("/api/files/upload", params=query, files=[("file", file) for file in files])
    assert answer.status_code == 201, answer.text
    uploaded: list[dict[str, Any]] = answer.json()["data"]["files"]
    return uploaded


async def test_an_upload_is_answered_with_ids_and_links(ann: httpx2.AsyncClient) -> None:
    answer = await ann.post(
        "/api/files/upload?area=temporary", files=[("file", ("a.txt", b"a")), ("file", ("b", b"\0"))]
    )
    first, second = answer.json()["data"]["files"]

    assert (first["name"], first["type"], first["area"], first["bytes"]) == ("a.txt", "text/plain", "temporary", 1)
    assert first["expires_at"].endswith("Z")
    assert answer.json()["data"]["usage"] == {"files": 2, "bytes": 2, "most_files": 20, "most_bytes": 200_000_000}
    async with httpx2.AsyncClient(base_url=ann.base_url) as nobody:
        assert [(await nobody.get(file["link"])).content for file in (first, second)] == [b"a", b"\0"]


async def test_the_list_comes_in_pages_newest_first(ann: httpx2.AsyncClient) -> None:
    for number in range(5):
        await upload(ann, (f"{number}.txt", b"x"), area="temporary" if number % 2 else "permanent")

    async def names(**query: Any) -> list[str]:
        found, cursor = list[str](), ""
        while cursor is not None:
            page = (await ann.get("/api/files", params={"cursor": cursor, "limit": 2, **query})).json()["data"]
            assert page["usage"]["files"] == 5
            found, cursor = found + [file["name"] for file in page["items"]], page["next"]
        return found

    assert await names() == ["4.txt", "3.txt", "2.txt", "1.txt", "0.txt"]
    assert await names(area="temporary") == ["3.txt", "1.txt"]


async def test_a_file_is_renamed_and_moved_unless_it_was_changed_meanwhile(ann: httpx2.AsyncClient) -> None:
    (file,) = await upload(ann, ("a.txt", b"a"))
    path = f"/api/files/{file['id']}"
    etag = (await ann.get(path)).headers["etag"]
    renamed = await ann.patch(path, json={"name": "../new\u202e.txt", "area": "temporary"}, headers={"If-Match": etag})
    late = await ann.patch(path, json={"name": "late"}, headers={"If-Match": etag})

    assert (renamed.status_code, renamed.json()["data"]["name"], renamed.json()["data"]["version"]) == (
        200,
        "new.txt",
        2,
    )
    assert renamed.json()["data"]["expires_at"] is not None
    assert (late.status_code, late.json()["error"]["code"]) == (412, "changed_meanwhile")


async def test_content_comes_in_ranges(ann: httpx2.AsyncClient) -> None:
    (file,) = await upload(ann, ("a.bin", bytes(range(200))))
    path = f"/api/files/{file['id']}/content"
    whole = await ann.get(path)
    part = await ann.get(path, headers={"Range": "bytes=10-19", "If-Range": whole.headers["etag"]})
    known = await ann.get(path, headers={"If-None-Match": whole.headers["etag"]})

    assert (whole.content, whole.headers["accept-ranges"]) == (bytes(range(200)), "bytes")
    assert (part.status_code, part.content, part.headers["content-range"]) == (
        206,
        bytes(range(10, 20)),
        "bytes 10-19/200",
    )
    assert known.status_code == 304


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("page.html", EVIL, "text/html; charset=utf-8"),
        ("photo.png", EVIL, "text/html; charset=utf-8"),
        ("p.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "image/svg+xml"),
        ("evil.pdf", b"%PDF-1.4\n" + EVIL, "application/pdf"),
        ("x.xml", b"<?xml version='1.0'?><x:script xmlns:x='http://www.w3.org/1999/xhtml'/>", "application/xml"),
    ],
)
async def test_nothing_that_was_uploaded_runs_on_our_page(
    ann: httpx2.AsyncClient, name: str, content: bytes, kind: str
) -> None:
    (file,) = await upload(ann, (name, content))
    for path in (f"/api/files/{file['id']}/content", file["link"]):
        headers = (await ann.get(path)).headers
        assert headers["content-type"] == kind
        assert headers["content-disposition"].startswith("attachment; ")
        assert headers["content-security-policy"].startswith("sandbox; default-src 'none'")
        assert headers["x-content-type-options"] == "nosniff"


async def test_a_script_is_told_as_text(ann: httpx2.AsyncClient) -> None:
    (file,) = await upload(ann, ("evil.js", b"alert(1)"))

    answer = await ann.get(f"/api/files/{file['id']}/content")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


async def test_old_text_is_told_with_its_charset(ann: httpx2.AsyncClient) -> None:
    (file,) = await upload(ann, ("a.txt", "今天我们讨论的是如何让机器听懂人说的话".encode("gb18030")))

    answer = await ann.get(f"/api/files/{file['id']}/content")
    assert answer.headers["content-type"] == "text/plain; charset=gb18030"
    assert answer.headers["content-disposition"].startswith("inline; ")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/files/{id}"),
        ("PATCH", "/api/files/{id}"),
        ("DELETE", "/api/files/{id}"),
        ("GET", "/api/files/{id}/content"),
        ("HEAD", "/api/files/tus/{id}"),
        ("DELETE", "/api/files/tus/{id}"),
        ("PATCH", "/api/files/tus/{id}"),
    ],
)
async def test_a_file_is_not_there_for_others(ann: httpx2.AsyncClient, method: str, path: str) -> None:
    (file,) = await upload(ann, ("a.txt", b"a"))
    headers = {"Authorization": "Bearer sk-ben", "Tus-Resumable": "1.0.0", "Upload-Offset": "0"}
    if "tus" in path:
        headers["Content-Type"] = "application/offset+octet-stream"
    body = {"content": b"x"} if "tus" in path else {"json": {"name": "b"}}
    answer = await ann.request(
        method, path.format(id=file["id"]), headers=headers, **(body if method == "PATCH" else {})
    )

    assert answer.status_code == 404
    assert (await ann.get(f"/api/files/{file['id']}")).status_code == 200


async def test_a_deleted_file_is_gone(ann: httpx2.AsyncClient) -> None:
    (file,) = await upload(ann, ("a.txt", b"a"))
    path = f"/api/files/{file['id']}"

    assert (await ann.delete(path)).status_code == 200
    assert [(await ann.get(one)).status_code for one in (path, f"{path}/content", file["link"])] == [404, 404, 404]
    assert (await ann.delete(path)).status_code == 404


async def test_what_does_not_fit_is_refused_before_it_is_sent(server: Serving) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(server.http.rpartition(":")[2]))
    head = "POST /api/files/upload HTTP/1.1", "Host: x", "Authorization: Bearer sk-ann", "Expect: 100-continue"
    form = "Content-Type: multipart/form-data; boundary=x", "Content-Length: 900000000"
    writer.write("\r\n".join((*head, *form, "", "")).encode())
    answer = await reader.readline()
    writer.close()

    assert answer.startswith(b"HTTP/1.1 413 ")


async def test_files_go_with_their_person() -> None:
    async with serving(accounts="optional") as server, browser(server) as client:
        await register(client, "ann@example.org")
        await upload(client, ("a.txt", b"a"))
        answer = await client.request("DELETE", "/api/account", json={"password": PASSWORD})
        objects = server.app.state.services.objects

        assert answer.status_code == 200, answer.text
        assert [found.key async for found in objects.list("files")] == []
