"""Cards as archives (CHARX, which may stand behind a picture): read within bounds, and written. Pure.

An archive is refused before anything of it is unpacked if what it says of itself is too much, and no more than that is
unpacked: `zipfile` stops where a file is longer than its directory has it.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from server.characters.cards.formats import too_large, unreadable

CARD = "card.json"

END, END_SIZE = b"PK\5\6", 22
LONGEST_COMMENT = 65_535
END_64 = b"PK\6\7"

MOST_FILES = 2_000
LARGEST_DIRECTORY = 1 << 20
MOST_UNPACKED = 128 << 20
MOST_RATIO = 200
"""Deflate does not reach more than 1,032, and texts of a card not more than 20."""
SMALL = 4 << 20
"""Up to here any ratio will do: a card of one letter, repeated."""

BROKEN = (BadZipFile, zlib.error, struct.error, ValueError, RuntimeError, EOFError, OSError, IndexError, OverflowError)
"""What `zipfile` lets through for broken archives and for those with passwords."""


def is_archive(content: bytes) -> bool:
    """Whether an archive ends where the file does, whatever stands before it."""
    return _end(content) >= 0


class Archive:
    """The files of an archive. prefix: what stands before it."""

    def __init__(self, content: bytes) -> None:
        """Raises `InvalidRequest`, `TooLarge`."""
        _check_directory(content)
        with _translated():
            self._zip = ZipFile(BytesIO(content))
            self._files = {info.filename: info for info in self._zip.infolist() if not info.is_dir()}
            start = min((info.header_offset for info in self._files.values()), default=0)
        self.prefix = content[:start]
        unpacked = sum(info.file_size for info in self._files.values())
        if unpacked > MOST_UNPACKED or (unpacked > SMALL and unpacked > MOST_RATIO * len(content)):
            raise too_large(f"The archive would unpack to {unpacked >> 20} MiB.")

    @property
    def names(self) -> list[str]:
        """Of its files, those that could be unpacked into a folder and stay inside it."""
        return [name for name in self._files if is_harmless(name)]

    def read(self, name: str, most: int) -> bytes | None:
        """The content of a file; None if there is none. Raises `InvalidRequest`, `TooLarge`."""
        info = self._files.get(name)
        if info is None:
            return None
        if info.file_size > most:
            raise too_large(f"A file of the archive may have {most >> 20} MiB at most.")
        if info.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            raise unreadable(
                "The archive is packed in a way that cards are not: pack it as an ordinary ZIP file.",
                "archive_unreadable",
            )
        with _translated():
            return self._zip.read(info)


def is_harmless(name: str) -> bool:
    """Whether a name stays inside the folder that the archive is unpacked into, on every system."""
    odd = not name or len(name) > 255 or not name.isprintable() or "\\" in name or ":" in name
    return not odd and not name.startswith("/") and ".." not in name.split("/")


def packed(files: Mapping[str, bytes]) -> bytes:
    """An archive of these files, the same for the same files. What is packed already is not packed again."""
    archive = BytesIO()
    with ZipFile(archive, "w") as written:
        for name, content in files.items():
            info = ZipInfo(name)
            info.compress_type = ZIP_DEFLATED if name.endswith(".json") else ZIP_STORED
            info.external_attr = 0o644 << 16
            written.writestr(info, content)
    return archive.getvalue()


def _end(content: bytes) -> int:
    """Where the record that ends an archive begins; -1 without one."""
    return content.rfind(END, max(0, len(content) - END_SIZE - LONGEST_COMMENT))


def _check_directory(content: bytes) -> None:
    at = _end(content)
    if at < 0 or at + END_SIZE > len(content):
        raise unreadable("The archive was cut off, it has no end: fetch the file once more.", "archive_unreadable")
    files, size = struct.unpack_from("<HI", content, at + 10)
    if content[max(0, at - 20) : at].startswith(END_64):
        raise too_large("The archive is of the kind for more than 4 GB.")
    if files > MOST_FILES or size > LARGEST_DIRECTORY:
        raise too_large(f"The archive may hold {MOST_FILES} files at most.")


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except BROKEN:
        raise unreadable(
            "The archive is broken, or has a password: export the card once more.", "archive_unreadable"
        ) from None
