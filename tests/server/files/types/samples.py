"""Files of many kinds, whole where a few bytes are enough: name, bytes, and what they are."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass

import av
import numpy as np

from tests.server.audio.files import file_of, tone


@dataclass(frozen=True)
class Sample:
    content: bytes
    type: str
    name: str = "upload"


def zipped(*names: str, mimetype: str = "") -> bytes:
    """An archive of files of these names."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        if mimetype:
            archive.writestr(zipfile.ZipInfo("mimetype"), mimetype)
        for name in names:
            archive.writestr(name, "<?xml version='1.0'?><x/>" * 50)
    return file.getvalue()


def video(container: str, codec: str) -> bytes:
    """A picture that moves, or not."""
    file = io.BytesIO()
    with av.open(file, "w", format=container) as output:
        stream = output.add_stream(codec, rate=5)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for _ in range(3):
            frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return file.getvalue()


SOUND = tone(0.3)
ESSAY = "今天我们讨论的是如何让机器听懂人说的话，并且及时回答。" * 3
LETTER = "Très chère amie, voilà un été où l'on a déjà tout vu; à bientôt. "
OFFICE = "application/vnd.openxmlformats-officedocument."
CONTENT_TYPES = "[Content_Types].xml"

SAMPLES: Mapping[str, Sample] = {
    "wav": Sample(file_of(SOUND), "audio/wav"),
    "mp3": Sample(file_of(SOUND, "mp3"), "audio/mpeg"),
    "mp3 without a tag": Sample(file_of(SOUND, "mp3")[45:], "audio/mpeg"),
    "flac": Sample(file_of(SOUND, "flac"), "audio/flac"),
    "ogg": Sample(file_of(SOUND, "ogg"), "audio/ogg"),
    "webm": Sample(file_of(SOUND, "webm"), "audio/webm"),
    "mp4": Sample(file_of(SOUND, "mp4"), "audio/mp4"),
    "aac": Sample(file_of(SOUND, "adts"), "audio/aac"),
    "aiff": Sample(file_of(SOUND, "aiff"), "audio/aiff"),
    "video in mp4": Sample(video("mp4", "mpeg4"), "video/mp4"),
    "video in mov": Sample(video("mov", "mpeg4"), "video/quicktime"),
    "video in webm": Sample(video("webm", "libvpx"), "video/webm"),
    "video in matroska": Sample(video("matroska", "mpeg4"), "video/webm"),
    "video in avi": Sample(video("avi", "mpeg4"), "video/x-msvideo"),
    "video in flv": Sample(video("flv", "flv"), "video/x-flv"),
    "png": Sample(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + b"\0" * 20, "image/png"),
    "jpeg": Sample(b"\xff\xd8\xff\xe0\0\x10JFIF\0" + b"\0" * 20, "image/jpeg"),
    "gif": Sample(b"GIF89a\x01\0\x01\0" + b"\0" * 20, "image/gif"),
    "webp": Sample(b"RIFF\x24\0\0\0WEBPVP8 " + b"\0" * 20, "image/webp"),
    "avif": Sample(b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf", "image/avif"),
    "heic": Sample(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "image/heic"),
    "bmp": Sample(b"BM\x36\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0" + b"\0" * 30, "image/bmp"),
    "tiff": Sample(b"II*\0\x08\0\0\0" + b"\0" * 20, "image/tiff"),
    "icon": Sample(b"\0\0\1\0\1\0\x10\x10" + b"\0" * 20, "image/x-icon"),
    "pdf": Sample(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n", "application/pdf"),
    "zip": Sample(zipped("a.txt", "b/c.txt"), "application/zip"),
    "empty zip": Sample(zipped(), "application/zip"),
    "docx": Sample(zipped(CONTENT_TYPES, "_rels/.rels", "word/document.xml"), f"{OFFICE}wordprocessingml.document"),
    "xlsx": Sample(zipped("xl/workbook.xml", "_rels/.rels", CONTENT_TYPES), f"{OFFICE}spreadsheetml.sheet"),
    "pptx": Sample(zipped(CONTENT_TYPES, "ppt/presentation.xml"), f"{OFFICE}presentationml.presentation"),
    "zip with a folder word": Sample(zipped("word/list.txt"), "application/zip"),
    "odt": Sample(
        zipped("content.xml", mimetype="application/vnd.oasis.opendocument.text"),
        "application/vnd.oasis.opendocument.text",
    ),
    "epub": Sample(zipped("META-INF/container.xml", mimetype="application/epub+zip"), "application/epub+zip"),
    "zip that says it is a page": Sample(zipped("a", mimetype="text/html"), "application/zip"),
    "doc": Sample(
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500 + "WordDocument".encode("utf-16-le"), "application/msword"
    ),
    "gzip": Sample(b"\x1f\x8b\x08\0" + b"\0" * 20, "application/gzip"),
    "7z": Sample(b"7z\xbc\xaf\x27\x1c\0\4" + b"\0" * 20, "application/x-7z-compressed"),
    "rar": Sample(b"Rar!\x1a\x07\x01\0" + b"\0" * 20, "application/vnd.rar"),
    "tar": Sample(b"a.txt".ljust(257, b"\0") + b"ustar\x0000" + b"\0" * 200, "application/x-tar"),
    "exe": Sample(b"MZ" + b"\x90\0" * 40, "application/vnd.microsoft.portable-executable"),
    "elf": Sample(b"\x7fELF\2\1\1" + b"\0" * 60, "application/x-elf"),
    "sqlite": Sample(b"SQLite format 3\0" + b"\0" * 60, "application/vnd.sqlite3"),
    "rtf": Sample(rb"{\rtf1\ansi Hello}", "application/rtf"),
    "utf-8": Sample(ESSAY.encode(), "text/plain"),
    "utf-8 with a mark": Sample(ESSAY.encode("utf-8-sig"), "text/plain"),
    "utf-16": Sample(ESSAY.encode("utf-16"), "text/plain; charset=utf-16"),
    "gb18030": Sample(ESSAY.encode("gb18030"), "text/plain; charset=gb18030"),
    "gb18030 with English in it": Sample(
        (ESSAY + "Hello, world. " * 9).encode("gb18030"), "text/plain; charset=gb18030"
    ),
    "windows-1252": Sample((LETTER * 3).encode("cp1252"), "text/plain; charset=windows-1252"),
    "long utf-8": Sample(("é" + "会" * 100_000).encode(), "text/plain"),
    "json": Sample(b'{"a": [1, 2.5e3, null, "x]"]}\n', "application/json"),
    "long json": Sample(b'[{"a": "some \\" text }", "b": [true, false, -1]},' * 5000 + b"1]", "application/json"),
    "json that is none": Sample(b"{hello}", "text/plain"),
    "deep json": Sample(b"[" * 50_000 + b"]" * 50_000, "application/json"),
    "markdown": Sample(b"# Title\n\n- one\n- two\n", "text/markdown", "readme.MD"),
    "csv": Sample(b"a,b\n1,2\n", "text/csv", "table.csv"),
    "csv in gb18030": Sample(f"词,义\n{ESSAY},1\n".encode("gb18030"), "text/csv; charset=gb18030", "table.csv"),
    "subtitles": Sample(b"1\n00:00:01,000 --> 00:00:02,000\nHello\n", "application/x-subrip", "film.srt"),
    "vtt": Sample(b"WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n", "text/vtt"),
    "script": Sample(b"alert(document.cookie)", "text/plain", "evil.js"),
    "style sheet": Sample(b"body { background: url(/x) }", "text/plain", "evil.css"),
    "page": Sample(b"<!DOCTYPE html><title>x</title>", "text/html"),
    "page behind comments": Sample(b"\xef\xbb\xbf \n<!-- a --><!-- b -->\n<SCRIPT>alert(1)</SCRIPT>", "text/html"),
    "page in utf-16": Sample("<html><script>1</script>".encode("utf-16"), "text/html; charset=utf-16"),
    "page that is called a picture": Sample(b"<html><script>alert(1)</script>", "text/html", "photo.png"),
    "svg": Sample(b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "image/svg+xml"),
    "svg behind a declaration": Sample(
        b"<?xml version='1.0'?><!DOCTYPE svg PUBLIC '-' 'x' [<!ENTITY a 'b'>]>\n<svg:svg/>", "image/svg+xml"
    ),
    "xml": Sample(b"<?xml version='1.0'?><feed/>", "application/xml"),
    "many comments": Sample(b"<!---->" * 9000 + b"<!--", "text/plain"),
    "picture that is a script, too": Sample(b"GIF89a/*" + b"\0" * 9 + b"*/=1;alert(1)", "image/gif", "x.js"),
    "document that is a page, too": Sample(b"%PDF-1.4\n<html><script>alert(1)</script>", "application/pdf"),
    "text that names a document": Sample(b"This is no %PDF-1.4", "text/plain", "x.pdf"),
    "bytes": Sample(bytes(range(256)) * 9, "application/octet-stream", "x.mp3"),
    "text with NUL in it": Sample(b"hello\0world", "application/octet-stream", "x.txt"),
    "one byte": Sample(b"\xff", "application/octet-stream"),
}
