"""Files that come in one request: all or none, counted exactly, nothing left of what failed."""

from __future__ import annotations

import asyncio
from hashlib import sha256
from typing import Any

import pytest
from starlette.requests import Request

from pipeline.errors import KaikouError
from server.errors import QuotaExceeded, StorageError
from server.files.form import LARGEST_FIELD, LARGEST_FORM, LARGEST_HEADERS, MOST_HEADERS, MOST_PARTS
from server.files.quotas import Usage
from server.files.rows import FileRow
from server.files.storing import object_key
from server.files.uploads import LEASE_MS, SLACK_BYTES
from tests.server.files.conftest import MOST_BYTES, NOTHING, Kept
from tests.server.files.forms import BOUNDARY, CLOSING, field, file, form, request

PNG = b"\x89PNG\r\n\x1a\n" + bytes(3_000_000)


async def receive(kept: Kept, asked: Request, person: str = "ann") -> list[FileRow]:
    return await kept.files.uploads.receive(person, asked, None)


async def outcome(kept: Kept, asked: Request) -> str:
    try:
        await receive(kept, asked)
    except KaikouError as error:
        return error.code
    return "kept"


async def test_the_files_of_a_form_are_kept_as_they_came(kept: Kept) -> None:
    text = "Hello, 会议.".encode()
    made = await receive(kept, request(form(field("area", "temporary"), file(PNG, "b/../p.gif"), file(text, "n.md"))))

    assert [(row.name, row.type, row.bytes, row.area, row.sha256) for row in made] == [
        ("p.gif", "image/png", len(PNG), "temporary", sha256(PNG).hexdigest()),
        ("n.md", "text/markdown", len(text), "temporary", sha256(text).hexdigest()),
    ]
    assert [await kept.content(object_key(row.id)) for row in made] == [PNG, text]
    assert {row.expires_at for row in made} == {kept.now_ms + 24 * 3_600_000}
    assert await kept.usage() == Usage(2, len(PNG) + len(text))


@pytest.mark.parametrize("size", [1, 7, 65_536])
async def test_a_form_is_read_however_the_network_cuts_it(kept: Kept, size: int) -> None:
    content = (b"\r\n--" + BOUNDARY[:-1].encode()) * 9 + b"\r\n-\r\n--\n" * 50
    body = form(file(content), field("area", "temporary"), file(b"b"))
    made = await receive(kept, request([body[at : at + size] for at in range(0, len(body), size)], None))

    assert [await kept.content(object_key(row.id)) for row in made] == [content, b"b"]
    assert made[0].area == "temporary"


@pytest.mark.parametrize("told", [True, False], ids=["length told", "length not told"])
async def test_of_fifty_uploads_at_once_as_many_are_kept_as_there_may_be_files(kept: Kept, told: bool) -> None:
    outcomes = await asyncio.gather(
        *(outcome(kept, request(form(file(b"x" * 100)), -1 if told else None)) for _ in range(50))
    )

    assert sorted(outcomes) == ["kept"] * 20 + ["too_many_files"] * 30
    assert (await kept.remains())[:2] == (20, 0)
    assert (len(await kept.names()), await kept.usage()) == (20, Usage(20, 2000))


async def test_of_fifty_uploads_at_once_as_many_are_kept_as_there_is_room_for(kept: Kept) -> None:
    kept.restart(most=100, bytes=7 * 200_000 + 199_999)
    outcomes = await asyncio.gather(*(outcome(kept, request(form(file(b"x" * 200_000)))) for _ in range(50)))

    assert sorted(outcomes) == ["kept"] * 7 + ["quota_exceeded"] * 43
    assert (len(await kept.names()), await kept.usage()) == (7, Usage(7, 1_400_000))


