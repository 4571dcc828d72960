"""Whether a file is text, in which encoding, and of which kind. Pure."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Mapping

MARKS: Mapping[bytes, str] = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}

BINARY = re.compile("[\0-\x08\x0e-\x1a\x1c-\x1f\x7f\ufffe\uffff]")
"""Characters that no text has; ESC is in what terminals write."""

HIGH = re.compile(rb"[\x80-\xff]+")

BLANK = r"(?>\s|<!--.*?-->|<\?.*?\?>|<!doctype\s+(?!html)[^>\[]*(?:\[.*?\]\s*)?>)*+"
"""What stands before the first element. Atomic, for otherwise many comments could be cut up in very many ways."""
SVG = re.compile(rf"{BLANK}<(?:\w+:)?svg[\s>/]", re.IGNORECASE | re.DOTALL)
HTML = re.compile(
    rf"{BLANK}<(?:!doctype\s+html|html|head|body|script|iframe|h1|div|font|table|a|style|title|b|br|p|img|form|meta|link)[\s>/]",
    re.IGNORECASE | re.DOTALL,
)
"""What browsers take for a page. https://mimesniff.spec.whatwg.org, 7.1, and some more."""
XML = re.compile(r"\s*<\?xml\s")
VTT = re.compile(r"WEBVTT(?=\s|$)")

JSON = re.compile(r"\s*[\[{]")
STRING = re.compile(r'"(?:[^"\\\n]|\\.)*+(?:"|\\?$)')
BESIDE_STRINGS = re.compile(r"[\s\d\[\]{}:,.+\-eEtruefalsn]*")

BY_EXTENSION: Mapping[str, str] = {
    "md": "text/markdown",
    "markdown": "text/markdown",
    "csv": "text/csv",
    "tsv": "text/tab-separated-values",
    "srt": "application/x-subrip",
}
"""Kinds of plain text that only the name tells apart."""


def text_type(head: bytes, size: int, name: str) -> str:
    """The type of text that begins with `head`, and its charset where that is not UTF-8; empty for what is no text."""
    decoded = _decoded(head, len(head) == size)
    if decoded is None:
        return ""
    text, charset = decoded
    kind = _kind(text.removeprefix("\ufeff"), len(head) == size, name)
    return kind if charset == "utf-8" else f"{kind}; charset={charset}"


def _decoded(head: bytes, whole: bool) -> tuple[str, str] | None:
    for mark, charset in MARKS.items():
        if head.startswith(mark):
            return _read(head, charset, whole)
    return _read(head, "utf-8", whole) or _read_old(head, whole)


def _read_old(head: bytes, whole: bool) -> tuple[str, str] | None:
    """Text of a time before Unicode: Chinese, mostly pairs of high bytes, or Western, with single ones."""
    runs = HIGH.findall(head)
    high = sum(map(len, runs))
    if sum(len(run) for run in runs if len(run) % 2 == 0) > 0.8 * high:
        return _read(head, "gb18030", whole)
    if high < 0.3 * len(head) and max(map(len, runs), default=0) < 4:
        return _read(head, "windows-1252", whole)
    return None


def _read(head: bytes, charset: str, whole: bool) -> tuple[str, str] | None:
    try:
        text = codecs.getincrementaldecoder(charset)().decode(head, final=whole)
    except UnicodeDecodeError:
        return None
    return None if BINARY.search(text) else (text, charset)


def _kind(text: str, whole: bool, name: str) -> str:
    if SVG.match(text):
        return "image/svg+xml"
    if HTML.match(text):
        return "text/html"
    if XML.match(text):
        return "application/xml"
    if VTT.match(text):
        return "text/vtt"
    if JSON.match(text) and _is_json(text, whole):
        return "application/json"
    return BY_EXTENSION.get(name.rpartition(".")[2].lower(), "text/plain")


def _is_json(text: str, whole: bool) -> bool:
    """Of a longer file, whether what is seen of it may be the beginning of JSON."""
    if not whole:
        return BESIDE_STRINGS.fullmatch(STRING.sub("", text)) is not None
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
