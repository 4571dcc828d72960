"""Objects: whole or not there, read in parts, deleted with all that belongs to them, in a folder and in a bucket."""

from __future__ import annotations

import asyncio
import hashlib
import os
import subprocess
import sys
import time
import tracemalloc
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from pipeline.errors import KaikouError, SettingError
from server.errors import NotFound, StorageError, StorageFull
from server.settings.keeping import StorageSettings
from server.storage.ids import now_ms
from server.storage.object_place import TORN_MS, check_place, place_of, remove_torn
from server.storage.objects import READ_BYTES, Objects
from tests.full_disk import largest_file
from tests.s3 import new_bucket
from tests.server.storage.conftest import Kept, remains_in

LONG = os.urandom(12_000_000)
"""More than two parts of an upload to S3, and more than one of what is read at once."""


async def pieces(content: bytes, size: int = 70_000, then: BaseException | None = None) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]
    if then:
        raise then


async def read(objects: Objects, key: str, start: int = 0, end: int | None = None) -> bytes:
    return b"".join([piece async for piece in objects.read(key, start, end)])


async def keys(objects: Objects, prefix: str = "") -> set[str]:
    return {found.key async for found in objects.list(prefix)}


async def test_what_is_put_is_read_again(objects: Objects, tmp_path: Path) -> None:
    path = tmp_path / "recording.ogg"
    path.write_bytes(LONG)
    contents = {"bytes": b"hello", "none": b"", "long": LONG}
    for name, content in contents.items():
        await objects.put(f"a/{name}", content)
        await objects.put(f"b/{name}", pieces(content))
    await objects.put("c/file", path)
    assert [await read(objects, f"{where}/{name}") for where in "ab" for name in contents] == list(
        contents.values()
    ) * 2
    assert await read(objects, "c/file") == LONG
    assert (await objects.info("b/long")).bytes == len(LONG)


@pytest.mark.parametrize(("start", "end"), [(0, 1), (5, 5), (READ_BYTES - 1, READ_BYTES + 1), (11_999_990, 12_000_010)])
async def test_a_range_is_read_without_the_rest(objects: Objects, start: int, end: int) -> None:
    await objects.put("a", LONG)
    assert await read(objects, "a", start, end) == LONG[start:end]


async def test_what_is_put_again_replaces_the_first_and_has_another_etag(objects: Objects) -> None:
    await objects.put("a", b"first")
    first = await objects.info("a")
    await objects.put("a", b"second")
    second = await objects.info("a")
    assert await read(objects, "a") == b"second"
    assert first.etag != second.etag
    assert second.etag.startswith('"')


async def test_a_prefix_is_listed_by_its_segments(objects: Objects) -> None:
    for key in ("p1/a", "p1/b/c", "p10/a", "p"):
        await objects.put(key, key.encode())
    assert await keys(objects, "p1") == {"p1/a", "p1/b/c"}
    assert await keys(objects) == {"p1/a", "p1/b/c", "p10/a", "p"}
    assert await keys(objects, "p2") == set()


async def test_all_under_a_prefix_are_deleted_and_nothing_else(objects: Objects) -> None:
    await asyncio.gather(*(objects.put(f"p1/{number}/x", b"x") for number in range(60)), objects.put("p10/a", b"x"))
    await objects.delete_all("p1")
    assert await keys(objects) == {"p10/a"}
    await objects.delete_all("p1")
    await objects.delete("p1/1/x")


async def test_what_is_not_there_is_not_found(objects: Objects) -> None:
    for asking in (objects.info("a/b"), read(objects, "a/b")):
        with pytest.raises(NotFound):
            await asking


@pytest.mark.parametrize(
    "key", ["", "/a", "a/", "a//b", "../a", "a/../b", ".a", "a b", "a#1", "é", "a\\b", "a/" * 9 + "a", "x" * 129]
)
async def test_only_keys_that_every_place_takes_are_taken(tmp_path: Path, key: str) -> None:
    objects = Objects(place_of(StorageSettings(folder=tmp_path)))
    for asking in (objects.put(key, b""), objects.info(key), objects.delete(key), objects.delete_all(key)):
        with pytest.raises(ValueError, match="no key"):
            await asking


# --- Cut off -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [100_000, 3_000_000, len(LONG)])
async def test_what_is_cut_leaves_nothing_behind(kept: Kept, length: int) -> None:
    await kept.objects.put("a", b"before")
    with pytest.raises(ConnectionResetError, match="went"):
        await kept.objects.put("a", pieces(LONG[:length], then=ConnectionResetError("went away")))
    assert await read(kept.objects, "a") == b"before"
    assert (await keys(kept.objects), kept.remains()) == ({"a"}, 0)


async def test_a_task_that_is_cancelled_leaves_nothing_behind(kept: Kept) -> None:
    waits = asyncio.Event()

    async def never_ending() -> AsyncIterator[bytes]:
        async for piece in pieces(LONG):
            yield piece
        waits.set()
        await asyncio.Event().wait()

    putting = asyncio.create_task(kept.objects.put("a", never_ending()))
    await asyncio.wait_for(waits.wait(), 20)
    assert await keys(kept.objects) == set()
    putting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await putting
    assert (await keys(kept.objects), kept.remains()) == (set(), 0)


async def test_the_senders_time_limit_holds_for_each_piece(kept: Kept) -> None:
    async def with_a_limit() -> AsyncIterator[bytes]:
        async with asyncio.timeout(1):
            async for piece in pieces(LONG):
                yield piece
            await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        await kept.objects.put("a", with_a_limit())
    assert (await keys(kept.objects), kept.remains()) == (set(), 0)


