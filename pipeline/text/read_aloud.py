"""A text that somebody wants to hear as it is written, unlike a language model's: none of its words is left out. Pure.

Only what marks words up is silent: Markdown, tags of HTML and SSML, the addresses behind links, emoji. Nothing is acting,
no name at the beginning of a line is a speaker's, code and tables are read.
"""

from __future__ import annotations

import re

from pipeline.text.clauses import Clause, Clauses
from pipeline.text.clean import clean
from pipeline.text.speakable import Mark, Markup
from pipeline.text.styles import STYLES

_LINK = re.compile(
    r"\[([^\[\]\n]{0,400})\]\(\s{0,9}<?(?:[#/?][^\s()]|\.{1,2}/|[a-z][a-z0-9+.-]{1,20}:\S|[^\s()]{0,200}\.[a-z]{2})"
    r"[^\s()]{0,400}(?:\([^()\s]{0,100}\)[^()\s]{0,100})?(?:\s+(?:\"[^\"\n]{0,200}\"|'[^'\n]{0,200}'))?\s{0,9}\)",
    re.IGNORECASE,
)
"""With an address in its round brackets; "[yes](or no)" is no link."""
_EMPHASIS = re.compile("[*_~`]+")
_STYLE = re.compile(rf"\[\s*({'|'.join(STYLES)})\s*\]", re.IGNORECASE)
_ELEMENT = re.compile(
    r"<(/?)([a-z][\w:-]{0,30})(?:\s+[\w:.-]{1,40}\s*=\s*(?:\"[^\"<>]{0,200}\"|'[^'<>]{0,200}'|[^\s\"'<>]{1,200}))*\s*/?>",
    re.IGNORECASE,
)
_PROLOGUE = re.compile(r"<(?:\?xml|!doctype)[^<>]{0,200}>", re.IGNORECASE)
_WORDS_IN_TAG = re.compile(r"<(/?)([A-Za-z][^<>\n]{0,200})>")
_BREAKING = frozenset(
    "address article aside blockquote body break br dd div dl dt footer h1 h2 h3 h4 h5 h6 head header hr html li main nav ol"
    " p paragraph pre s section sentence speak table tbody td th thead title tr ul".split()
)
_INLINE = frozenset(
    "a abbr audio b big cite code del dfn em emphasis font i img ins kbd lang lexicon mark phoneme prosody q samp say-as"
    " small span strike strong sub sup token tt u var voice w".split()
)
"""Elements of HTML and of SSML; of the latter also those with the prefix of a vendor, such as mstts:express-as."""
_SENTENCE_MAY_END = frozenset('.,;:!?…。，；：！？、—–-"”’」』)）')


class ReadAloud(Markup):
    """styles: whether a known style in square brackets at the beginning of a line or behind punctuation is followed."""

    reads_blocks = True

    def __init__(self, styles: bool = False) -> None:
        super().__init__()
        self._styles = styles

    def _is_direction(self, starred: str) -> bool:
        return False

    def _numbered(self, number: int, end: int) -> int:
        return 0

    def _fenced(self, end: int) -> int:
        return 0

    def _keycap(self, held: str, at: int) -> int:
        return self._write(held[at], at + 1)

    def _parenthesis(self, held: str, at: int) -> int:
        return self._write(held[at], at + 1)

    def _link(self, held: str, at: int) -> int | None:
        link = _LINK.match(held, at)
        if not link:
            return None
        words = " ".join(_EMPHASIS.sub("", link[1]).split())
        return self._write(words, link.end()) if words else self._drop(link.end())

    def _bracket(self, held: str, at: int) -> int:
        if (link := self._link(held, at)) is not None:
            return link
        style = _STYLE.match(held, at) if self._styles and self._before_may_end() else None
        if not style:
            return self._write("[", at + 1)
        self._flush()
        self._pieces.append(Mark(style[1].lower()))
        return self._drop(style.end())

    def _tag(self, held: str, at: int) -> int:
        if prologue := _PROLOGUE.match(held, at):
            return self._drop(prologue.end())
        element = _ELEMENT.match(held, at)
        name = element[2].lower() if element else ""
        if element and name in _BREAKING:
            return self._break_line(element.end())
        if element and (name in _INLINE or ":" in name):
            return self._drop(element.end())
        words = _WORDS_IN_TAG.match(held, at)
        if words and words[1]:
            return self._drop(words.end())
        if not words or (self._before().isalnum() and " " in words[2]):  # "a<b and c>d"
            return self._write("<", at + 1)
        self._removed = True  # so that "List<int>" is two words
        return self._drop(self._write(words[2].rstrip("/ "), words.end()))

    def _before_may_end(self) -> bool:
        return not self._tail or self.gap == "\n" or self._tail[-1] in _SENTENCE_MAY_END


def clauses_as_written(text: str, styles: bool = False) -> list[Clause]:
    """All of `text` in speakable clauses; see `ReadAloud`."""
    clauses = Clauses(markup=ReadAloud(styles))
    return [*clauses.push(clean(text)), *clauses.finish()]
