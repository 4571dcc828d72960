"""What a file is, by its bytes, whatever it is called. Pure.

It is what we tell people and programs. No answer depends on it for safety: whatever was uploaded is served as a download,
in a sandbox, and never as a script or a style sheet, of which there is no type here. Archives are not unpacked: of a ZIP
file only the names in it are looked at.

Only text is refined by the name's extension, since nothing in Markdown or CSV says that it is: both stay text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from server.audio.decoding.parts import SIGNATURES
from server.files.types.text import text_type

HEAD_BYTES, TAIL_BYTES = 1 << 16, 1 << 16
"""What is looked at: of most kinds the first bytes say it, of ZIP files and some recordings the last."""

UNKNOWN = "application/octet-stream"

BEGINNINGS: Sequence[tuple[str, bytes]] = (
    ("image/png", rb"\x89PNG\r\n\x1a\n"),
    ("image/jpeg", rb"\xff\xd8\xff"),
    ("image/gif", rb"GIF8[79]a"),
    ("image/webp", rb"RIFF....WEBP"),
    ("image/bmp", rb"BM....\0\0\0\0....[\x0c\x28\x38\x40\x6c\x7c]\0\0\0"),
    ("image/tiff", rb"II\*\0|MM\0\*"),
    ("image/avif", rb"....ftypavi[fs]"),
    ("image/heic", rb"....ftyp(hei[cxms]|hev[cxms]|mif1|msf1)"),
    ("image/x-icon", rb"\0\0\x01\0[\x01-\x40]\0"),
    ("image/vnd.adobe.photoshop", rb"8BPS\0[\x01\x02]"),
    ("application/pdf", rb"%PDF-"),
    ("application/postscript", rb"%!PS"),
    ("application/rtf", rb"\{\\rtf"),
    ("application/gzip", rb"\x1f\x8b\x08"),
    ("application/x-bzip2", rb"BZh[1-9]1AY&SY"),
    ("application/x-xz", rb"\xfd7zXZ\0"),
    ("application/zstd", rb"\x28\xb5\x2f\xfd"),
    ("application/x-7z-compressed", rb"7z\xbc\xaf\x27\x1c"),
    ("application/vnd.rar", rb"Rar!\x1a\x07"),
    ("application/x-tar", rb".{257}ustar[\0 ]"),
    ("application/vnd.sqlite3", rb"SQLite format 3\0"),
    ("application/vnd.microsoft.portable-executable", rb"MZ.{58}(?=[\0-\xff]{4})"),
    ("application/x-elf", rb"\x7fELF[\x01\x02][\x01\x02]\x01"),
    ("application/x-mach-binary", rb"\xcf\xfa\xed\xfe|\xce\xfa\xed\xfe|\xfe\xed\xfa[\xce\xcf]"),
    ("application/wasm", rb"\0asm\x01\0\0\0"),
    ("font/woff", rb"wOFF"),
    ("font/woff2", rb"wOF2"),
    ("font/ttf", rb"\0\x01\0\0\0[\x04-\x40]"),
    ("font/otf", rb"OTTO\0"),
    ("audio/midi", rb"MThd\0\0\0\x06"),
    ("audio/mpeg", rb"ID3[\x02-\x04]\0"),
)

KINDS = [(kind, re.compile(begins, re.DOTALL)) for kind, begins in BEGINNINGS]

RECORDINGS: Mapping[str, str] = {
    "wav": "audio/wav",
    "w64": "audio/x-w64",
    "avi": "video/x-msvideo",
    "aiff": "audio/aiff",
    "caf": "audio/x-caf",
    "au": "audio/basic",
    "flac": "audio/flac",
    "flv": "video/x-flv",
    "amr": "audio/amr",
}
"""Containers of one kind of content, by their names in `SIGNATURES`."""

VIDEO_IN: Mapping[str, tuple[str, bytes]] = {
    "ogg": ("ogg", rb"\x80theora|fishead|BBCD\0"),
    "webm": ("webm", rb"\x86.V_"),
    "mp4": ("mp4", rb"hdlr.{8}vide"),
    "asf": ("x-ms-wma|x-ms-wmv", rb"\xc0\xef\x19\xbc\x4d\x5b\xcf\x11\xa8\xfd\x00\x80\x5f\x5c\x44\x2b"),
}
"""Containers of either: what they are called as sound and as video, and what is found where a track of pictures is."""

FRAME = re.compile(rb"\xff[\xf2-\xf7\xfa-\xff\xe2-\xe7][\x10-\xeb]", re.DOTALL)
"""MPEG audio without a tag: 2.4.2.3 of ISO 11172-3; a rate of 15 and a sampling frequency of 3 are forbidden."""
ADTS = re.compile(rb"\xff[\xf0\xf1\xf8\xf9][\x00-\xf3]")

OPEN_DOCUMENT = re.compile(
    rb"PK\x03\x04.{22}\x08\0..mimetype(application/(?:epub\+zip|vnd\.oasis\.opendocument\.[a-z]+(?:-[a-z]+)?))(?=PK|\0)",
    re.DOTALL,
)
OFFICE = "application/vnd.openxmlformats-officedocument."
IN_ZIP: Mapping[bytes, str] = {
    b"word/": f"{OFFICE}wordprocessingml.document",
    b"xl/": f"{OFFICE}spreadsheetml.sheet",
    b"ppt/": f"{OFFICE}presentationml.presentation",
}
IN_OLE: Mapping[str, str] = {
    "WordDocument": "application/msword",
    "Workbook": "application/vnd.ms-excel",
    "PowerPoint Document": "application/vnd.ms-powerpoint",
}
ZIP_NAME = re.compile(rb"PK(?:\x03\x04.{26}|\x01\x02.{42})((?:word|xl|ppt)/|\[Content_Types\]\.xml)", re.DOTALL)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def content_type(head: bytes, tail: bytes, size: int, name: str) -> str:
    """The media type of a file of `size` bytes, by its first `HEAD_BYTES` and its last `TAIL_BYTES`.

    Text that is not UTF-8 has its charset behind the type.
    """
    seen = head if size <= len(head) else head + tail
    if head.startswith((b"PK\3\4", b"PK\5\6")):
        return _in_zip(head, seen)
    if head.startswith(OLE):
        found = (kind for stream, kind in IN_OLE.items() if stream.encode("utf-16-le") in seen)
        return next(found, "application/x-ole-storage")
    for kind, begins in KINDS:
        if begins.match(head):
            return kind
    return _recording(head, seen) or text_type(head, size, name) or _raw_audio(head) or UNKNOWN


def _in_zip(head: bytes, seen: bytes) -> str:
    if document := OPEN_DOCUMENT.match(head):
        return document[1].decode()
    names = set(ZIP_NAME.findall(seen))
    if b"[Content_Types].xml" in names:
        for folder, kind in IN_ZIP.items():
            if folder in names:
                return kind
    return "application/zip"


def _recording(head: bytes, seen: bytes) -> str:
    kind = next((kind for kind, signature in SIGNATURES.items() if signature.whole.match(head)), "")
    if kind not in VIDEO_IN:
        return RECORDINGS.get(kind, "")
    name, pictures = VIDEO_IN[kind]
    brand = head[8:12] if kind == "mp4" else b""
    if brand == b"qt  ":
        return "video/quicktime"
    is_video = re.search(pictures, seen, re.DOTALL) is not None
    if kind == "mp4" and b"hdlr" not in seen:  # its index is somewhere in the middle
        is_video = not brand.startswith((b"M4A", b"M4B"))
    names = name.split("|")
    return f"{'video' if is_video else 'audio'}/{names[is_video % len(names)]}"


def _raw_audio(head: bytes) -> str:
    if ADTS.match(head):
        return "audio/aac"
    return "audio/mpeg" if FRAME.match(head) else ""
