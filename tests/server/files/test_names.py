"""Names of uploaded files: nothing in them that tricks a file system, a page or an eye, and still the same to a person."""

from __future__ import annotations

import unicodedata

import pytest

from server.files.names import MOST_BYTES, harmless

NAMES = {
    "holiday.jpg": "holiday.jpg",
    "Zusammenfassung (2).docx": "Zusammenfassung (2).docx",
    "会议记录 十一月.txt": "会议记录 十一月.txt",
    "../../etc/passwd": "passwd",
    "C:\\Users\\ann\\notes.txt": "notes.txt",
    "..\\..\\windows\\win.ini": "win.ini",
    "folder/": "file",
    "/": "file",
    "": "file",
    ".": "file",
    "..": "file",
    "...": "file",
    ". .": "file",
    "\u200d\u200c": "file",
    "\x00\x01": "file",
    ".bashrc": "bashrc",
    "report.pdf. . ": "report.pdf",
    "a\x00b\x1b[31m\r\nSet-Cookie: x.txt": "ab[31m Set-Cookie_ x.txt",
    "tab\tand\u3000wide\u2028space.txt": "tab and wide space.txt",
    "invoice\u202efdp.exe": "invoicefdp.exe",
    "\u2066x\u2069\u200f\u061c\ufeff.txt": "x.txt",
    "half \ud83d pair.txt": "half pair.txt",
    "tag\U000e0041\U000e0042.txt": "tag.txt",
    "👩\u200d🚀.png": "👩\u200d🚀.png",
    "می\u200cخواهم.txt": "می\u200cخواهم.txt",
    'a<b>c:d"e|f?g*h.txt': "a_b_c_d_e_f_g_h.txt",
    "CON": "_CON",
    "nul.txt": "_nul.txt",
    "com1.tar.gz": "_com1.tar.gz",
    "LPT¹.doc": "_LPT¹.doc",
    "aux .c": "_aux .c",
    "console.log": "console.log",
    "auxiliary": "auxiliary",
    "cafe\u0301.txt": "café.txt",
}


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_name_is_harmless_and_still_recognised(name: str) -> None:
    assert harmless(name) == NAMES[name]
    assert harmless(harmless(name)) == harmless(name)


@pytest.mark.parametrize("stem", ["a" * 400, "会" * 200, "👩\u200d🚀" * 60, "a. " * 200])
def test_a_long_name_keeps_its_extension(stem: str) -> None:
    name = harmless(stem + ".docx")

    assert name.endswith(".docx")
    assert stem.startswith(name.removesuffix(".docx"))
    assert MOST_BYTES - 20 < len(name.encode()) <= MOST_BYTES


def test_a_long_extension_is_none() -> None:
    assert harmless("a." + "b" * 400) == "a." + "b" * 253


def test_no_character_of_unicode_brings_a_control_character_or_a_separator_into_a_name() -> None:
    everything = "".join(map(chr, range(0x110000)))
    for start in range(0, len(everything), 50):
        name = harmless(f"x{everything[start : start + 50]}y")
        assert not {"Cc", "Cs", "Co", "Cn"} & set(map(unicodedata.category, name)), start
        assert not set('/\\<>:"|?*') & set(name), start
