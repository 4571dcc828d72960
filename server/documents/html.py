"""The text of a web page that was saved, without its scripts and styles."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from server.documents.text import Text

SILENT = frozenset({"script", "style", "template", "noscript", "svg", "title"})
"""What nobody reads on a page."""

BLOCKS = frozenset(
    "address article aside blockquote br dd div dl dt fieldset footer form h1 h2 h3 h4 h5 h6 header hr li main nav ol p "
    "pre section table td th tr ul".split()
)

BLANKS = re.compile(r"\s+")

PIECE = 1 << 16


def text_of_html(page: str, text: Text) -> None:
    """Add the text of a page."""
    reader = _Reader(text)
    for at in range(0, len(page), PIECE):
        reader.feed(page[at : at + PIECE])
        if text.full:
            return
    reader.close()


class _Reader(HTMLParser):
    def __init__(self, text: Text) -> None:
        super().__init__(convert_charrefs=True)
        self._text, self._silent = text, ""

    def handle_starttag(self, tag: str, _attributes: object) -> None:
        if not self._silent and tag in SILENT:
            self._silent = tag
        self._break(tag)

    def handle_startendtag(self, tag: str, _attributes: object) -> None:
        self._break(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag == self._silent:
            self._silent = ""
        self._break(tag)

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._text.add(BLANKS.sub(" ", data))

    def _break(self, tag: str) -> None:
        if not self._silent and tag in BLOCKS:
            self._text.add("\n")