async def test_memory_does_not_grow_with_the_length(tmp_path: Path) -> None:
    objects = Objects(place_of(StorageSettings(folder=tmp_path)))

    async def long() -> AsyncIterator[bytes]:
        for number in range(600):
            yield bytes([number % 251]) * (1 << 18)

    digests = hashlib.sha256(), hashlib.sha256()
    async for piece in long():
        digests[0].update(piece)
    tracemalloc.start()
    await objects.put("a", long())
    async for piece in objects.read("a"):
        digests[1].update(piece)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert digests[0].digest() == digests[1].digest()
    assert most < 10 << 20


UPLOADS_FOR_EVER = """
import asyncio, sys
from pathlib import Path
from server.settings.keeping import StorageSettings
from server.storage.ids import now_ms
from server.storage.object_place import place_of
from server.storage.objects import Objects

async def pieces():
    while True:
        yield bytes(1 << 20)
        await asyncio.sleep(0.01)

asyncio.run(Objects(place_of(StorageSettings(folder=Path(sys.argv[1])))).put("files/a", pieces()))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="kills the POSIX way")
def test_what_a_killed_server_left_of_an_upload_is_deleted_a_day_later(tmp_path: Path) -> None:
    place = place_of(StorageSettings(folder=tmp_path))
    process = subprocess.Popen([sys.executable, "-c", UPLOADS_FOR_EVER, str(tmp_path)])
    while not remains_in(tmp_path):
        assert process.poll() is None
        time.sleep(0.01)
    process.kill()
    process.wait()
    assert asyncio.run(keys(Objects(place))) == set()
    remove_torn(place)
    assert remains_in(tmp_path) == 1, "it may be another server's, which is at it"
    remove_torn(place, lambda: now_ms() + TORN_MS + 1)
    assert remains_in(tmp_path) == 0


# --- A place that cannot be used -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [900_000, len(LONG)])
async def test_a_full_disk_is_told_and_keeps_nothing_torn(tmp_path: Path, length: int) -> None:
    objects = Objects(place_of(StorageSettings(folder=tmp_path)))
    with largest_file(500_000), pytest.raises(StorageFull) as told:
        await objects.put("a", pieces(LONG[:length]))
    assert str(tmp_path) not in told.value.message
    assert (await keys(objects), remains_in(tmp_path)) == (set(), 0)
    await objects.put("a", pieces(LONG[:length]))


async def test_a_bucket_that_is_gone_is_told(s3: str) -> None:
    bucket = new_bucket(s3)
    objects = Objects(place_of(bucket.settings))
    bucket.delete()
    doings = [
        objects.put("a", b""),
        objects.put("a", pieces(LONG)),
        objects.info("a"),
        read(objects, "a"),
        objects.delete("a"),
    ]
    assert [await code(doing) for doing in doings] == ["storage_lost"] * 5


async def test_a_server_that_is_gone_is_told(s3: str) -> None:
    bucket = new_bucket(s3)
    objects = Objects(place_of(bucket.settings.model_copy(update={"s3_endpoint": "http://127.0.0.1:9"})))
    assert await code(objects.put("a", b"")) == "storage_unavailable"


@pytest.mark.parametrize("status", [401, 403])
async def test_refused_keys_are_told_without_them(status: int) -> None:
    body = b"<Error><Code>SignatureDoesNotMatch</Code><AWSAccessKeyId>the-access-key</AWSAccessKeyId></Error>"

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 %d No\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (status, len(body), body))
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1") as server:
        endpoint = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        settings = StorageSettings(
            objects_url="s3://bucket",
            s3_endpoint=endpoint,
            s3_access_key="the-access-key",
            s3_secret_key="the-secret-key",
        )
        objects = Objects(place_of(settings))
        with pytest.raises(StorageError) as told:
            await objects.put("a", b"")
        with pytest.raises(SettingError) as told_at_start:
            await check_place(objects.place)
    assert told.value.code == "storage_refused"
    assert not {"the-access-key", "the-secret-key"} & set(f"{told.value.message} {told_at_start.value.message}".split())
    assert "KAIKOU_S3_ENDPOINT" in told_at_start.value.message


async def code(doing: object) -> str:
    try:
        await doing  # type: ignore[misc]
    except KaikouError as error:
        return error.code
    return ""


# --- The start -----------------------------------------------------------------------------------------------------------


async def test_a_place_that_can_be_used_passes_the_check_and_is_as_empty_as_before(objects: Objects) -> None:
    await check_place(objects.place)
    assert await keys(objects) == set()


async def test_a_folder_that_cannot_be_made_is_named_with_its_setting(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    with pytest.raises(SettingError, match=r"KAIKOU_DATA.*data/objects cannot be made"):
        place_of(StorageSettings(folder=tmp_path / "data"))


async def test_a_bucket_that_is_not_there_is_told_at_the_start(s3: str) -> None:
    settings = new_bucket(s3).settings.model_copy(update={"objects_url": "s3://another"})
    with pytest.raises(SettingError, match=r"KAIKOU_OBJECTS_URL.*bucket s3://another cannot be used: .*404"):
        await check_place(place_of(settings))


def test_half_of_the_keys_is_a_mistake() -> None:
    with pytest.raises(SettingError, match="KAIKOU_S3_SECRET_KEY"):
        place_of(StorageSettings(objects_url="s3://bucket", s3_access_key="key"))
