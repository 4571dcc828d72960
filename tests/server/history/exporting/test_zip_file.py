from __future__ import annotations

import io
import zipfile
from datetime import datetime
from pathlib import Path

import pytest

from server.history.exporting.zip_file import ZipEntry, end_of_zip

MOMENT = datetime(2026, 11, 30, 20, 15, 8)


def written(files: int, at: int = 0) -> bytes:
    """A zip of so many files, as it stands behind `at` bytes of other ones."""
    content, records = bytearray(), bytearray()
    for number in range(files):
        entry = ZipEntry(f"谈话/{number}.txt", at + len(content), MOMENT, level=number % 2 * 6)
        content += entry.head() + entry.add(b"said " * number) + entry.add(b"so") + entry.tail()
        records += entry.record()
    return bytes(content + records) + end_of_zip(files, at + len(content), len(records))


@pytest.mark.parametrize("files", [0, 3])
def test_others_read_what_was_written_piece_by_piece(files: int) -> None:
    with zipfile.ZipFile(io.BytesIO(written(files))) as read:
        assert read.testzip() is None
        assert read.namelist() == [f"谈话/{number}.txt" for number in range(files)]
        if files:
            assert read.read("谈话/2.txt") == b"said said so"
            assert read.infolist()[2].date_time == (2026, 11, 30, 20, 15, 8)


def test_files_beyond_four_gigabytes_are_found(tmp_path: Path) -> None:
    far = 5 << 30
    with (tmp_path / "far.zip").open("wb") as file:  # with a hole
        file.seek(far)
        file.write(written(3, far))
    with zipfile.ZipFile(tmp_path / "far.zip") as read:
        assert read.read("谈话/2.txt") == b"said said so"


def test_more_files_than_fit_a_plain_zip_are_counted() -> None:
    entry, files = ZipEntry("again.txt", 0, MOMENT), 70_000
    content = entry.head() + entry.add(b"said") + entry.tail()
    records = files * entry.record()
    with zipfile.ZipFile(io.BytesIO(content + records + end_of_zip(files, len(content), len(records)))) as read:
        assert len(read.infolist()) == files
        assert read.read("again.txt") == b"said"
