"""The name that a file was uploaded under → one that no system, page or log can be tricked with. Pure.

It names a file for people only: objects lie under ids of ours. A download is saved under it on systems that we do not know.
"""

from __future__ import annotations

import re
import unicodedata

MOST_BYTES = 255
"""In UTF-8: what ext4, APFS and NTFS take."""

MOST_EXTENSION_BYTES = 16

NAMELESS = "file"

JOINERS = frozenset("\u200c\u200d")
"""Format characters that words of Persian and Hindi, and many emoji, cannot be written without."""

SEPARATORS = re.compile(r"[/\\]")
NOT_ON_WINDOWS = re.compile(r'[<>:"|?*]')

RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])\s*(\..*)?", re.IGNORECASE | re.DOTALL)
"""Devices of Windows, with any extension. https://learn.microsoft.com/windows/win32/fileio/naming-a-file"""


def harmless(name: str) -> str:
    """The last part of `name` without what is invisible, reorders text or means something to a file system."""
    name = unicodedata.normalize("NFC", SEPARATORS.split(name)[-1])
    name = "".join(filter(None, map(_visible, name)))
    name = _trimmed(NOT_ON_WINDOWS.sub("_", " ".join(name.split())))
    if not name.strip("".join(JOINERS)):
        return NAMELESS
    return _shortened(f"_{name}" if RESERVED.fullmatch(name) else name)


def _visible(character: str) -> str:
    """The character itself, a space for any kind of space or line break, or nothing for what cannot be seen."""
    category = unicodedata.category(character)
    if category in ("Zs", "Zl", "Zp") or character in "\t\n\r\v\f":
        return " "
    return "" if category.startswith("C") and character not in JOINERS else character


def _trimmed(name: str) -> str:
    """Without dots and spaces at its ends: the first hide a file, Windows leaves the last out."""
    return name.strip(". ")


def _shortened(name: str) -> str:
    """The name in at most `MOST_BYTES`, with its extension."""
    if len(name.encode()) <= MOST_BYTES:
        return name
    stem, dot, extension = name.rpartition(".")
    if not stem or len(extension.encode()) > MOST_EXTENSION_BYTES:
        stem, dot, extension = name, "", ""
    room = MOST_BYTES - len((dot + extension).encode())
    return _trimmed(stem.encode()[:room].decode("utf-8", "ignore")) + dot + extension
