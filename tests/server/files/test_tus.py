"""`/api/files/tus`: the tus protocol, version 1.0.0, as its clients speak it."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator, Mapping
from hashlib import sha1

import httpx2
import pytest
import pytest_asyncio

from server.files.tus_routes import PATH
from tests.serving import Serving, serving

pytestmark = pytest.mark.asyncio(loop_scope="module")

SPEAKS = {"Tus-Resumable": "1.0.0"}
BYTES = {"Content-Type": "application/offset+octet-stream"}
FIRST = {**BYTES, "Upload-Offset": "0"}
CONTENT = bytes(range(256)) * 100


def metadata(**pairs: str) -> dict[str, str]:
    return {"Upload-Metadata": ",".join(f"{key} {b64encode(value.encode()).decode()}" for key, value in pairs.items())}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server() -> AsyncIterator[Serving]:
    async with serving({"KAIKOU_FILES_MOST": "200"}) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def client(server: Serving) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=server.http, headers=SPEAKS) as client:
        yield client


async def begun(client: httpx2.AsyncClient, size: int = len(CONTENT), **headers: str) -> str:
    answer = await client.post(PATH, headers={"Upload-Length": str(size), **headers})
    assert answer.status_code == 201, answer.text
    return answer.headers["location"]


async def patch(
    client: httpx2.AsyncClient, location: str, offset: int, content: bytes, **headers: str
) -> httpx2.Response:
    return await client.patch(location, content=content, headers={**BYTES, "Upload-Offset": str(offset), **headers})


async def test_a_client_is_told_what_the_server_can(client: httpx2.AsyncClient) -> None:
    told = (await client.options(PATH)).headers

    assert {name: told[name] for name in told if name.startswith("tus-")} == {
        "tus-resumable": "1.0.0",
        "tus-version": "1.0.0",
        "tus-extension": "creation,creation-with-upload,expiration,termination,checksum",
        "tus-max-size": "200000000",
        "tus-checksum-algorithm": "sha1,sha256,md5",
    }


async def test_an_upload_becomes_a_file_of_the_same_id(client: httpx2.AsyncClient) -> None:
    location = await begun(client, **metadata(filename="../会.bin", area="temporary"))
    first = await patch(client, location, 0, CONTENT[:1000])
    state = await client.head(location)
    last = await patch(client, location, 1000, CONTENT[1000:])
    file = f"/api/files/{location.rpartition('/')[2]}"

    assert (first.status_code, first.headers["upload-offset"], "upload-expires" in first.headers) == (204, "1000", True)
    assert (state.headers["upload-offset"], state.headers["upload-length"]) == ("1000", "25600")
    assert (state.headers["cache-control"], state.headers["tus-resumable"]) == ("no-store", "1.0.0")
    assert (last.status_code, last.headers["upload-offset"]) == (204, "25600")
    told = (await client.get(file)).json()["data"]
    assert (told["name"], told["area"], told["bytes"]) == ("会.bin", "temporary", 25600)
    assert (await client.get(f"{file}/content")).content == CONTENT


async def test_an_upload_may_be_made_with_its_first_bytes(client: httpx2.AsyncClient) -> None:
    answer = await client.post(PATH, content=CONTENT[:10], headers={"Upload-Length": "20", **BYTES})

    assert (answer.status_code, answer.headers["upload-offset"]) == (201, "10")


WRONG: Mapping[str, tuple[str, dict[str, str], int, str]] = {
    "no length": ("POST", {}, 422, "validation_failed"),
    "a length that is none": ("POST", {"Upload-Length": "-1"}, 422, "validation_failed"),
    "a length to be told later": ("POST", {"Upload-Defer-Length": "1"}, 422, "validation_failed"),
    "no bytes at all": ("POST", {"Upload-Length": "0"}, 422, "validation_failed"),
    "more than there is room for": ("POST", {"Upload-Length": "200000001"}, 413, "quota_exceeded"),
    "metadata that are none": ("POST", {"Upload-Length": "1", "Upload-Metadata": "filename !"}, 422, "validation_failed"),
    "an area that is none": ("POST", {"Upload-Length": "1", **metadata(area="x")}, 422, "validation_failed"),
    "another version": ("POST", {"Upload-Length": "1", "Tus-Resumable": "0.2.2"}, 412, "tus_version"),
    "another type": ("PATCH", {"Content-Type": "text/plain", "Upload-Offset": "0"}, 415, "unsupported_media_type"),
    "no offset": ("PATCH", BYTES, 422, "validation_failed"),
    "another offset": ("PATCH", {**BYTES, "Upload-Offset": "5"}, 409, "offset_conflict"),
    "an unknown checksum": ("PATCH", {**FIRST, "Upload-Checksum": "crc x"}, 400, "invalid_checksum"),
    "a wrong checksum": ("PATCH", {**FIRST, "Upload-Checksum": "sha1 eA=="}, 460, "checksum_mismatch"),
}  # fmt: skip


@pytest.mark.parametrize("fault", WRONG)
async def test_what_is_wrong_is_told_and_changes_nothing(client: httpx2.AsyncClient, fault: str) -> None:
    method, headers, status, code = WRONG[fault]
    location = await begun(client)
    before = (await client.get("/api/files")).json()["data"]["usage"]
    answer = await client.request(
        method, PATH if method == "POST" else location, headers=headers, content=b"x" if method == "PATCH" else b""
    )

    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert answer.headers["tus-resumable"] == "1.0.0"
    assert (await client.head(location)).headers["upload-offset"] == "0"
    assert (await client.get("/api/files")).json()["data"]["usage"] == before
    await client.delete(location)


async def test_more_than_was_to_come_is_refused_before_it_is_read(client: httpx2.AsyncClient) -> None:
    location = await begun(client, 10)

    assert (await patch(client, location, 0, b"x" * 11)).status_code == 413
    assert (await client.head(location)).headers["upload-offset"] == "0"


async def test_a_checksum_is_checked(client: httpx2.AsyncClient) -> None:
    right = f"sha1 {b64encode(sha1(CONTENT).digest()).decode()}"

    assert (await patch(client, await begun(client), 0, CONTENT, **{"Upload-Checksum": right})).status_code == 204


async def test_an_upload_that_is_ended_gives_its_room_back(client: httpx2.AsyncClient) -> None:
    before = (await client.get("/api/files")).json()["data"]["usage"]
    location = await begun(client)
    await patch(client, location, 0, CONTENT[:10])

    assert (await client.delete(location)).status_code == 204
    assert (await client.head(location)).status_code == 404
    assert (await client.get("/api/files")).json()["data"]["usage"] == before


async def test_a_header_may_say_the_method(client: httpx2.AsyncClient) -> None:
    location = await begun(client)
    headers = {**BYTES, "Upload-Offset": "0", "X-HTTP-Method-Override": "PATCH"}
    answer = await client.post(location, content=CONTENT[:10], headers=headers)

    assert (answer.status_code, answer.headers["upload-offset"]) == (204, "10")


async def test_what_came_before_a_connection_was_cut_stays(server: Serving, client: httpx2.AsyncClient) -> None:
    location = await begun(client)
    reader, writer = await asyncio.open_connection("127.0.0.1", int(server.http.rpartition(":")[2]))
    head = (
        f"PATCH {location} HTTP/1.1",
        "Host: 127.0.0.1",
        "Tus-Resumable: 1.0.0",
        "Upload-Offset: 0",
        "Content-Length: 25600",
    )
    more = "Expect: 100-continue", "Content-Type: application/offset+octet-stream", "", ""
    writer.write("\r\n".join((*head, *more)).encode())
    assert b" 100 " in await reader.readuntil(b"\r\n\r\n")  # so the server waits for bytes
    writer.write(CONTENT[:7777])
    await client.head(location)  # by the answer it has read them
    writer.close()
    async with asyncio.timeout(10):
        while (offset := int((await client.head(location)).headers["upload-offset"])) == 0:
            await asyncio.sleep(0.02)

    assert offset == 7777
    await patch(client, location, offset, CONTENT[offset:])
    assert (await client.get(f"/api/files/{location.rpartition('/')[2]}/content")).content == CONTENT
