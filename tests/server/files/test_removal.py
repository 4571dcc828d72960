"""What is deleted, expired or left by a killed server goes whole, in however many tries."""

from __future__ import annotations

import pytest

from server.errors import NotFound
from server.files.quotas import Usage
from server.files.rows import Area, FileRow
from server.files.storing import object_key
from server.files.uploads import LEASE_MS
from tests.server.files.conftest import NOTHING, Kept
from tests.server.files.forms import file, form, request

DAY_MS = 24 * 3_600_000


async def uploaded(kept: Kept, person: str = "ann", area: Area = "permanent") -> FileRow:
    return (await kept.files.uploads.receive(person, request(form(file(b"hello"))), area))[0]


async def test_a_deleted_file_is_gone(kept: Kept) -> None:
    row = await uploaded(kept)
    with pytest.raises(NotFound):
        await kept.files.removal.delete("ben", row.id)
    await kept.files.removal.delete("ann", row.id)

    assert await kept.remains() == NOTHING
    with pytest.raises(NotFound):
        await kept.files.removal.delete("ann", row.id)


async def test_a_temporary_file_is_there_for_a_day(kept: Kept) -> None:
    row, stays = await uploaded(kept, area="temporary"), await uploaded(kept)
    kept.now_ms += DAY_MS - 1
    assert await kept.files.removal.remove_expired() == 0
    assert await kept.files.rows.file("ann", row.id) == row
    kept.now_ms += 1
    assert (await kept.files.rows.page("ann", None, None, 9))[0] == [stays]
    assert await kept.files.removal.remove_expired() == 1

    assert (await kept.names(), await kept.usage()) == ([object_key(stays.id)], Usage(1, 5))


async def test_a_file_that_is_moved_stays_or_goes_as_its_area_does(kept: Kept) -> None:
    row = await uploaded(kept, area="temporary")
    row = await kept.files.rows.edit("ann", row.id, None, "permanent", row.version)
    kept.now_ms += 3 * DAY_MS
    row = await kept.files.rows.edit("ann", row.id, None, "temporary", None)

    assert (row.version, row.expires_at) == (3, kept.now_ms + DAY_MS)


async def test_a_deletion_that_was_killed_is_finished_whatever_the_clock_says(kept: Kept) -> None:
    row = await uploaded(kept)
    await kept.files.rows.give_up("ann", [row.id])
    kept.now_ms -= 365 * DAY_MS
    kept.restart()
    assert (await kept.files.rows.page("ann", None, None, 9))[0] == []
    await kept.files.removal.remove_expired()

    assert await kept.remains() == NOTHING


async def test_what_cannot_be_deleted_now_is_deleted_later(kept: Kept) -> None:
    row = await uploaded(kept)
    await kept.lose()
    await kept.files.removal.delete("ann", row.id)
    assert (await kept.files.rows.page("ann", None, None, 9))[0] == []
    kept.restore()
    await kept.files.removal.remove_expired()

    assert await kept.remains() == NOTHING


async def test_an_object_that_no_row_leads_to_is_removed_and_no_other(kept: Kept) -> None:
    row = await uploaded(kept)
    upload = await kept.files.resumable.create("ann", "a", "permanent", 10)
    lost = [object_key("file_1"), "uploads/file_1/0", f"uploads/{row.id}/0"]
    kept_keys = [object_key(row.id), f"uploads/{upload.id}/0", "recordings/conv_1/both"]
    for key in (*lost, *kept_keys[1:]):
        await kept.objects.put(key, b"hello")

    assert await kept.files.removal.remove_orphans() == len(lost)
    assert await kept.names() == sorted(kept_keys)


async def test_an_upload_that_goes_on_is_no_orphan(kept: Kept) -> None:
    id = await kept.files.rows.reserve("ann", "a", "permanent", 5, LEASE_MS)
    await kept.objects.put(object_key(id), b"hello")
    await kept.files.removal.remove_orphans()
    await kept.files.removal.remove_expired()

    assert await kept.names() == [object_key(id)]


async def test_everything_of_a_person_goes_and_nothing_of_others(kept: Kept) -> None:
    for _ in range(3):
        await uploaded(kept)
    await kept.files.resumable.create("ann", "a", "permanent", 10)
    other = await uploaded(kept, "ben")
    await kept.files.removal.remove_all_of("ann")

    assert (await kept.names(), await kept.usage(), await kept.usage("ben")) == (
        [object_key(other.id)],
        Usage(),
        Usage(1, 5),
    )
