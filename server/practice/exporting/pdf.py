"""A document as PDF, with the letters that it needs of Noto Sans SC inside, so that Chinese is there on every machine.

The font comes with a package of its own, under the SIL Open Font License. It takes 0.2 s to read, and a long report 1 s to
write: `pdf_of` belongs in a thread.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import as_file, files
from io import BytesIO
from typing import Any

from fpdf import FPDF

from server.practice.exporting.document import Document, Style

FONT_PACKAGE, FONT_FILE, FONT = "pylopdf_fonts_zh_cn", "NotoSansSC-Regular.otf", "Noto"

INK, QUIET = (28, 28, 30), (105, 105, 112)
MARGIN_MM = 22

CHINESE = re.compile("([\u3400-\u9fff\uf900-\ufaff])(?=[\u3400-\u9fff\uf900-\ufaff])")
"""Between two of these a line may end."""

logging.getLogger("fpdf.output").setLevel(
    logging.ERROR
)  # it tells of each place where a line may end that no glyph is there

INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\x00-\x1f\x7f]")
UNKNOWN = "□"


@dataclass(frozen=True, slots=True)
class Look:
    """How a paragraph looks: size in points, millimetres above it and before each of its lines."""

    size: float
    above: float
    indent: float = 0.0
    ink: tuple[int, int, int] = INK
    sign: str = ""
    with_lines: int = 1
    """So many fit on the page, or the next one begins: no heading stands alone at the foot."""


LOOKS: dict[Style, Look] = {
    "heading": Look(15, 7, with_lines=4),
    "subheading": Look(11.5, 3.5, with_lines=3),
    "text": Look(10.5, 1.2),
    "item": Look(10.5, 1.2, indent=5, sign="•"),
    "note": Look(9, 1.2, ink=QUIET),
}
TITLE, ABOUT = Look(22, 0), Look(10, 1, ink=QUIET)


def pdf_of(document: Document) -> bytes:
    """The whole document as a file; the same document is the same file."""
    page = _Page(format="A4")
    page.set_creation_date(datetime.fromtimestamp(document.made_at / 1000, UTC))
    page.set_title(document.title)
    page.set_creator("Kaikou")
    page.set_lang("zh-CN" if document.language == "zh" else "en")
    page.set_margin(MARGIN_MM)
    page.set_auto_page_break(True, MARGIN_MM)
    with as_file(files(FONT_PACKAGE) / FONT_FILE) as font:
        page.add_font(FONT, fname=font)
    letters: Collection[int] = page.fonts[FONT.lower()].cmap  # type: ignore[union-attr]
    page.add_page()
    _write(page, document.title, TITLE, letters)
    _write(page, document.about, ABOUT, letters)
    for block in document.blocks:
        _write(page, block.text, LOOKS[block.style], letters)
    written = BytesIO()
    page.output(written)
    return written.getvalue()


class _Page(FPDF):
    """Numbers its pages."""

    def footer(self) -> None:
        self.set_y(-15)
        self.set_font(FONT, size=8)
        self.set_text_color(*QUIET)
        self.cell(0, 5, str(self.page_no()), align="C")


def _write(page: FPDF, text: str, look: Look, letters: Collection[int]) -> None:
    if not text:
        return
    height = look.size * 0.55
    if page.will_page_break(look.above + look.with_lines * height):
        page.add_page()
    else:
        page.set_y(page.get_y() + look.above)
    page.set_font(FONT, size=look.size)
    page.set_text_color(*look.ink)
    if look.sign:
        page.set_x(page.l_margin)
        page.cell(look.indent, height, look.sign)
    page.set_x(page.l_margin + look.indent)
    keep: Any = {"new_x": "LMARGIN", "new_y": "NEXT", "align": "L"}
    page.multi_cell(0, height, _printable(text, letters), **keep)


def _printable(text: str, letters: Collection[int]) -> str:
    shown = INVISIBLE.sub("", text)
    known = "".join(letter if ord(letter) in letters or letter == " " else UNKNOWN for letter in shown)
    return CHINESE.sub("\\1\u200b", known)