@pytest.mark.parametrize("told", [True, False], ids=["length told", "length not told"])
async def test_room_is_used_to_the_last_byte_and_not_beyond(kept: Kept, told: bool) -> None:
    def asked(*parts: bytes) -> Request:
        return request(form(*parts), -1 if told else None)

    half = b"x" * (MOST_BYTES // 2)
    assert await outcome(kept, asked(file(half), file(half + b"x"))) == "quota_exceeded"
    assert await kept.remains() == NOTHING
    assert await outcome(kept, asked(file(half), field("note", "y"), file(half))) == "kept"
    assert await kept.usage() == Usage(2, MOST_BYTES)
    assert await outcome(kept, asked(file(b"x"))) == "quota_exceeded"
    assert await kept.usage("ben") == Usage()


HEAD = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n'
BAD: dict[str, tuple[dict[str, Any], str]] = {
    "cut in the middle": ({"body": form(file(PNG))[:-999], "length": len(form(file(PNG))), "cut": True}, "upload_cut"),
    "shorter than told": ({"body": file(PNG)[:-999]}, "invalid_form"),
    "empty": ({"body": form(file(b"a"), file(b""))}, "validation_failed"),
    "no file chosen": ({"body": form(file(b"", ""))}, "validation_failed"),
    "without a file": ({"body": form(field("a", "b"))}, "validation_failed"),
    "nothing": ({"body": b""}, "invalid_form"),
    "only the end": ({"body": CLOSING}, "validation_failed"),
    "no form": ({"body": b"hello"}, "invalid_form"),
    "another type": ({"body": b"{}", "headers": {"content-type": "application/json"}}, "unsupported_media_type"),
    "no boundary": ({"body": form(file(b"a")), "headers": {"content-type": "multipart/form-data"}}, "invalid_form"),
    "a long boundary": (
        {"body": form(file(b"a")), "headers": {"content-type": f"multipart/form-data; boundary={'a' * 5000}"}},
        "invalid_form",
    ),
    "a wrong area": ({"body": form(file(PNG), field("area", "for ever"))}, "validation_failed"),
    "many parts": ({"body": form(*[field("a", "b")] * (MOST_PARTS + 1), file(b"a"))}, "invalid_form"),
    "many files": ({"body": form(*[file(b"a")] * 21)}, "too_many_files"),
    "many headers": ({"body": (HEAD + "x: y\r\n" * MOST_HEADERS + "\r\na\r\n").encode() + CLOSING}, "invalid_form"),
    "long headers": ({"body": (HEAD + f"x: {'y' * LARGEST_HEADERS}\r\n\r\na\r\n").encode() + CLOSING}, "invalid_form"),
    "a long name": ({"body": form(file(PNG, "n" * 100_000))}, "invalid_form"),
    "a long field": ({"body": form(file(PNG), field("area", "x" * (LARGEST_FIELD + 1)))}, "invalid_form"),
    "much before it": ({"body": b"\r\n" * LARGEST_FORM + form(file(b"a"))}, "body_too_large"),
    "more than may ever be": ({"body": form(file(b"a")), "length": MOST_BYTES + 2 * LARGEST_FORM}, "quota_exceeded"),
}  # fmt: skip


@pytest.mark.parametrize("fault", BAD)
async def test_of_an_upload_that_fails_nothing_is_left(kept: Kept, fault: str) -> None:
    how, code = BAD[fault]

    assert await outcome(kept, request(**how)) == code
    assert await kept.remains() == NOTHING


async def test_what_needs_more_behind_the_file_than_headers_has_no_room(kept: Kept) -> None:
    kept.restart(bytes=100)

    assert (
        await outcome(kept, request(form(file(b"x"), field("y", "z" * 900)) + b"e" * SLACK_BYTES)) == "quota_exceeded"
    )
    assert await outcome(kept, request(form(file(b"x"), field("y", "z" * 900)))) == "kept"


async def test_an_upload_that_is_cancelled_leaves_nothing(kept: Kept) -> None:
    reading, body = asyncio.Event(), form(file(PNG))

    async def slowly():  # type: ignore[no-untyped-def]
        yield body[:2_000_000]
        reading.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(receive(kept, request(slowly(), len(body))))
    await reading.wait()
    assert await kept.usage() == Usage(1, len(PNG))
    task.cancel()
    await asyncio.wait([task])

    assert await kept.remains() == NOTHING


async def test_where_objects_cannot_be_kept_the_quota_comes_back_with_the_place(kept: Kept) -> None:
    await kept.lose()
    with pytest.raises(StorageError):
        await receive(kept, request(form(file(PNG))))
    kept.restore()
    await kept.files.removal.remove_expired()

    assert await kept.remains() == NOTHING


async def dead_upload(kept: Kept) -> None:
    """What a server leaves that was killed just after it had put the object."""
    id = await kept.files.rows.reserve("ann", "a.txt", "permanent", 100, LEASE_MS)
    await kept.objects.put(object_key(id), b"x" * 100)


async def test_what_a_killed_server_held_is_free_as_soon_as_somebody_needs_it(kept: Kept) -> None:
    for _ in range(20):
        await dead_upload(kept)
    with pytest.raises(QuotaExceeded):
        await receive(kept, request(form(file(b"x"))))
    kept.now_ms += LEASE_MS
    await receive(kept, request(form(file(b"x"))))

    assert (len(await kept.names()), await kept.usage()) == (1, Usage(1, 1))


async def test_an_upload_that_was_given_up_meanwhile_is_not_kept(kept: Kept) -> None:
    body = form(file(PNG))

    async def slowly():  # type: ignore[no-untyped-def]
        yield body[:2_000_000]
        kept.now_ms += LEASE_MS
        await kept.files.removal.remove_expired()
        yield body[2_000_000:]

    assert await outcome(kept, request(slowly(), len(body))) == "upload_given_up"
    assert await kept.remains() == NOTHING
