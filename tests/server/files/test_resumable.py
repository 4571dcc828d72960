"""Files that come in pieces: every byte counted once, through cut connections and restarts."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator
from hashlib import sha1, sha256

import pytest

from pipeline.errors import KaikouError
from server.errors import ChecksumMismatch, Conflict, NotFound, QuotaExceeded, TooLarge, TooSlow, ValidationFailed
from server.files.quotas import Usage
from server.files.resumable import LEASE_MS, PIECE_BYTES, Checksum
from server.files.rows import FileRow
from server.files.storing import object_key
from tests.server.files.conftest import MOST_BYTES, NOTHING, Kept

CONTENT = bytes(range(256)) * 20_000
"""A piece and a bit."""
SIZE = len(CONTENT)


async def sent(*pieces: bytes, cut: bool = False) -> AsyncIterator[bytes]:
    for piece in pieces:
        for start in range(0, len(piece), 65_536):
            yield piece[start : start + 65_536]
    if cut:
        raise TooSlow("The connection was cut.", code="upload_cut")


async def begun(kept: Kept, size: int = SIZE) -> FileRow:
    return await kept.files.resumable.create("ann", "../a.bin", "permanent", size)


async def append(kept: Kept, upload: FileRow, content: bytes, cut: bool = False) -> FileRow:
    return await kept.files.resumable.append(upload, upload.received, sent(content, cut=cut))


async def state(kept: Kept, upload: FileRow) -> FileRow:
    return await kept.files.resumable.state("ann", upload.id)


async def test_an_upload_goes_on_where_it_was_cut_also_after_a_restart(kept: Kept) -> None:
    upload = await begun(kept)
    with pytest.raises(TooSlow):
        await append(kept, upload, CONTENT[:4_500_000], cut=True)
    kept.restart()
    upload = await state(kept, upload)
    assert (upload.received, upload.completed_at, await kept.usage()) == (4_500_000, None, Usage(1, SIZE))
    made = await append(kept, upload, CONTENT[4_500_000:])

    file = await kept.files.rows.file("ann", upload.id)
    assert file == made
    assert (file.name, file.bytes, file.sha256) == ("a.bin", SIZE, sha256(CONTENT).hexdigest())
    assert await kept.content(object_key(file.id)) == CONTENT
    assert (await kept.names(), await kept.usage()) == ([object_key(file.id)], Usage(1, SIZE))


async def test_an_upload_is_no_file_before_its_last_byte(kept: Kept) -> None:
    upload = await append(kept, await begun(kept), CONTENT[:-1])

    with pytest.raises(NotFound):
        await kept.files.rows.file("ann", upload.id)
    assert (await kept.files.rows.page("ann", None, None, 9))[0] == []


async def test_bytes_that_come_for_another_place_are_refused(kept: Kept) -> None:
    upload = await begun(kept)
    with pytest.raises(Conflict):
        await kept.files.resumable.append(upload, 1, sent(b"x"))

    assert (await state(kept, upload)).received == 0


async def test_of_two_connections_for_the_same_place_one_counts(kept: Kept) -> None:
    upload = await begun(kept)

    async def one() -> str:
        try:
            await append(kept, upload, CONTENT)
        except KaikouError as error:
            return error.code
        return "kept"

    outcomes = sorted(await asyncio.gather(*(one() for _ in range(5))))
    assert outcomes == ["kept"] + ["offset_conflict"] * 4
    assert await kept.content(object_key(upload.id)) == CONTENT
    assert (await kept.names(), await kept.usage()) == ([object_key(upload.id)], Usage(1, SIZE))


async def test_a_connection_that_hangs_keeps_nobody_from_going_on(kept: Kept) -> None:
    upload, hanging = await begun(kept), asyncio.Event()

    async def hangs() -> AsyncIterator[bytes]:
        yield CONTENT[:1000]
        hanging.set()
        await asyncio.Event().wait()

    old = asyncio.create_task(kept.files.resumable.append(upload, 0, hangs()))
    await hanging.wait()
    await append(kept, upload, CONTENT)
    old.cancel()
    await asyncio.wait([old])

    assert await kept.content(object_key(upload.id)) == CONTENT


async def test_more_bytes_than_were_to_come_are_refused(kept: Kept) -> None:
    upload = await begun(kept, 10)
    with pytest.raises(TooLarge):
        await append(kept, upload, b"x" * 11)

    assert (await state(kept, upload)).received == 0


async def test_a_checksum_counts_all_bytes_or_none(kept: Kept) -> None:
    upload = await begun(kept)
    wrong = Checksum("sha1", b64encode(b"x" * 20).decode())
    for checksum, cut, error in ((wrong, False, ChecksumMismatch), (wrong, True, TooSlow)):
        with pytest.raises(error):
            await kept.files.resumable.append(upload, 0, sent(CONTENT, cut=cut), checksum)
        assert (await kept.names(), (await state(kept, upload)).received) == ([], 0)

    right = Checksum("sha1", b64encode(sha1(CONTENT).digest()).decode())
    await kept.files.resumable.append(upload, 0, sent(CONTENT), right)
    assert await kept.content(object_key(upload.id)) == CONTENT


async def test_what_was_killed_while_the_file_was_made_is_finished_by_whoever_asks(kept: Kept) -> None:
    kept.restart(bytes=2 * SIZE)
    asked, cleaned = await begun(kept), await begun(kept)
    for upload in (asked, cleaned):
        key = f"uploads/{upload.id}/0"
        await kept.objects.put(key, CONTENT)
        await kept.files.rows.add_parts("ann", upload.id, [(0, SIZE, key)], LEASE_MS)
    await asyncio.gather(state(kept, asked), state(kept, asked))
    assert await kept.files.resumable.finish_all() == 1

    assert [await kept.content(object_key(upload.id)) for upload in (asked, cleaned)] == [CONTENT, CONTENT]
    assert (len(await kept.names()), await kept.usage()) == (2, Usage(2, 2 * SIZE))


async def test_an_upload_that_nobody_goes_on_with_gives_its_room_back(kept: Kept) -> None:
    upload = await append(kept, await begun(kept), CONTENT[:1000])
    kept.now_ms += LEASE_MS - 1
    upload = await append(kept, upload, CONTENT[1000:2000])
    kept.now_ms += LEASE_MS - 1
    await kept.files.removal.remove_expired()
    assert (await state(kept, upload)).received == 2000
    kept.now_ms += 1
    await kept.files.removal.remove_expired()

    assert await kept.remains() == NOTHING
    with pytest.raises(NotFound):
        await state(kept, upload)


async def test_an_upload_takes_its_room_before_its_first_byte(kept: Kept) -> None:
    await begun(kept, MOST_BYTES)
    with pytest.raises(QuotaExceeded):
        await begun(kept, 1)
    with pytest.raises(ValidationFailed):
        await begun(kept, 0)

    assert await kept.usage() == Usage(1, MOST_BYTES)


async def test_an_upload_is_its_persons_alone(kept: Kept) -> None:
    upload = await begun(kept)
    with pytest.raises(NotFound):
        await kept.files.resumable.state("ben", upload.id)
    with pytest.raises(NotFound):
        await kept.files.removal.delete("ben", upload.id)


async def test_an_upload_holds_a_piece_in_memory_and_no_more(kept: Kept) -> None:
    upload, held = await begun(kept, MOST_BYTES), list[int]()

    async def watched() -> AsyncIterator[bytes]:
        for at in range(0, MOST_BYTES, 100_000):
            held.append(at - (await kept.files.rows.upload("ann", upload.id)).received)
            yield b"x" * 100_000

    await kept.files.resumable.append(upload, 0, watched())
    assert PIECE_BYTES / 2 < max(held) < PIECE_BYTES + 100_000
