"""A zip file that is written from front to end, by whoever goes on with it: nothing in it points forward. Pure.

Each file in it is deflated, and its length and checksum follow it, since they are not known before: of deflated files every
reader finds the end. The directory at the end is made of `record`s, which may be kept anywhere until then. Past 4 GiB or
65,534 files it is a Zip64. https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
"""

from __future__ import annotations

import struct
import zlib
from datetime import datetime

LOCAL = struct.Struct("<IHHHHHIIIHH")
DESCRIPTOR = struct.Struct("<IIII")
CENTRAL = struct.Struct("<IHHHHHHIIIHHHHHII")
PLACE64 = struct.Struct("<HHQ")
END = struct.Struct("<IHHHHIIH")
END64 = struct.Struct("<IQHHIIQQQQ")
LOCATOR64 = struct.Struct("<IIQI")

FLAGS = 0x0008 | 0x0800
"""The length follows; the name is in UTF-8."""

DEFLATED, VERSION, VERSION64, UNIX = 8, 20, 45, 3 << 8
MOST_32, MOST_16 = 0xFFFF_FFFF, 0xFFFF
READABLE = 0o100644 << 16
"""What Unix lets do with the file."""


class ZipEntry:
    """One file on its way into a zip, where it begins at `at`: `head`, `add` for each piece of it, `tail`, `record`.

    level: how much work is done to make it smaller, 0 for what is small already.
    """

    def __init__(self, name: str, at: int, moment: datetime, level: int = 6) -> None:
        self._name, self._at = name.encode(), at
        self._time = moment.hour << 11 | moment.minute << 5 | moment.second // 2
        self._date = max(0, moment.year - 1980) << 9 | moment.month << 5 | moment.day
        self._deflate = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)
        self._checksum = self._length = self._deflated = 0

    def head(self) -> bytes:
        """What stands before the content."""
        fields = (0x04034B50, VERSION, FLAGS, DEFLATED, self._time, self._date, 0, 0, 0, len(self._name), 0)
        return LOCAL.pack(*fields) + self._name

    def add(self, content: bytes) -> bytes:
        """Some of the content, as it stands in the zip."""
        self._checksum = zlib.crc32(content, self._checksum)
        self._length += len(content)
        return self._counted(self._deflate.compress(content))

    def tail(self) -> bytes:
        """What stands behind the content."""
        rest = self._counted(self._deflate.flush())
        return rest + DESCRIPTOR.pack(0x08074B50, self._checksum, self._deflated, self._length)

    def record(self) -> bytes:
        """The file's place in the directory, once it has its tail."""
        far = self._at >= MOST_32
        extra = PLACE64.pack(1, 8, self._at) if far else b""
        version, at = (VERSION64, MOST_32) if far else (VERSION, self._at)
        fields = (0x02014B50, UNIX | version, version, FLAGS, DEFLATED, self._time, self._date)
        sizes = (self._checksum, self._deflated, self._length, len(self._name), len(extra))
        return CENTRAL.pack(*fields, *sizes, 0, 0, 0, READABLE, at) + self._name + extra

    def _counted(self, deflated: bytes) -> bytes:
        self._deflated += len(deflated)
        return deflated


def end_of_zip(files: int, directory_at: int, directory_bytes: int) -> bytes:
    """What stands behind the directory."""
    end = b""
    if files >= MOST_16 or directory_at + directory_bytes >= MOST_32:
        rest = END64.size - 12  # without what stands before it
        versions = (UNIX | VERSION64, VERSION64)
        end = END64.pack(0x06064B50, rest, *versions, 0, 0, files, files, directory_bytes, directory_at)
        end += LOCATOR64.pack(0x07064B50, 0, directory_at + directory_bytes, 1)
    counted, size, at = min(files, MOST_16), min(directory_bytes, MOST_32), min(directory_at, MOST_32)
    return end + END.pack(0x06054B50, 0, 0, counted, counted, size, at, 0)
